using System.Collections.Concurrent;
using Slipway.Contracts;
using Slipway.Server.Replicas;

namespace Slipway.Server.Deployments;

/// <summary>What gateways and replicas said in the last minutes, in memory: pages, lists and replicas show it. Analytics has what is older.</summary>
internal sealed class LiveTraffic : IDisposable
{
    /// <summary>Length of a point.</summary>
    public static readonly TimeSpan Step = TimeSpan.FromSeconds(5);

    private const int Points = 60;
    private const int MinuteOfPoints = 12;
    private readonly ConcurrentDictionary<Guid, TrafficRing> deployments = new();
    private readonly ConcurrentDictionary<Guid, TrafficRing> replicas = new();
    private readonly ConcurrentDictionary<(Guid Revision, string Variant), TrafficRing> variants = new();
    private readonly GatewayReports reports;
    private readonly IReplicaSets sets;
    private readonly TimeProvider time;

    public LiveTraffic(GatewayReports reports, IReplicaSets sets, TimeProvider time)
    {
        (this.reports, this.sets, this.time) = (reports, sets, time);
        reports.Taken += Take;
    }

    /// <summary>The last minute of a deployment; null: nothing was reported of it.</summary>
    public TrafficPoint? OfDeployment(Guid id) => deployments.GetValueOrDefault(id)?.Sum(Number(time.GetUtcNow()), MinuteOfPoints);

    /// <summary>The last minute of a variant; null: nothing was reported of it.</summary>
    public TrafficPoint? OfVariant(Guid revision, string variant) => variants.GetValueOrDefault((revision, variant))?.Sum(Number(time.GetUtcNow()), MinuteOfPoints);

    /// <summary>The last minute of a replica; null: nothing was reported of it.</summary>
    public TrafficPoint? OfReplica(Guid id) => replicas.GetValueOrDefault(id)?.Sum(Number(time.GetUtcNow()), MinuteOfPoints);

    /// <summary>The last five minutes of a deployment, oldest first, without gaps; the step that has just begun only once something is known of it.</summary>
    public IReadOnlyList<LiveMetricsPoint> PointsOf(Guid id)
    {
        var now = Number(time.GetUtcNow());
        return deployments.TryGetValue(id, out var ring)
            ? [.. Enumerable.Range(0, ring.Last < now ? Points - 1 : Points).Select(i => ring.Point(now - Points + 1 + i))]
            : [];
    }

    public void Dispose() => reports.Taken -= Take;

    private void Take(GatewayReport report)
    {
        var number = Number(report.To);
        var seconds = (report.To - report.From).TotalSeconds;
        foreach (var outcome in report.Outcomes)
        {
            Ring(deployments, outcome.DeploymentId, Points).Add(number, p => p.Count(outcome.Requests, outcome.Failures, outcome.LatencyBuckets.AsSpan()));
            Ring(variants, (outcome.RevisionId, outcome.Variant), MinuteOfPoints).Add(number, p =>
            {
                p.HandedOver += outcome.HandedOver;
                p.Count(outcome.Requests, outcome.Failures, outcome.LatencyBuckets.AsSpan());
            });
        }

        foreach (var group in report.Sets.GroupBy(s => s.DeploymentId))
        {
            var load = group.Sum(s => s.InFlightSeconds + s.WaitingSeconds);
            var ready = sets.Current.Sets.Values.Where(s => s.DeploymentId == group.Key).SelectMany(s => s.Replicas).Where(r => r.State == ReplicaState.Ready).ToList();
            Ring(deployments, group.Key, Points).Add(number, p => p.Sample(seconds, load, ready));
        }

        foreach (var replica in report.Replicas)
        {
            Ring(replicas, replica.ReplicaId, MinuteOfPoints).Add(number, p =>
            {
                p.Seconds += seconds;
                p.Count(replica.Requests, replica.Failures, replica.LatencyBuckets.IsDefault ? [] : replica.LatencyBuckets.AsSpan());
            });
        }

        Forget(deployments, number);
        Forget(replicas, number);
        Forget(variants, number);
    }

    private static TrafficRing Ring<TKey>(ConcurrentDictionary<TKey, TrafficRing> rings, TKey id, int points)
        where TKey : notnull => rings.GetOrAdd(id, static (_, count) => new TrafficRing(count), points);

