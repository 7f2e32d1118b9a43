namespace Slipway.Contracts;

/// <summary>How many replicas a deployment runs, and by what: settings that change in place.</summary>
/// <param name="Enabled">Whether the number follows the load. Off: it is set by hand (scale). With a minimum of 0 an idle deployment goes to zero either way.</param>
/// <param name="MinReplicas">0 or more; 0 lets an idle deployment go to zero.</param>
/// <param name="MaxReplicas">1 or more.</param>
/// <param name="AutoscalingWindowSeconds">Load is averaged over this time, 10 to 3,600.</param>
/// <param name="ScaleDownDelaySeconds">Fewer replicas only after they would have been enough for this long, 0 to 3,600.</param>
/// <param name="ConcurrencyTarget">Requests at a time that one replica is meant for, 1 or more.</param>
/// <param name="TargetUtilizationPercentage">Share of that target at which another replica is added, 1 to 100.</param>
/// <param name="MaxScaleDownRate">Most of the replicas that one step down may take, 1 to 50 %; steps are a window apart. Null: any number at once.</param>
/// <param name="TargetCpuPercentage">Of each replica's CPU, 1 to 100; null: not looked at.</param>
/// <param name="TargetMemoryPercentage">Of each replica's memory, 1 to 100; null: not looked at.</param>
/// <param name="TargetGpuPercentage">Of each replica's GPUs, 1 to 100; null: not looked at.</param>
/// <param name="Variants">Bounds of single variants, by name; null: none has its own. In a request a variant with null loses its own, and one that is not named keeps them.</param>
public sealed record AutoscalingSettings(
    bool Enabled, int MinReplicas, int MaxReplicas, double AutoscalingWindowSeconds, double ScaleDownDelaySeconds, int ConcurrencyTarget, int TargetUtilizationPercentage,
    int? MaxScaleDownRate, int? TargetCpuPercentage, int? TargetMemoryPercentage, int? TargetGpuPercentage,
    IReadOnlyDictionary<string, VariantBoundsInfo>? Variants = null);

/// <summary>Changes some of <see cref="AutoscalingSettings"/>. Absent members stay as they are; 0 takes an optional one away.</summary>
public sealed record AutoscalingRequest(
    bool? Enabled = null, int? MinReplicas = null, int? MaxReplicas = null, double? AutoscalingWindowSeconds = null, double? ScaleDownDelaySeconds = null,
    int? ConcurrencyTarget = null, int? TargetUtilizationPercentage = null, int? MaxScaleDownRate = null, int? TargetCpuPercentage = null,
    int? TargetMemoryPercentage = null, int? TargetGpuPercentage = null, IReadOnlyDictionary<string, VariantBoundsInfo?>? Variants = null);

/// <param name="Status">ACCEPTED, QUEUED (in force once the deployment runs) or UNCHANGED.</param>
public sealed record AutoscalingUpdate(string Status, string Message, AutoscalingSettings Settings);

/// <summary>Settings, and what the autoscaler makes of them now.</summary>
public sealed record AutoscalingInfo(AutoscalingSettings Settings, IReadOnlyList<SetScaleInfo> Sets);

/// <summary>One replica set as the autoscaler sees it.</summary>
/// <param name="Wish">Replicas that the load asks for; null: nobody has decided yet.</param>
/// <param name="Planned">Replicas that should be there: the wish inside all bounds.</param>
/// <param name="Reason">From the closed list: steady, concurrency, burst, cpu, memory, gpu, scale_down_delay, scale_down_rate, minimum, maximum, by_hand, idle, held_at_zero, woken_by_request,
/// woken_by_person, no_data.</param>
/// <param name="Since">Of the wish.</param>
/// <param name="Concurrency">Requests on replicas and waiting, averaged over the window; null: nothing measured.</param>
/// <param name="BurstConcurrency">The same over a tenth of the window.</param>
/// <param name="CpuPercentage">Of the replicas' CPU, mean of those that are ready.</param>
/// <param name="ColdStartSeconds">From the wake to the first ready replica, the last time.</param>
public sealed record SetScaleInfo(
    string ReplicaSet, int Revision, string Variant, int? Wish, int Planned, int Ready, string Reason, string Detail, DateTimeOffset? Since, double? Concurrency,
    double? BurstConcurrency, double? CpuPercentage, double? MemoryPercentage, int Queued, int Parked, double? ColdStartSeconds);
