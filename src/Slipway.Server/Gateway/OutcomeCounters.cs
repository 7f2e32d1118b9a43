using System.Collections.Immutable;
using Slipway.Server.Deployments;

namespace Slipway.Server.Gateway;

/// <summary>What came of the requests of one (revision, variant): striped by processor, so that counting never contends.</summary>
internal sealed class OutcomeCounters
{
    private const int Requests = LatencyBuckets.Count;
    private const int Failures = LatencyBuckets.Count + 1;
    private readonly long[][] stripes = [.. Enumerable.Range(0, Math.Min(16, Environment.ProcessorCount)).Select(_ => new long[LatencyBuckets.Count + 16])];
    private readonly long[] reported = new long[LatencyBuckets.Count + 2];

    /// <param name="failed">It fails a gate: 502, 504, a replica's 503 or a model's 5xx.</param>
    public void Count(TimeSpan latency, bool failed)
    {
        var stripe = stripes[Thread.GetCurrentProcessorId() % stripes.Length];
        Interlocked.Increment(ref stripe[LatencyBuckets.Of(latency)]);
        Interlocked.Increment(ref stripe[Requests]);
        if (failed)
        {
            Interlocked.Increment(ref stripe[Failures]);
        }
    }

    /// <summary>Counts since the last call; null without any. One caller: the reporter.</summary>
    public VariantOutcomes? Report(Guid deploymentId, Guid revisionId, string variant)
    {
        var requests = Since(Requests);
        if (requests == 0)
        {
            return null;
        }

        var buckets = ImmutableArray.CreateBuilder<long>(LatencyBuckets.Count);
        for (var i = 0; i < LatencyBuckets.Count; i++)
        {
            buckets.Add(Since(i));
        }

        return new VariantOutcomes(deploymentId, revisionId, variant, requests, Since(Failures), buckets.MoveToImmutable());
    }

    private long Since(int index)
    {
        long total = 0;
        foreach (var stripe in stripes)
        {
            total += Volatile.Read(ref stripe[index]);
        }

        var since = total - reported[index];
        reported[index] = total;
        return since;
    }
}
