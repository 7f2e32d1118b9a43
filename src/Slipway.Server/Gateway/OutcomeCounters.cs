using System.Collections.Immutable;
using System.Globalization;
using Slipway.Server.Deployments;

namespace Slipway.Server.Gateway;

/// <summary>What came of the requests of one (revision, variant): striped by processor, so that counting never contends.</summary>
internal sealed class OutcomeCounters
{
    private const int Requests = LatencyBuckets.Count;
    private const int Failures = LatencyBuckets.Count + 1;
    private const int Answered = LatencyBuckets.Count + 2;
    private const int AnsweredTicks = LatencyBuckets.Count + 3;
    private const int RefusedTicks = LatencyBuckets.Count + 4;
    private const int QueueTicks = LatencyBuckets.Count + 5;
    private const int ReplicaTicks = LatencyBuckets.Count + 6;
    private const int LastUtcTicks = LatencyBuckets.Count + 7;
    private const int HandedOver = LatencyBuckets.Count + 8;
    private const int FailedOver = LatencyBuckets.Count + 9;
    private const int Statuses = LatencyBuckets.Count + 10;
    private static readonly int[] StatusSlots = [0, 200, 201, 202, 204, 400, 401, 403, 404, 408, 409, 413, 415, 422, 429, 499, 500, 501, 502, 503, 504];
    private static readonly byte[] SlotOfStatus = [.. Enumerable.Range(0, 600).Select(status => (byte)Math.Max(0, Array.IndexOf(StatusSlots, status)))];
    private readonly long[][] stripes = [.. Enumerable.Range(0, Math.Min(16, Environment.ProcessorCount)).Select(_ => new long[LatencyBuckets.Count + 16 + StatusSlots.Length])];
    private readonly long[] reported = new long[LatencyBuckets.Count + 10];

    /// <param name="failed">It fails a gate: 502, 504, a replica's 503 or a model's 5xx.</param>
    /// <param name="status">HTTP status answered.</param>
    /// <param name="queueTicks">Of <see cref="System.Diagnostics.Stopwatch"/>, as <paramref name="replicaTicks"/>.</param>
    /// <param name="utcTicks">Instant of receipt.</param>
    public void Count(TimeSpan latency, bool failed, int status, long queueTicks, long replicaTicks, long utcTicks)
    {
        var stripe = stripes[Thread.GetCurrentProcessorId() % stripes.Length];
        Interlocked.Increment(ref stripe[LatencyBuckets.Of(latency)]);
        Interlocked.Increment(ref stripe[Requests]);
        Interlocked.Increment(ref stripe[Statuses + SlotOfStatus[Math.Clamp(status, 0, 599)]]);
        if (failed)
        {
            Interlocked.Increment(ref stripe[Failures]);
        }

        if (status < 400)
        {
            Interlocked.Increment(ref stripe[Answered]);
        }

        Interlocked.Add(ref stripe[status < 400 ? AnsweredTicks : RefusedTicks], latency.Ticks);
        Interlocked.Add(ref stripe[ReplicaTicks], replicaTicks);
        if (queueTicks > 0)
        {
            Interlocked.Add(ref stripe[QueueTicks], queueTicks);
        }

        Volatile.Write(ref stripe[LastUtcTicks], utcTicks);
    }

    /// <summary>A request that another variant answers in its place; it is not among its requests.</summary>
    /// <param name="failed">What went wrong fails a gate.</param>
    public void HandOver(bool failed)
    {
        var stripe = stripes[Thread.GetCurrentProcessorId() % stripes.Length];
        Interlocked.Increment(ref stripe[HandedOver]);
        if (failed)
        {
            Interlocked.Increment(ref stripe[FailedOver]);
        }
    }

    /// <summary>All that was counted so far.</summary>
    public OutcomeTotals Totals()
    {
        var totals = new OutcomeTotals(Total(Requests), Total(Answered), Total(AnsweredTicks), Total(RefusedTicks), Total(QueueTicks), Total(ReplicaTicks), 0);
        return totals with { LastUtcTicks = stripes.Max(s => Volatile.Read(ref s[LastUtcTicks])) };
    }

    /// <summary>Requests by status; those that are none of the usual ones together as <c>other</c>.</summary>
    public IEnumerable<(string Status, long Count)> StatusTotals()
    {
        for (var i = 0; i < StatusSlots.Length; i++)
        {
            if (Total(Statuses + i) is var count and > 0)
            {
                yield return (i == 0 ? "other" : StatusSlots[i].ToString(CultureInfo.InvariantCulture), count);
            }
        }
    }

    /// <summary>Counts by <see cref="LatencyBuckets"/> since the beginning.</summary>
    public long[] LatencyTotals() => [.. Enumerable.Range(0, LatencyBuckets.Count).Select(Total)];

    /// <summary>Counts since the last call; null without any. One caller: the reporter.</summary>
    public VariantOutcomes? Report(Guid deploymentId, Guid revisionId, string variant)
    {
        var (requests, handedOver, failedOver) = (Since(Requests), Since(HandedOver), Since(FailedOver));
        if (requests == 0 && handedOver == 0)
        {
            return null;
        }

        var buckets = ImmutableArray.CreateBuilder<long>(LatencyBuckets.Count);
        for (var i = 0; i < LatencyBuckets.Count; i++)
        {
            buckets.Add(Since(i));
        }

        return new VariantOutcomes(deploymentId, revisionId, variant, requests, Since(Failures), buckets.MoveToImmutable(), handedOver, failedOver);
    }

    private long Total(int index)
    {
        long total = 0;
        foreach (var stripe in stripes)
        {
            total += Volatile.Read(ref stripe[index]);
        }

        return total;
    }

    private long Since(int index)
    {
        var total = Total(index);
        var since = total - reported[index];
        reported[index] = total;
        return since;
    }
}

/// <param name="AnsweredTicks">Of <see cref="TimeSpan"/>, as <paramref name="RefusedTicks"/>: from receipt to the last byte.</param>
/// <param name="QueueTicks">Of <see cref="System.Diagnostics.Stopwatch"/>, as <paramref name="ReplicaTicks"/>.</param>
/// <param name="LastUtcTicks">Of the last request; 0: there was none.</param>
internal sealed record OutcomeTotals(long Requests, long Answered, long AnsweredTicks, long RefusedTicks, long QueueTicks, long ReplicaTicks, long LastUtcTicks);
