namespace Slipway.Server.Analytics;

/// <summary>Requests and failures of the last half hour by minute, in memory: what the board draws.</summary>
internal sealed class RecentTraffic(TimeProvider time)
{
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(30);
    private const int Minutes = 30;
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

    /// <summary>30 values each, oldest first; the last is the current minute.</summary>
    public (long[] Requests, long[] Errors) Read(Guid deployment)
    {
        var now = time.GetUtcNow().UtcTicks / TimeSpan.TicksPerMinute;
        var (requests, errors) = (new long[Minutes], new long[Minutes]);
        lock (gate)
        {
            if (deployments.TryGetValue(deployment, out var ring))
            {
                foreach (var (minute, count, failures) in ring)
                {
                    var index = minute - (now - Minutes + 1);
                    if (index is >= 0 and < Minutes)
                    {
                        (requests[index], errors[index]) = (count, failures);
                    }
                }
            }
        }

        return (requests, errors);
    }
}
