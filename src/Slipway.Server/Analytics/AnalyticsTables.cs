using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Slipway.Server.Analytics;

/// <summary>Counts of one period of one (deployment, revision, variant). No foreign keys: aggregates outlive deployments.</summary>
internal abstract class Aggregate
{
    public Guid DeploymentId { get; init; }

    public Guid RevisionId { get; init; }

    public required string Variant { get; init; }

    /// <summary>Beginning of the period.</summary>
    public DateTimeOffset At { get; init; }

    public long Requests { get; set; }

    public long Failures { get; set; }

    public long Status2xx { get; set; }

    public long Status3xx { get; set; }

    public long Status4xx { get; set; }

    public long Status5xx { get; set; }

    public long Aborted { get; set; }

    public long LatencySumMicros { get; set; }

    /// <summary>See <see cref="LatencyHistogram"/>.</summary>
    public byte[] Latency { get; set; } = [];
}

internal sealed class MinuteAggregate : Aggregate;

internal sealed class HourAggregate : Aggregate;

/// <summary>What a deployment was called when it last answered.</summary>
internal sealed class AnalyticsDeployment
{
    public Guid DeploymentId { get; init; }

    public required string Environment { get; set; }

    public required string Name { get; set; }

    /// <summary>Sequence of its last counted prediction: of two that had a name, the later one is meant.</summary>
    public long LastSequence { get; set; }
}

/// <summary>The one row that says how far the stored predictions are counted; moved in the same transaction as the counts.</summary>
internal sealed class AnalyticsPosition
{
    public int Id { get; init; }

    public long Sequence { get; set; }
}

internal sealed class MinuteAggregateTable : IEntityTypeConfiguration<MinuteAggregate>
{
    public void Configure(EntityTypeBuilder<MinuteAggregate> builder)
    {
        builder.ToTable("MinuteAggregates").HasKey(a => new { a.DeploymentId, a.At, a.RevisionId, a.Variant });
        builder.HasIndex(a => a.At);
    }
}

internal sealed class HourAggregateTable : IEntityTypeConfiguration<HourAggregate>
{
    public void Configure(EntityTypeBuilder<HourAggregate> builder)
    {
        builder.ToTable("HourAggregates").HasKey(a => new { a.DeploymentId, a.At, a.RevisionId, a.Variant });
        builder.HasIndex(a => a.At);
    }
}

internal sealed class AnalyticsDeploymentTable : IEntityTypeConfiguration<AnalyticsDeployment>
{
    public void Configure(EntityTypeBuilder<AnalyticsDeployment> builder)
    {
        builder.ToTable("AnalyticsDeployments").HasKey(d => d.DeploymentId);
        builder.HasIndex(d => new { d.Environment, d.Name });
    }
}

internal sealed class AnalyticsPositionTable : IEntityTypeConfiguration<AnalyticsPosition>
{
    public void Configure(EntityTypeBuilder<AnalyticsPosition> builder)
    {
        builder.ToTable("AnalyticsPositions").HasKey(p => p.Id);
        builder.Property(p => p.Id).ValueGeneratedNever();
    }
}
