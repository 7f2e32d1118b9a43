using System.Globalization;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Slipway.Server.Platform;
using Database = Slipway.Server.Platform.Database;

namespace Slipway.Server.Identity;

/// <summary>Seals audit rows in the background, so that writers do not queue for the chain; some are sealed as they are made (<see cref="AuditInsert"/>). See <see cref="AuditChain"/>.</summary>
/// <remarks>
/// Sequence numbers are taken before a commit, so on PostgreSQL a lower one may appear after a higher one. Therefore the sealer stops in front of a gap
/// until the row behind it is older than any unit can last; then the gap belongs to a unit that was rolled back.
/// </remarks>
internal sealed partial class AuditSealer(Database database, Writes writes, Changes changes, TimeProvider time, ILogger<AuditSealer> logger) : HostedLoop
{
    private const int MostAtOnce = 500;
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestUnit = TimeSpan.FromMinutes(1);

    /// <summary>Seals what can be sealed now.</summary>
    public async Task SealAsync(CancellationToken cancellationToken)
    {
        while (await AnyUnsealedAsync(cancellationToken))
        {
            var sealedRows = (await writes.RunAsync<int>(SealSomeAsync, cancellationToken)).Value;
            if (sealedRows < MostAtOnce)
            {
                return;
            }
        }
    }

    /// <summary>How many of the next rows may be sealed: up to the first gap that may still be filled.</summary>
    /// <param name="last">Sequence of the last sealed row; 0: none.</param>
    public static int Sealable(long last, IReadOnlyList<(long Sequence, DateTimeOffset At)> rows, DateTimeOffset now)
    {
        for (var i = 0; i < rows.Count; i++)
        {
            if (rows[i].Sequence != last + 1 && now - rows[i].At < LongestUnit)
            {
                return i;
            }

            last = rows[i].Sequence;
        }

        return rows.Count;
    }

    protected override async Task LoopAsync(CancellationToken stoppingToken)
    {
        using var subscription = changes.Subscribe();
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await SealAsync(stoppingToken);
                await subscription.WaitAsync(Pace, time, stoppingToken);
                await Task.Delay(TimeSpan.FromSeconds(1), time, stoppingToken);   // one commit for all rows of a second
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                LogSealFailed(exception);
                await Task.Delay(Pace, time, CancellationToken.None);
            }
        }
    }

    private async Task<bool> AnyUnsealedAsync(CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        var last = await db.Set<AuditSeal>().Select(s => (long?)s.Sequence).SingleOrDefaultAsync(cancellationToken) ?? 0;
        return await db.Set<AuditEntry>().AnyAsync(e => e.Sequence > last, cancellationToken);
    }

    private async Task<Result<int>> SealSomeAsync(SlipwayDbContext db, CancellationToken cancellationToken)
    {
        var seal = await db.Set<AuditSeal>().SingleOrDefaultAsync(cancellationToken);
        if (seal is null)
        {
            seal = new AuditSeal { Hash = [] };
            db.Set<AuditSeal>().Add(seal);
        }

        var last = seal.Sequence;
        var rows = await db.Set<AuditEntry>().AsNoTracking().Where(e => e.Sequence > last).OrderBy(e => e.Sequence).Take(MostAtOnce).ToListAsync(cancellationToken);
        var count = Sealable(last, [.. rows.Select(r => (r.Sequence, r.At))], time.GetUtcNow());
        rows[..count].ForEach(seal.Add);

        await StoreAsync(db, rows[..count], cancellationToken);
        return count;
    }

    // One statement for all rows: the writer is held shortly. It holds numbers and hashes only, made by us, so it needs no parameters.
    private static async Task StoreAsync(SlipwayDbContext db, List<AuditEntry> rows, CancellationToken cancellationToken)
    {
        if (rows.Count == 0)
        {
            return;
        }

        var (open, close) = db is SqliteSlipwayDbContext ? ("X'", "'") : ("decode('", "', 'hex')");
        var sql = new StringBuilder("WITH sealed(sequence, before_sequence, hash) AS (VALUES ", 256 + (rows.Count * 110));
        foreach (var row in rows)
        {
            sql.Append(CultureInfo.InvariantCulture, $"{(row == rows[0] ? "" : ", ")}({row.Sequence}, {row.BeforeSequence}, {open}{Convert.ToHexString(row.Hash!)}{close})");
        }

        sql.Append(") UPDATE audit_entries SET before_sequence = sealed.before_sequence, hash = sealed.hash FROM sealed WHERE audit_entries.sequence = sealed.sequence");
        await using var command = db.Database.GetDbConnection().CreateCommand();
        command.Transaction = db.Database.CurrentTransaction!.GetDbTransaction();
        command.CommandText = sql.ToString();
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    [LoggerMessage(LogLevel.Error, "The audit trail could not be sealed; the next try is in a few seconds")]
    private partial void LogSealFailed(Exception exception);
}
