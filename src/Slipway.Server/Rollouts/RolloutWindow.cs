using System.Collections.Immutable;
using System.Globalization;
using Slipway.Contracts;
using Slipway.Server.Deployments;

namespace Slipway.Server.Rollouts;

/// <summary>What one side answered in a window.</summary>
/// <param name="Latency">Counts by <see cref="LatencyBuckets"/>; empty: none.</param>
internal sealed record SideCounts(long Requests, long Failures, ImmutableArray<long> Latency)
{
    public static SideCounts None { get; } = new(0, 0, []);

    /// <summary>The same counts by variant, each without variants of its own.</summary>
    public ImmutableSortedDictionary<string, SideCounts> Variants { get; init; } = ImmutableSortedDictionary.Create<string, SideCounts>(StringComparer.Ordinal);

    /// <summary>0 to 1; null without requests.</summary>
    public double? ErrorRate => Requests == 0 ? null : (double)Failures / Requests;

    public double? P95Ms => Quantile(0.95);

    public double? MedianMs => Quantile(0.5);

    public SideCounts Plus(SideCounts other) => Plus(other.Requests, other.Failures, other.Latency);

    public SideCounts Plus(long requests, long failures, ImmutableArray<long> latency) => this with
    {
        Requests = Requests + requests, Failures = Failures + failures,
        Latency = Latency.IsDefaultOrEmpty ? latency : latency.IsDefaultOrEmpty ? Latency : [.. Latency.Zip(latency, (a, b) => a + b)],
    };

    /// <summary>The same, of one variant.</summary>
    public SideCounts Plus(string variant, long requests, long failures, ImmutableArray<long> latency) =>
        Plus(requests, failures, latency) with { Variants = Variants.SetItem(variant, Variants.GetValueOrDefault(variant, None).Plus(requests, failures, latency)) };

    /// <summary>The same, of what a gateway says of one variant. A fallback covers a failure for the caller and not for a gate.</summary>
    public SideCounts Plus(VariantOutcomes outcome) =>
        Plus(outcome.Variant, outcome.Requests + outcome.FailedOver, outcome.Failures + outcome.FailedOver, outcome.LatencyBuckets);

    /// <summary>The same without what says how fast it was.</summary>
    public SideCounts WithoutLatency() => this with { Latency = [], Variants = Variants.ToImmutableSortedDictionary(v => v.Key, v => v.Value with { Latency = [] }, StringComparer.Ordinal) };

    public RolloutMeasureInfo ToInfo() => new(Requests, Failures, ErrorRate, P95Ms);

    private double? Quantile(double quantile) => LatencyBuckets.QuantileMs(Latency.IsDefaultOrEmpty ? [] : Latency.AsSpan(), quantile);
}

/// <summary>A window of evidence of a rollout: what both sides answered between one shift of traffic and the next. Its row grows until the next one begins.</summary>
internal sealed class RolloutWindow
{
    /// <summary>Number of the window in which only the previous revision answers: the minute before the rollout began.</summary>
    public const int Before = -1;

    public Guid Id { get; set; }

    public Guid RolloutId { get; set; }

    /// <summary>See <see cref="Rollout.Window"/>; or <see cref="Before"/>.</summary>
    public int Number { get; set; }

    public DateTimeOffset From { get; set; }

    /// <summary>End of the last report that is in it.</summary>
    public DateTimeOffset To { get; set; }

    public SideCounts Candidate { get; set; } = SideCounts.None;

    public SideCounts Previous { get; set; } = SideCounts.None;

    public RolloutWindow Copy() => (RolloutWindow)MemberwiseClone();
}

/// <summary>
/// Counts as text: <c>requests failures bucket:count bucket:count …</c>, without the empty ones; then for each variant <c>/ name requests failures bucket:count …</c>. A name has neither spaces nor a slash.
/// </summary>
internal static class SideCountsText
{
    public static string Write(SideCounts counts) => string.Join(" / ", counts.Variants.Select(v => $"{v.Key} {One(v.Value)}").Prepend(One(counts)));

    public static SideCounts Read(string text)
    {
        var sides = text.Split('/', StringSplitOptions.TrimEntries);
        return One(sides[0].Split(' ', StringSplitOptions.RemoveEmptyEntries)) with
        {
            Variants = sides.Skip(1).Select(s => s.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(parts => parts.Length > 0)
                .ToImmutableSortedDictionary(parts => parts[0], parts => One(parts[1..]), StringComparer.Ordinal),
        };
    }

    private static string One(SideCounts counts) => string.Join(
        ' ',
        counts.Latency.IsDefault
            ? []
            : counts.Latency.Select((count, bucket) => (count, bucket)).Where(c => c.count > 0).Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.bucket}:{c.count}"))
                .Prepend(counts.Failures.ToString(CultureInfo.InvariantCulture)).Prepend(counts.Requests.ToString(CultureInfo.InvariantCulture)));

    private static SideCounts One(string[] parts)
    {
        if (parts.Length < 2)
        {
            return SideCounts.None;
        }

        var buckets = new long[LatencyBuckets.Count];
        foreach (var part in parts.Skip(2))
        {
            var pair = part.Split(':');
            buckets[int.Parse(pair[0], CultureInfo.InvariantCulture)] = long.Parse(pair[1], CultureInfo.InvariantCulture);
        }

        return new SideCounts(long.Parse(parts[0], CultureInfo.InvariantCulture), long.Parse(parts[1], CultureInfo.InvariantCulture), [.. buckets]);
    }
}
