using Slipway.Server.Deployments;

namespace Slipway.Server.Autoscaling;

/// <summary>What holds the number of a set, beside its load.</summary>
/// <param name="Min">0: it may go to zero.</param>
/// <param name="MayGoToZero">False while a rollout moves its traffic.</param>
internal sealed record ScaleBounds(int Min, int Max, bool MayGoToZero);

/// <summary>What the autoscaler says of one set at one moment.</summary>
/// <param name="Replicas">The wish, inside the bounds; 0 only when it is idle and may go to zero.</param>
internal sealed record ScaleVerdict(int Replicas, string Reason, string Detail);

/// <summary>
/// The memory of one replica set's autoscaler: its load of the last window and what it would have wished during the delay. It has no clock and does no I/O, so that hours
/// of load can be simulated in milliseconds.
/// </summary>
internal sealed class SetScaler
{
    private readonly LoadWindow load = new();
    private readonly LoadWindow cpu = new();
    private readonly LoadWindow memory = new();
    private readonly LoadWindow gpu = new();
    private readonly Peaks peaks = new();
    private DateTimeOffset? since;
    private DateTimeOffset activeAt;
    private DateTimeOffset burstUntil;
    private DateTimeOffset steppedDownAt;
    private int ready;
    private (DateTimeOffset To, double Seconds, double Mean) waited;   // the newest report, when requests waited at its end

    /// <summary>When its load was last measured; null: never.</summary>
    public DateTimeOffset? MeasuredAt { get; private set; }

    /// <summary>Takes a gateway's report of one period.</summary>
    /// <param name="inFlightSeconds">Time integral of requests on replicas and waiting.</param>
    /// <param name="waiting">Waiting at its end.</param>
    public void Observe(DateTimeOffset from, DateTimeOffset to, double inFlightSeconds, int waiting, ScalingSettings settings)
    {
        var seconds = (to - from).TotalSeconds;
        load.Add(to, seconds, inFlightSeconds, settings.Window);
        since ??= from;
        MeasuredAt = to;
        waited = waiting > 0 && seconds > 0 ? (to, seconds, inFlightSeconds / seconds) : default;
        if (inFlightSeconds > 0 || waiting > 0)
        {
            activeAt = to;
        }
    }

    /// <summary>Takes a sample of the ready replicas' resources, each in replicas (1 is one replica's whole limit); null: not measured.</summary>
    public void Observe(DateTimeOffset at, double seconds, int readyReplicas, double? cpuUsed, double? memoryUsed, double? gpuUsed, ScalingSettings settings)
    {
        ready = readyReplicas;
        foreach (var (window, used) in new[] { (cpu, cpuUsed), (memory, memoryUsed), (gpu, gpuUsed) })
        {
            if (used is { } amount)
            {
                window.Add(at, seconds, amount * seconds, settings.Window);
            }
        }
    }

    /// <summary>What is known now.</summary>
    public ScaleFacts Facts(ScalingSettings settings, DateTimeOffset now)
    {
        var burst = ScaleDecision.BurstWindow(settings);
        double? step = waited.To > now - burst ? waited.Mean : null;
        return new ScaleFacts(
            ready, load.Mean(settings.Window, now), load.Mean(burst, now), cpu.Mean(burst, now), memory.Mean(burst, now), gpu.Mean(burst, now), step, waited.Seconds);
    }

    /// <summary>Somebody asks for it: the time to zero begins anew.</summary>
    public void Woken(DateTimeOffset at) => activeAt = activeAt > at ? activeAt : at;

    /// <summary>What the set should have, given what it was last wished to have.</summary>
    /// <param name="wish">At least 1: a set at zero is woken, not scaled.</param>
    /// <returns>Null: nothing is measured, so nothing is decided.</returns>
    public ScaleVerdict? Decide(ScalingSettings settings, ScaleBounds bounds, int wish, DateTimeOffset now)
    {
        if (since is null)
        {
            return null;
        }

        if (bounds is { Min: 0, MayGoToZero: true } && IsIdle(settings, now))
        {
            return new ScaleVerdict(0, ScaleReasons.Idle, $"Nothing was asked for {settings.ScaleDownDelay.TotalSeconds:0.#} s.");
        }

        return settings.Enabled ? Follow(settings, bounds, wish, now) : new ScaleVerdict(wish, ScaleReasons.ByHand, "Autoscaling is off; the number is set by hand.");
    }

