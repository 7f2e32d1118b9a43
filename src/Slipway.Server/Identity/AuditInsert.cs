using Slipway.Server.Platform;

namespace Slipway.Server.Identity;

/// <summary>
/// Adds rows of the trail for who makes many at a time. On SQLite, where one unit is written after the other, they are sealed as they are added: a row that is changed once more a second later
/// costs its pages twice. Where rows before them wait for the <see cref="AuditSealer"/>, and on PostgreSQL, these wait as well.
/// </summary>
internal static class AuditInsert
{
    /// <param name="unit">The context of the changes that the rows tell of.</param>
    /// <param name="rows">As <see cref="AuditLog.Entry"/> has made them, in their order.</param>
    public static async Task AddAsync(SlipwayDbContext unit, IReadOnlyList<AuditEntry> rows, CancellationToken cancellationToken)
    {
        if (rows.Count == 0 || unit is not SqliteSlipwayDbContext || await WholeAsync(unit, cancellationToken) is not { } seal)
        {
            await RowInsert.AddAsync(unit, rows, cancellationToken);
            return;
        }

        foreach (var row in rows)
        {
            row.Sequence = seal.Sequence + 1;
            seal.Add(row);
        }

        await RowInsert.AddNumberedAsync(unit, rows, cancellationToken);
        await UnitSql.ChangeAsync(
            unit, "UPDATE audit_seals SET sequence = @sequence, hash = @hash, count = @count", [("@sequence", seal.Sequence), ("@hash", seal.Hash), ("@count", seal.Count)], cancellationToken);
    }

    /// <returns>The end of the sealed part, if it is the end of the trail.</returns>
    private static async Task<AuditSeal?> WholeAsync(SlipwayDbContext unit, CancellationToken cancellationToken)
    {
        var ends = await UnitSql.ListAsync(
            unit,
            "SELECT sequence, hash, count, (SELECT max(sequence) FROM audit_entries) FROM audit_seals",
            [],
            row => (Seal: new AuditSeal { Sequence = row.GetInt64(0), Hash = row.GetFieldValue<byte[]>(1), Count = row.GetInt64(2) }, Last: row.IsDBNull(3) ? 0 : row.GetInt64(3)),
            cancellationToken);
        return ends is [var end] && end.Seal.Sequence == end.Last ? end.Seal : null;
    }
}
