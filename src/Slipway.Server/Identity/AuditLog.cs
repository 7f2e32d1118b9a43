using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Slipway.Server.Platform;

namespace Slipway.Server.Identity;

/// <summary>Writes a row of the audit trail in the same transaction as the change that it tells of.</summary>
internal sealed class AuditLog(TimeProvider time)
{
    /// <summary>Records a change on the unit's own context.</summary>
    /// <param name="db">The context of the change.</param>
    /// <param name="by">Who did it.</param>
    /// <param name="action">Stable word, <c>noun.verb</c>, for example <c>version.created</c>.</param>
    /// <param name="resourceKind">model, version, deployment, user, key, …</param>
    /// <param name="resource">Its readable name, for example <c>production/iris</c>.</param>
    /// <param name="before">What it was, as short JSON; null for a creation. Never a secret.</param>
    /// <param name="after">What it is, as short JSON; null for a deletion.</param>
    public void Record(SlipwayDbContext db, Actor by, string action, string resourceKind, string resource, string? before = null, string? after = null)
    {
        db.Set<AuditEntry>().Add(Entry(by, action, resourceKind, resource, before, after));
        if (by.Claim is { } claim)
        {
            db.Claim(claim);
        }
    }

    /// <summary>The row, for somebody who inserts many with their changes, in the same transaction, and says for each what its <see cref="Actor.Claim"/> has made.</summary>
    public AuditEntry Entry(Actor by, string action, string resourceKind, string resource, string? before = null, string? after = null) => new()
    {
        At = time.GetUtcNow(), ActorId = by.UserId, Actor = by.Name, Action = action, ResourceKind = resourceKind, Resource = resource,
        Before = before, After = after, IpAddress = by.IpAddress, RequestId = by.RequestId,
    };
}

/// <summary>One row of the trail. <see cref="Hash"/> is set by the sealer: it covers the row and the hash of the row before.</summary>
internal sealed class AuditEntry
{
    public long Sequence { get; set; }

    public DateTimeOffset At { get; set; }

    public Guid ActorId { get; set; }

    public required string Actor { get; set; }

    public required string Action { get; set; }

    public required string ResourceKind { get; set; }

    public required string Resource { get; set; }

    public string? Before { get; set; }

    public string? After { get; set; }

    public string? IpAddress { get; set; }

    public string? RequestId { get; set; }

    public byte[]? Hash { get; set; }

    /// <summary>The sealed row before this one, which the hash covers too; 0 for the first, null until sealed. It lets a missing row be named.</summary>
    public long? BeforeSequence { get; set; }
}

internal sealed class AuditEntryTable : IEntityTypeConfiguration<AuditEntry>
{
    public void Configure(EntityTypeBuilder<AuditEntry> builder)
    {
        builder.ToTable("AuditEntries").HasKey(e => e.Sequence);
        builder.Property(e => e.Sequence).ValueGeneratedOnAdd();
        builder.HasIndex(e => e.At);
        builder.HasIndex(e => e.Resource);
    }
}