    private bool IsIdle(ScalingSettings settings, DateTimeOffset now)
    {
        var idleSince = activeAt > since!.Value ? activeAt : since.Value;
        return now - idleSince >= settings.ScaleDownDelay && now > idleSince;
    }

    private ScaleVerdict? Follow(ScalingSettings settings, ScaleBounds bounds, int wish, DateTimeOffset now)
    {
        var facts = Facts(settings, now);
        if (ScaleDecision.Of(settings, facts) is not { } demand)
        {
            return null;
        }

        // A burst is answered at once. Until a whole window has passed without one the set follows its last moments, for the window still remembers the calm before, and does not shrink.
        var last = ScaleDecision.OfLastMoments(settings, facts);
        if (last is not null && ScaleDecision.IsBurst(last, facts))
        {
            burstUntil = now + settings.Window;
        }

        if (now < burstUntil && last?.Replicas > demand.Replicas)
        {
            demand = last;
        }

        if (now < burstUntil && demand.Replicas < wish)
        {
            demand = new Demand(wish, ScaleReasons.Burst, "A burst is less than a window ago.");
        }

        peaks.Add(now, demand.Replicas);
        var least = Math.Max(1, bounds.Min);
        if (demand.Replicas > wish)
        {
            return demand.Replicas > bounds.Max
                ? new ScaleVerdict(Math.Max(least, bounds.Max), ScaleReasons.Maximum, $"{demand.Detail} That asks for {demand.Replicas}; the maximum is {bounds.Max}.")
                : new ScaleVerdict(Math.Max(least, demand.Replicas), demand.Reason, demand.Detail);
        }

        return demand.Replicas < wish ? Down(settings, bounds, least, wish, demand, now) : new ScaleVerdict(wish, demand.Reason == ScaleReasons.Burst ? ScaleReasons.Burst : ScaleReasons.Steady, demand.Detail);
    }

    private ScaleVerdict Down(ScalingSettings settings, ScaleBounds bounds, int least, int wish, Demand demand, DateTimeOffset now)
    {
        var known = now - since!.Value >= settings.ScaleDownDelay;
        var target = known ? Math.Max(peaks.HighestSince(now - settings.ScaleDownDelay), demand.Replicas) : wish;
        if (target >= wish)
        {
            return wish <= bounds.Max && wish > least
                ? new ScaleVerdict(wish, ScaleReasons.ScaleDownDelay, $"{demand.Detail} Fewer go when that stays so for {settings.ScaleDownDelay.TotalSeconds:0.#} s.")
                : Bounded(least, bounds, wish, demand);
        }

        if (settings.MaxScaleDownPercent is { } percent)
        {
            if (now - steppedDownAt < settings.Window)
            {
                return new ScaleVerdict(wish, ScaleReasons.ScaleDownRate, $"{demand.Detail} The next step down is a window after the last.");
            }

            target = Math.Max(target, wish - Math.Max(1, wish * percent / 100));
        }

        var bounded = Bounded(least, bounds, target, demand);
        if (bounded.Replicas < wish)
        {
            steppedDownAt = now;
        }

        return bounded;
    }

    private static ScaleVerdict Bounded(int least, ScaleBounds bounds, int target, Demand demand) => target <= least
        ? new ScaleVerdict(least, target == least ? demand.Reason : ScaleReasons.Minimum, target == least ? demand.Detail : $"{demand.Detail} The minimum is {least}.")
        : target > bounds.Max
            ? new ScaleVerdict(bounds.Max, ScaleReasons.Maximum, $"{demand.Detail} The maximum is {bounds.Max}.")
            : new ScaleVerdict(target, demand.Reason, demand.Detail);
}
