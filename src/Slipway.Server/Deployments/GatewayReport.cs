using System.Collections.Immutable;

namespace Slipway.Server.Deployments;

/// <summary>The contract from gateway to control, version 1: what happened since the last one, twice a second. Idempotent by (gateway, sequence).</summary>
/// <param name="Gateway">Name of the gateway process; new at each start.</param>
/// <param name="RouteTableVersion">The table that it answers from: traffic has moved once every gateway names a table at least as new.</param>
internal sealed record GatewayReport(
    string Gateway, long Sequence, DateTimeOffset From, DateTimeOffset To, long RouteTableVersion, ImmutableArray<ReplicaSetLoad> Sets,
    ImmutableArray<VariantOutcomes> Outcomes, ImmutableArray<ReplicaLoad> Replicas, ImmutableArray<KeyUse> Keys)
{
    /// <summary>Replicas that failed so often in a row that they get no requests now.</summary>
    public ImmutableArray<Guid> Ejected { get; init; } = [];
}

/// <param name="InFlightSeconds">Time integral of requests in flight: divided by the report's length it is the mean concurrency.</param>
/// <param name="Queued">Waiting now.</param>
/// <param name="Parked">Waiting now while no replica is there; above 0 means wake.</param>
/// <param name="WaitingSeconds">Time integral of requests queued or parked.</param>
internal sealed record ReplicaSetLoad(Guid DeploymentId, string Hash, double InFlightSeconds, int InFlight, int Queued, int Parked, double WaitingSeconds = 0);

/// <param name="Failures">What fails a gate: 502, 504, a replica's 503 and a model's 5xx.</param>
/// <param name="LatencyBuckets">Counts by <see cref="LatencyBuckets"/>.</param>
/// <param name="HandedOver">Requests that were this variant's and that its fallback answered; counted there and not here.</param>
/// <param name="FailedOver">Of those, what fails a gate.</param>
internal sealed record VariantOutcomes(
    Guid DeploymentId, Guid RevisionId, string Variant, long Requests, long Failures, ImmutableArray<long> LatencyBuckets, long HandedOver = 0, long FailedOver = 0);

/// <param name="InsideDeadline">Requests in flight whose deadline has not passed: while there are any, a silent replica is not hung.</param>
/// <param name="Failures">Of <paramref name="Requests"/>, what fails a gate.</param>
/// <param name="LatencyBuckets">Counts by <see cref="LatencyBuckets"/> of the calls on it; empty without any.</param>
internal sealed record ReplicaLoad(Guid ReplicaId, int InFlight, int InsideDeadline, long Requests, long Failures = 0, ImmutableArray<long> LatencyBuckets = default);

internal sealed record KeyUse(Guid KeyId, DateTimeOffset LastUsedAt);

/// <summary>The log-scaled latency histogram of reports and aggregates: mergeable by adding counts.</summary>
/// <remarks>Bucket i covers [2^(i/4), 2^((i+1)/4)) microseconds: a quantile is off by at most 9 %. 128 buckets reach 4.3 s · 1,000.</remarks>
internal static class LatencyBuckets
{
    public const int Count = 128;

    /// <summary>Bucket of a latency.</summary>
    public static int Of(TimeSpan latency)
    {
        var micros = latency.TotalMicroseconds;
        return micros <= 1 ? 0 : Math.Min(Count - 1, (int)(Math.Log2(micros) * 4));
    }

    /// <summary>Upper bound of bucket <paramref name="index"/>, in microseconds.</summary>
    public static double UpperMicros(int index) => Math.Pow(2, (index + 1) / 4.0);

    /// <summary>The value below which the share <paramref name="quantile"/> (0 to 1) of counts lies, in milliseconds; null without counts.</summary>
    public static double? QuantileMs(ReadOnlySpan<long> counts, double quantile)
    {
        long total = 0;
        foreach (var count in counts)
        {
            total += count;
        }

        if (total == 0)
        {
            return null;
        }

        var rank = quantile * total;
        double seen = 0;
        for (var i = 0; i < counts.Length; i++)
        {
            if (counts[i] > 0 && seen + counts[i] >= rank)
            {
                var lower = i == 0 ? 0 : UpperMicros(i - 1);
                return (lower + ((UpperMicros(i) - lower) * Math.Clamp((rank - seen) / counts[i], 0, 1))) / 1000;
            }

            seen += counts[i];
        }

        return UpperMicros(counts.Length - 1) / 1000;
    }
}

/// <summary>Takes the reports; autoscaler, rollout gates and pages read what it keeps.</summary>
internal sealed class GatewayReports
{
    private GatewayReport? latest;

    /// <summary>The newest report of this process's gateway; null before the first.</summary>
    public GatewayReport? Latest => Volatile.Read(ref latest);

    /// <summary>What the newest report says of one replica; null when it does not name it.</summary>
    public ReplicaLoad? LoadOf(Guid replicaId) => Latest?.Replicas.FirstOrDefault(r => r.ReplicaId == replicaId);

    /// <summary>Raised after a report was taken; handlers return at once.</summary>
    public event Action<GatewayReport>? Taken;

    /// <summary>Raised when a request begins to wait for a set that has no replica: wake it now, and not with the next report. Handlers return at once.</summary>
    public event Action<Guid, string>? Parked;

    /// <summary>Said by the gateway of the same process, on its request path.</summary>
    public void Park(Guid deploymentId, string hash) => Parked?.Invoke(deploymentId, hash);

    public void Take(GatewayReport report)
    {
        if (latest is { } last && last.Gateway == report.Gateway && last.Sequence >= report.Sequence)
        {
            return;
        }

        Volatile.Write(ref latest, report);
        Taken?.Invoke(report);
    }
}
