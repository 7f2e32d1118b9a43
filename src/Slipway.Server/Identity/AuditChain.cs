using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Slipway.Contracts;
using Slipway.Server.Platform;

namespace Slipway.Server.Identity;

/// <summary>The end of the sealed part of the trail: without it, rows cut off at the end would not be missed.</summary>
internal sealed class AuditSeal
{
    public const int TheOne = 1;

    public int Id { get; set; } = TheOne;

    /// <summary>Sequence of the last sealed row; 0: none is.</summary>
    public long Sequence { get; set; }

    public required byte[] Hash { get; set; }

    /// <summary>Sealed rows in all.</summary>
    public long Count { get; set; }
}

/// <summary>
/// The hash chain over the audit trail, in the order of sequence numbers: each row's hash covers its content, the row before and that row's hash, so that
/// no row can be edited, taken out or put in unnoticed.
/// </summary>
internal sealed class AuditChain(Database database) : IVerification
{
    /// <summary>Hash of a row.</summary>
    /// <param name="before">Hash of the row before; empty for the first.</param>
    /// <param name="beforeSequence">Sequence of the row before; 0 for the first.</param>
    /// <remarks>SHA-256 over the fields in the order of <see cref="AuditEntry"/>, each with its length in front, so that no two rows read the same.</remarks>
    public static byte[] HashOf(AuditEntry entry, ReadOnlySpan<byte> before, long beforeSequence)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(before);
        Number(beforeSequence);
        Number(entry.Sequence);
        Number(entry.At.UtcTicks / TimeSpan.TicksPerMicrosecond);   // PostgreSQL keeps microseconds
        hash.AppendData(entry.ActorId.ToByteArray());
        foreach (var text in new[] { entry.Actor, entry.Action, entry.ResourceKind, entry.Resource, entry.Before, entry.After, entry.IpAddress, entry.RequestId })
        {
            Number(text is null ? -1 : Encoding.UTF8.GetByteCount(text));
            hash.AppendData(Encoding.UTF8.GetBytes(text ?? ""));
        }

        return hash.GetHashAndReset();

        void Number(long value)
        {
            Span<byte> bytes = stackalloc byte[sizeof(long)];
            BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
            hash.AppendData(bytes);
        }
    }

    /// <summary>Reads the whole trail; a finding <c>audit_broken</c> names each row that was edited, deleted or inserted.</summary>
    public async Task<VerifyPart> VerifyAsync(CancellationToken cancellationToken)
    {
        await using var db = database.Read();

        // The end first: rows sealed while we read lie behind it.
        var seal = await db.Set<AuditSeal>().SingleOrDefaultAsync(cancellationToken) ?? new AuditSeal { Hash = [] };
        var findings = new List<VerifyFinding>();
        var (checkedRows, beforeSequence, before) = (0, 0L, Array.Empty<byte>());
        await foreach (var entry in db.Set<AuditEntry>().Where(e => e.Sequence <= seal.Sequence).OrderBy(e => e.Sequence).AsAsyncEnumerable().WithCancellation(cancellationToken))
        {
            checkedRows++;
            if (entry.Hash is null)
            {
                findings.Add(Finding(entry.Sequence, "was inserted after its neighbours were sealed"));
                continue;
            }

            if (entry.BeforeSequence > beforeSequence)
            {
                findings.Add(Finding(entry.BeforeSequence.Value, "was deleted"));
            }
            else if (entry.BeforeSequence < beforeSequence)
            {
                findings.Add(Finding(beforeSequence, "was inserted"));
            }
            else if (!entry.Hash.AsSpan().SequenceEqual(HashOf(entry, before, beforeSequence)))
            {
                findings.Add(Finding(entry.Sequence, "was edited"));
            }

            (beforeSequence, before) = (entry.Sequence, entry.Hash);
        }

        if (beforeSequence < seal.Sequence)
        {
            findings.Add(Finding(seal.Sequence, "was deleted from the end"));
        }

        return new VerifyPart(findings) { AuditEntriesChecked = checkedRows };
    }

    private static VerifyFinding Finding(long sequence, string what) => new("audit_broken", $"audit row {sequence}", $"Audit row {sequence} {what}.");
}

internal sealed class AuditSealTable : IEntityTypeConfiguration<AuditSeal>
{
    public void Configure(EntityTypeBuilder<AuditSeal> builder)
    {
        builder.ToTable("AuditSeals").HasKey(s => s.Id);
        builder.Property(s => s.Id).ValueGeneratedNever();
    }
}
