namespace Slipway.Server.Gateway;

/// <summary>
/// Who is refused though the queue has room: whoever's turn would come too late. A queue that is first in first out and longer than its requests' deadline serves only those
/// that have waited almost all of it, and at twice the capacity answers half to nine tenths of them late.
/// </summary>
/// <remarks>By Little's law: n places that are each held for so long give n / held turns a second.</remarks>
internal static class Shedding
{
    // Of the time until the deadline that waiting may take: what is left pays for services that last longer than the average.
    private const double Share = 0.8;

    private const int MostRetrySeconds = 60;

    /// <summary>Seconds until a request has its turn.</summary>
    /// <param name="before">Requests that wait before it.</param>
    /// <param name="places">Requests that the replicas take at a time, 1 or more.</param>
    /// <param name="heldSeconds">How long a place is held, on average; 0: not known.</param>
    public static double WaitSeconds(int before, int places, double heldSeconds) => (before + 0.5) * heldSeconds / places;

    /// <summary>A request that would join the queue now is better refused now than answered late.</summary>
    /// <param name="secondsLeft">Until its deadline.</param>
    /// <returns>False where nothing is known: no replica yet, or none that has answered.</returns>
    public static bool ComesTooLate(int before, int places, double heldSeconds, double secondsLeft) =>
        places > 0 && heldSeconds > 0 && WaitSeconds(before, places, heldSeconds) > Share * (secondsLeft - heldSeconds);

    /// <summary>A request that has its turn now has too little time left: its replica would work for nobody.</summary>
    public static bool IsHopeless(double heldSeconds, double secondsLeft) => secondsLeft < heldSeconds / 2;

    /// <summary>Seconds after which the requests that wait now have had their turn, 1 to 60: what Retry-After says.</summary>
    public static int RetryAfterSeconds(int waiting, int places, double heldSeconds) =>
        places > 0 ? (int)Math.Clamp(Math.Ceiling(WaitSeconds(waiting, places, heldSeconds)), 1, MostRetrySeconds) : 1;
}

/// <summary>How long a place on a replica is held, averaged over the last turns: time in flight over turns ended, both fading.</summary>
internal sealed class HeldTime
{
    private const int LeastMemory = 16; // turns
    private double ticks;
    private double turns;

    /// <summary>0: no turn has ended yet.</summary>
    public double Ticks => turns > 0 ? ticks / turns : 0;

    /// <summary>A turn has ended.</summary>
    /// <param name="sinceLast">Integral of the requests in flight over time, since the last one ended.</param>
    /// <param name="places">Requests in flight at most: a batch ends as many turns at once, and several batches make an average.</param>
    public void Ended(long sinceLast, int places)
    {
        var kept = 1 - (1.0 / Math.Max(LeastMemory, 4.0 * places));
        ticks = (ticks * kept) + sinceLast;
        turns = (turns * kept) + 1;
    }
}
