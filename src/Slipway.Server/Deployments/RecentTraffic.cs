using System.Collections.Concurrent;

namespace Slipway.Server.Deployments;

/// <summary>Requests and failures per minute. Answered by Analytics, which remembers across restarts; until it is there, by what this process has seen.</summary>
internal interface IRecentTraffic
{
    /// <summary>The last <see cref="RecentTraffic.Minutes"/> minutes, oldest first, the current one last.</summary>
    MinuteTraffic Of(Guid deploymentId);
}

internal sealed record MinuteTraffic(IReadOnlyList<long> Requests, IReadOnlyList<long> Failures)
{
    public static MinuteTraffic None { get; } = new(new long[RecentTraffic.Minutes], new long[RecentTraffic.Minutes]);
}

/// <summary>Counts the outcomes of gateway reports per minute, in memory.</summary>
internal sealed class RecentTraffic : IRecentTraffic, IDisposable
{
    public const int Minutes = 30;
    private readonly ConcurrentDictionary<Guid, Ring> rings = new();
    private readonly GatewayReports reports;
    private readonly TimeProvider time;

    public RecentTraffic(GatewayReports reports, TimeProvider time)
    {
        this.reports = reports;
        this.time = time;
        reports.Taken += Take;
    }

    public MinuteTraffic Of(Guid deploymentId) => rings.TryGetValue(deploymentId, out var ring) ? ring.Read(Minute(time.GetUtcNow())) : MinuteTraffic.None;

    public void Dispose() => reports.Taken -= Take;

    private void Take(GatewayReport report)
    {
        var minute = Minute(report.To);
        foreach (var outcome in report.Outcomes)
        {
            if (outcome.Requests > 0)
            {
                rings.GetOrAdd(outcome.DeploymentId, _ => new Ring()).Add(minute, outcome.Requests, outcome.Failures);
            }
        }

        foreach (var (deployment, ring) in rings)
        {
            if (ring.Last < minute - Minutes)
            {
                rings.TryRemove(deployment, out _);
            }
        }
    }

    private static long Minute(DateTimeOffset at) => at.UtcTicks / TimeSpan.TicksPerMinute;

    private sealed class Ring
    {
        private readonly Lock gate = new();
        private readonly (long Minute, long Requests, long Failures)[] slots = new (long, long, long)[Minutes];

        public long Last { get; private set; }

        public void Add(long minute, long requests, long failures)
        {
            lock (gate)
            {
                ref var slot = ref slots[minute % Minutes];
                slot = slot.Minute == minute ? (minute, slot.Requests + requests, slot.Failures + failures) : (minute, requests, failures);
                Last = Math.Max(Last, minute);
            }
        }

        public MinuteTraffic Read(long now)
        {
            var requests = new long[Minutes];
            var failures = new long[Minutes];
            lock (gate)
            {
                for (var i = 0; i < Minutes; i++)
                {
                    var minute = now - Minutes + 1 + i;
                    if (slots[minute % Minutes] is var slot && slot.Minute == minute)
                    {
                        (requests[i], failures[i]) = (slot.Requests, slot.Failures);
                    }
                }
            }

            return new MinuteTraffic(requests, failures);
        }
    }
}