    private static void Forget<TKey>(ConcurrentDictionary<TKey, TrafficRing> rings, long number)
        where TKey : notnull
    {
        foreach (var (id, ring) in rings)
        {
            if (ring.Last < number - Points)
            {
                rings.TryRemove(id, out _);
            }
        }
    }

    private static long Number(DateTimeOffset at) => at.UtcTicks / Step.Ticks;
}

/// <summary>Counts of one step, or of several added up.</summary>
internal sealed class TrafficPoint
{
    private long[]? latency;

    public long Number { get; init; }

    /// <summary>Reported time.</summary>
    public double Seconds { get; set; }

    public long Requests { get; private set; }

    public long Failures { get; private set; }

    /// <summary>Requests that a fallback answered in its place.</summary>
    public long HandedOver { get; set; }

    /// <summary>Time integral of requests on replicas and waiting.</summary>
    public double LoadSeconds { get; private set; }

    public int Ready { get; private set; }

    public double? CpuCores { get; private set; }

    public long? ResidentBytes { get; private set; }

    public double RequestsPerSecond => Seconds > 0 ? Requests / Seconds : 0;

    public double? ErrorRate => Requests > 0 ? Math.Min(1, (double)Failures / Requests) : null;

    public double? QuantileMs(double quantile) => latency is null ? null : LatencyBuckets.QuantileMs(latency, quantile);

    public void Count(long requests, long failures, ReadOnlySpan<long> buckets)
    {
        Requests += requests;
        Failures += failures;
        if (buckets.IsEmpty)
        {
            return;
        }

        latency ??= new long[LatencyBuckets.Count];
        for (var i = 0; i < buckets.Length; i++)
        {
            latency[i] += buckets[i];
        }
    }

    public void Sample(double seconds, double loadSeconds, IReadOnlyList<ReplicaStatus> ready)
    {
        Seconds += seconds;
        LoadSeconds += loadSeconds;
        Ready = ready.Count;
        CpuCores = ready.Any(r => r.CpuCores is not null) ? ready.Sum(r => r.CpuCores ?? 0) : CpuCores;
        ResidentBytes = ready.Any(r => r.ResidentBytes is not null) ? ready.Sum(r => r.ResidentBytes ?? 0) : ResidentBytes;
    }

    public void Add(TrafficPoint other)
    {
        Count(other.Requests, other.Failures, other.latency);
        HandedOver += other.HandedOver;
        Seconds += other.Seconds;
        LoadSeconds += other.LoadSeconds;
    }
}

/// <summary>The last points of one thing.</summary>
internal sealed class TrafficRing(int points)
{
    private readonly Lock gate = new();
    private readonly TrafficPoint?[] slots = new TrafficPoint?[points];

    public long Last { get; private set; }

    public void Add(long number, Action<TrafficPoint> add)
    {
        lock (gate)
        {
            ref var slot = ref slots[number % slots.Length];
            if (slot is null || slot.Number != number)
            {
                slot = new TrafficPoint { Number = number };
            }

            add(slot);
            Last = Math.Max(Last, number);
        }
    }

    public TrafficPoint Sum(long now, int count)
    {
        var sum = new TrafficPoint { Number = now };
        lock (gate)
        {
            for (var number = now - count + 1; number <= now; number++)
            {
                if (slots[number % slots.Length] is { } slot && slot.Number == number)
                {
                    sum.Add(slot);
                }
            }
        }

        return sum;
    }

    public LiveMetricsPoint Point(long number)
    {
        lock (gate)
        {
            var at = new DateTimeOffset(number * LiveTraffic.Step.Ticks, TimeSpan.Zero);
            return slots[number % slots.Length] is { } slot && slot.Number == number
                ? new LiveMetricsPoint(
                    at, slot.RequestsPerSecond, slot.Seconds > 0 ? slot.Failures / slot.Seconds : 0, slot.QuantileMs(0.5), slot.QuantileMs(0.95), slot.QuantileMs(0.99),
                    slot.Seconds > 0 ? slot.LoadSeconds / slot.Seconds : 0, slot.Ready, slot.CpuCores, slot.ResidentBytes)
                : new LiveMetricsPoint(at, 0, 0, null, null, null, 0, 0, null, null);
        }
    }
}
