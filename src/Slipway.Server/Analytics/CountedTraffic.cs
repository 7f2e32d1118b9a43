using Slipway.Server.Deployments;

namespace Slipway.Server.Analytics;

/// <summary>Requests and failures of the last half hour by minute, in memory: what the board draws. Filled from the stored minutes at a start.</summary>
internal sealed class CountedTraffic(TimeProvider time) : IRecentTraffic
{
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(Minutes);
    private const int Minutes = RecentTraffic.Minutes;
    private readonly Lock gate = new();
    private readonly Dictionary<Guid, (long Minute, long Requests, long Failures)[]> deployments = [];

    /// <summary>Adds counts of one minute.</summary>
    public void Add(Guid deployment, DateTimeOffset minute, long requests, long failures)
    {
        var number = minute.UtcTicks / TimeSpan.TicksPerMinute;
        lock (gate)
        {
            if (!deployments.TryGetValue(deployment, out var ring))
            {
                deployments.Add(deployment, ring = new (long, long, long)[Minutes]);
            }

            ref var slot = ref ring[number % Minutes];
            if (slot.Minute < number)
            {
                slot = (number, requests, failures);
            }
            else if (slot.Minute == number)
            {
                slot = (number, slot.Requests + requests, slot.Failures + failures);
            }
        }
    }

    /// <inheritdoc/>
    public MinuteTraffic Of(Guid deploymentId)
    {
        var now = time.GetUtcNow().UtcTicks / TimeSpan.TicksPerMinute;
        var (requests, failures) = (new long[Minutes], new long[Minutes]);
        lock (gate)
        {
            if (deployments.TryGetValue(deploymentId, out var ring))
            {
                foreach (var (minute, asked, failed) in ring)
                {
                    var index = minute - (now - Minutes + 1);
                    if (index is >= 0 and < Minutes)
                    {
                        (requests[index], failures[index]) = (asked, failed);
                    }
                }
            }
        }

        return new MinuteTraffic(requests, failures);
    }
}
