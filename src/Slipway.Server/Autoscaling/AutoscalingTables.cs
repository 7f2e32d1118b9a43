using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Slipway.Server.Deployments;

namespace Slipway.Server.Autoscaling;

/// <summary>The stored wish of one replica set: what a restarted server goes on with.</summary>
internal sealed class StoredWish
{
    public Guid DeploymentId { get; init; }

    public required string Hash { get; init; }

    /// <summary>0: at zero until it is woken.</summary>
    public int Replicas { get; set; }

    /// <summary>At zero whatever the minimum.</summary>
    public bool Held { get; set; }

    /// <summary>Woken then, and no replica was ready since.</summary>
    public DateTimeOffset? WokenAt { get; set; }

    /// <summary>One of <see cref="ScaleReasons"/>.</summary>
    public required string Reason { get; set; }

    /// <summary>Of the last change: who decided on an older one decides anew.</summary>
    public DateTimeOffset At { get; set; }

    /// <summary>From the last wake to the first ready replica.</summary>
    public double? ColdStartSeconds { get; set; }

    public ReplicaWish ToWish() => new(Replicas, Held, WokenAt, Reason, At);
}

internal sealed class StoredWishTable : IEntityTypeConfiguration<StoredWish>
{
    public void Configure(EntityTypeBuilder<StoredWish> builder)
    {
        builder.ToTable("ReplicaWishes").HasKey(w => new { w.DeploymentId, w.Hash });
        builder.Property(w => w.Hash).HasMaxLength(64);
        builder.Property(w => w.Reason).HasMaxLength(32);
    }
}
