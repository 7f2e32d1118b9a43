using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Slipway.Contracts;

namespace Slipway.Server.Registry;

/// <summary>Where a metric of a version comes from.</summary>
internal enum MetricNamespace
{
    /// <summary>Snapshot of the source run, taken when the version was made.</summary>
    Training,

    /// <summary>Added to the version later.</summary>
    Validation,
}

/// <summary>A metric of a version, with its last value (that of the highest step) and those before it.</summary>
internal sealed class VersionMetric
{
    public const int LongestKey = 250;

    /// <summary>Metrics of one version and namespace.</summary>
    public const int Most = 1000;

    /// <summary>Values of one metric. A snapshot of more is thinned; more cannot be added.</summary>
    public const int MostPoints = 500;

    public Guid VersionId { get; init; }

    public MetricNamespace Namespace { get; init; }

    public required string Key { get; init; }

    /// <summary>0 when <see cref="IsNaN"/>: not every database keeps NaN.</summary>
    public double Value { get; private set; }

    public bool IsNaN { get; private set; }

    public long Step { get; private set; }

    public DateTimeOffset At { get; private set; }

    /// <summary>All points as JSON, by rising step; null while there is only the one.</summary>
    public string? History { get; private set; }

    public double Number => IsNaN ? double.NaN : Value;

    public IReadOnlyList<VersionMetricPoint> Points => History is null ? [] : JsonSerializer.Deserialize(History, ContractsJson.Default.ListVersionMetricPoint)!;

    /// <summary>What a run has logged: its points by rising step, at least one.</summary>
    public static VersionMetric Snapshot(Guid version, string key, IReadOnlyList<VersionMetricPoint> points, DateTimeOffset at)
    {
        var metric = new VersionMetric { VersionId = version, Namespace = MetricNamespace.Training, Key = key };
        metric.Keep(Thin(points, MostPoints), at);
        return metric;
    }

    /// <summary>Adds a value, or gives the step another.</summary>
    /// <returns>False: there are <see cref="MostPoints"/> already.</returns>
    public bool Log(long step, double value, DateTimeOffset at)
    {
        List<VersionMetricPoint> points = History is null ? (At == default ? [] : [new VersionMetricPoint(Step, Number)]) : [.. Points];
        var place = points.FindIndex(p => p.Step >= step);
        if (place >= 0 && points[place].Step == step)
        {
            points[place] = new VersionMetricPoint(step, value);
        }
        else if (points.Count >= MostPoints)
        {
            return false;
        }
        else
        {
            points.Insert(place < 0 ? points.Count : place, new VersionMetricPoint(step, value));
        }

        Keep(points, at);
        return true;
    }

    /// <summary>First, last and evenly chosen points between; all where there are not more than <paramref name="most"/>.</summary>
    public static IReadOnlyList<VersionMetricPoint> Thin(IReadOnlyList<VersionMetricPoint> points, int most) => points.Count <= most
        ? points
        : [.. Enumerable.Range(0, most).Select(i => points[(int)((long)i * (points.Count - 1) / (most - 1))])];

    public VersionMetricInfo ToInfo() => new(Namespace.ToString().ToLowerInvariant(), Key, Number, Step, At, Points);

    private void Keep(IReadOnlyList<VersionMetricPoint> points, DateTimeOffset at)
    {
        var last = points[^1];
        (IsNaN, Value, Step, At) = (double.IsNaN(last.Value), double.IsNaN(last.Value) ? 0 : last.Value, last.Step, at);
        History = points.Count == 1 ? null : JsonSerializer.Serialize([.. points], ContractsJson.Default.ListVersionMetricPoint);
    }
}

internal sealed class VersionMetricTable : IEntityTypeConfiguration<VersionMetric>
{
    public void Configure(EntityTypeBuilder<VersionMetric> builder)
    {
        builder.ToTable("VersionMetrics").HasKey(m => new { m.VersionId, m.Namespace, m.Key });
        builder.Property(m => m.Namespace).HasConversion<string>().HasMaxLength(16);
        builder.Property(m => m.Key).HasMaxLength(VersionMetric.LongestKey);
        builder.Ignore(m => m.Number).Ignore(m => m.Points);
        builder.HasOne<ModelVersion>().WithMany(v => v.Metrics).HasForeignKey(m => m.VersionId).OnDelete(DeleteBehavior.Cascade);
    }
}
