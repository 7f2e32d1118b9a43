using System.Globalization;
using Slipway.Server.Deployments;

namespace Slipway.Server.Autoscaling;

/// <summary>What is known of the load of one replica set. Null: not measured, so it says nothing.</summary>
/// <param name="Ready">Replicas that answer.</param>
/// <param name="Concurrency">Requests on replicas and waiting, mean over the window.</param>
/// <param name="Burst">The same over a tenth of the window.</param>
/// <param name="Step">The same over the newest report alone, when requests still waited at its end: a load that has just begun. Null: none waited.</param>
/// <param name="StepSeconds">Length of that report.</param>
/// <param name="Cpu">CPU in use over all ready replicas, in replicas: 1 is one replica's whole limit.</param>
/// <param name="Memory">Memory in use, likewise.</param>
/// <param name="Gpu">GPU in use, likewise.</param>
internal sealed record ScaleFacts(int Ready, double? Concurrency, double? Burst, double? Cpu, double? Memory, double? Gpu, double? Step = null, double StepSeconds = 0);

/// <summary>Replicas that one of the measures asks for.</summary>
/// <param name="Reason">One of <see cref="ScaleReasons"/>.</param>
internal sealed record Demand(int Replicas, string Reason, string Detail);

/// <summary>How many replicas a load asks for, as functions: no clock, no I/O, no bounds.</summary>
internal static class ScaleDecision
{
    /// <summary>How much of the load of a burst must be more than the replicas are for. Knative's panic threshold, 200 %.</summary>
    public const double BurstThreshold = 2;

    /// <summary>A resource this near to its target changes nothing. The tolerance of Kubernetes' horizontal pod autoscaler, 10 %.</summary>
    public const double Tolerance = 0.1;

    /// <summary>The largest demand over all measures that the settings name; null when nothing is measured.</summary>
    public static Demand? Of(ScalingSettings settings, ScaleFacts facts)
    {
        Demand?[] demands =
        [
            facts.Concurrency is { } load ? ByConcurrency(settings, load, settings.Window, ScaleReasons.Concurrency) : null,
            ByResource(settings.TargetCpuPercent, facts.Cpu, facts.Ready, ScaleReasons.Cpu),
            ByResource(settings.TargetMemoryPercent, facts.Memory, facts.Ready, ScaleReasons.Memory),
            ByResource(settings.TargetGpuPercent, facts.Gpu, facts.Ready, ScaleReasons.Gpu),
        ];
        return demands.OfType<Demand>().MaxBy(d => d.Replicas);   // of equals the first
    }

    /// <summary>What the load of the last moments asks for, burst or not; null when nothing was measured of them.</summary>
    public static Demand? OfLastMoments(ScalingSettings settings, ScaleFacts facts)
    {
        Demand?[] demands =
        [
            facts.Burst is { } load ? ByConcurrency(settings, load, BurstWindow(settings), ScaleReasons.Burst) : null,
            facts.Step is { } step ? ByConcurrency(settings, step, TimeSpan.FromSeconds(facts.StepSeconds), ScaleReasons.Burst) : null,
        ];
        return demands.OfType<Demand>().MaxBy(d => d.Replicas);
    }

    /// <summary>So much more than the ready replicas are for that it cannot wait.</summary>
    public static bool IsBurst(Demand demand, ScaleFacts facts) => demand.Replicas >= BurstThreshold * Math.Max(1, facts.Ready);

    /// <summary>A tenth of the window, at least a second: Knative's panic window.</summary>
    public static TimeSpan BurstWindow(ScalingSettings settings) => TimeSpan.FromSeconds(Math.Max(1, settings.Window.TotalSeconds / 10));

    /// <summary>Requests at a time for which one replica is enough.</summary>
    public static double PerReplica(ScalingSettings settings) => settings.ConcurrencyTarget * settings.TargetUtilizationPercent / 100.0;

    /// <remarks>Source: ceil(observed / (target × utilisation)), the rule of the Knative pod autoscaler.</remarks>
    public static Demand ByConcurrency(ScalingSettings settings, double load, TimeSpan window, string reason)
    {
        var each = PerReplica(settings);
        return new Demand(
            (int)Math.Ceiling(Math.Min(load / each, 1_000_000)), reason,
            string.Create(CultureInfo.InvariantCulture, $"{load:0.##} requests at a time over {window.TotalSeconds:0.#} s; a replica is for {each:0.##}."));
    }

    /// <param name="used">In replicas: the sum over the ready ones of their share in use.</param>
    /// <remarks>Source: ceil(current × observed / target), no change within 10 %: the rule of Kubernetes' horizontal pod autoscaler.</remarks>
    private static Demand? ByResource(int? targetPercent, double? used, int ready, string reason)
    {
        if (targetPercent is not { } target || used is not { } share || ready == 0)
        {
            return null;
        }

        var wanted = share * 100 / target;
        var count = Math.Abs((wanted / ready) - 1) <= Tolerance ? ready : (int)Math.Ceiling(wanted);
        return new Demand(Math.Max(1, count), reason, string.Create(CultureInfo.InvariantCulture, $"{share * 100 / ready:0} % of {reason} in use on {ready} replicas; the target is {target} %."));
    }
}
