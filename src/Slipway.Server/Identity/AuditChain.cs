using System.Buffers;
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

    /// <summary>Seals the row that follows.</summary>
    public void Add(AuditEntry next)
    {
        next.BeforeSequence = Sequence;
        next.Hash = AuditChain.HashOf(next, Hash, Sequence);
        (Sequence, Hash, Count) = (next.Sequence, next.Hash, Count + 1);
    }
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
        ReadOnlySpan<string?> texts = [entry.Actor, entry.Action, entry.ResourceKind, entry.Resource, entry.Before, entry.After, entry.IpAddress, entry.RequestId];
        var most = before.Length + (3 * sizeof(long)) + 16;
        foreach (var text in texts)
        {
            most += sizeof(long) + Encoding.UTF8.GetMaxByteCount(text?.Length ?? 0);
        }

        var buffer = ArrayPool<byte>.Shared.Rent(most);
        before.CopyTo(buffer);
        var length = before.Length;
        Number(beforeSequence);
        Number(entry.Sequence);
        Number(entry.At.UtcTicks / TimeSpan.TicksPerMicrosecond);   // PostgreSQL keeps microseconds
        entry.ActorId.TryWriteBytes(buffer.AsSpan(length));
        length += 16;
        foreach (var text in texts)
        {
            var bytes = Encoding.UTF8.GetBytes(text ?? "", buffer.AsSpan(length + sizeof(long)));
            Number(text is null ? -1 : bytes);
            length += bytes;
        }

        var hash = SHA256.HashData(buffer.AsSpan(0, length));
        ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
        return hash;

        void Number(long value)
        {
            BinaryPrimitives.WriteInt64LittleEndian(buffer.AsSpan(length), value);
            length += sizeof(long);
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
