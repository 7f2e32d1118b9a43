namespace Slipway.Server.Replicas;

/// <summary>What the loop does next with one replica.</summary>
internal enum ReplicaStep
{
    None,

    /// <summary>Start its process, or find the one that an earlier server started.</summary>
    Start,

    /// <summary>Open the control connection.</summary>
    Connect,

    MarkLoading,
    MarkReady,

    /// <summary>Tell it to finish and end.</summary>
    Drain,

    Kill,

    /// <summary>Its process has ended: store why, and forget it or let it back off.</summary>
    End,

    /// <summary>The back-off is over: a new start.</summary>
    Restart,

    /// <summary>It never had a process and is not wanted any more.</summary>
    Forget,
}

/// <summary>How far the control connection has come.</summary>
internal enum LinkPhase
{
    /// <summary>There is no connection object yet.</summary>
    None,
    Connecting,
    Connected,
    Loaded,

    /// <summary>The replica said that it could not load; it ends by itself.</summary>
    Failed,

    /// <summary>The replica, or what listens in its place, refused us.</summary>
    Refused,
}

/// <summary>What is known of one replica at one moment.</summary>
/// <param name="HasProcess">Its pid is stored; of a hosted one: this server hosts it.</param>
/// <param name="Alive">That very process runs (pid and start time; a zombie does not).</param>
/// <param name="ExitKnown">Its exit file is there.</param>
/// <param name="DeadFor">Since the loop first saw that it does not run; null: it runs.</param>
/// <param name="Silent">Since its last sign of life on the control connection; null: not measured.</param>
/// <param name="InsideDeadline">Requests in flight that may still be answered in time; null: nobody knows.</param>
/// <param name="KillReason">Stored reason to kill it; null: none.</param>
internal sealed record ReplicaFacts(
    ReplicaState State, bool HasProcess, bool Alive, bool ExitKnown, TimeSpan? DeadFor, LinkPhase Link, TimeSpan? FailedFor, TimeSpan? Silent, int? InsideDeadline,
    string? KillReason, DateTimeOffset StartedAt, DateTimeOffset? DrainingSince, DateTimeOffset? RetryAt)
{
    /// <summary>There is little room on the disk, and the process has written the most of it.</summary>
    public bool FillsDisk { get; init; }

    /// <summary>Its folder has more in it than its storage limit allows.</summary>
    public bool ExceedsStorage { get; init; }
}

/// <param name="Reason">Of a kill, from the list of <see cref="ReplicaExit"/>.</param>
internal readonly record struct ReplicaAction(ReplicaStep Step, string? Reason = null);

/// <summary>The life of one replica as a function: no clock, no I/O. See the state diagram in README.md.</summary>
internal static class ReplicaDecision
{
    /// <summary>How long the exit file of a process that has gone is waited for: its parent writes it a moment after the end.</summary>
    public static readonly TimeSpan ExitFileWait = TimeSpan.FromSeconds(1);

    /// <summary>How long a replica that failed to load may take to end by itself.</summary>
    public static readonly TimeSpan Farewell = TimeSpan.FromSeconds(7);

    /// <param name="health">How the deployment is watched; null: by the options.</param>
    public static ReplicaAction Next(ReplicaFacts facts, DateTimeOffset now, ReplicasOptions options, HealthChecks? health = null)
    {
        if (facts.State == ReplicaState.BackingOff)
        {
            return new(now >= facts.RetryAt ? ReplicaStep.Restart : ReplicaStep.None);
        }

        if (!facts.HasProcess)
        {
            // One that was loading or ready without a process of its own was hosted by a server that has gone.
            return new(facts.State switch
            {
                ReplicaState.Draining => ReplicaStep.Forget,
                ReplicaState.Starting => ReplicaStep.Start,
                _ => ReplicaStep.Restart,
            });
        }

        if (!facts.Alive)
        {
            return new(facts.ExitKnown || facts.DeadFor >= ExitFileWait ? ReplicaStep.End : ReplicaStep.None);
        }

        if (facts.KillReason is not null)
        {
            return new(ReplicaStep.Kill, facts.KillReason);   // stored, but the signal may not have been sent
        }

        return facts.State == ReplicaState.Draining ? NextOfDraining(facts, now, options) : NextOfRunning(facts, now, (health ?? new HealthChecks()).Or(options));
    }

    /// <summary>Pause after the given number of failures in a row (1 or more): it doubles each time, up to the longest.</summary>
    public static TimeSpan BackOff(int failures, ReplicasOptions options)
    {
        var pause = options.FirstBackOff * Math.Pow(2, Math.Clamp(failures - 1, 0, 30));
        return pause < options.LongestBackOff ? pause : options.LongestBackOff;
    }

    private static ReplicaAction NextOfDraining(ReplicaFacts facts, DateTimeOffset now, ReplicasOptions options)
    {
        var since = now - facts.DrainingSince;
        if (since >= options.DrainTimeout)
        {
            return new(ReplicaStep.Kill, "drained");
        }

        return facts.Link == LinkPhase.None ? new(ReplicaStep.Connect) : new(since >= options.DrainDelay ? ReplicaStep.Drain : ReplicaStep.None);
    }

    /// <summary>A ready replica that is silent, while nobody may still wait for its answer: it gets no requests. Missing data is no decision.</summary>
    public static bool IsUnresponsive(ReplicaFacts facts, HealthChecks health) =>
        facts is { State: ReplicaState.Ready, Alive: true, KillReason: null, InsideDeadline: 0 } && facts.Silent >= health.StopTraffic;

    private static ReplicaAction NextOfRunning(ReplicaFacts facts, DateTimeOffset now, HealthChecks health) => facts switch
    {
        { ExceedsStorage: true } when facts.Link != LinkPhase.Failed => new(ReplicaStep.Kill, ExitReason.StorageLimit),
        { FillsDisk: true, State: ReplicaState.Ready } => new(ReplicaStep.Kill, ExitReason.OutOfDisk),

        // Nothing can be stored until it goes, and it serves nobody yet.
        { FillsDisk: true } => new(ReplicaStep.Kill, facts.Link == LinkPhase.Failed ? "load_failed" : ExitReason.FilledDisk),
        { Link: LinkPhase.None } => new(ReplicaStep.Connect),
        { Link: LinkPhase.Refused } => new(ReplicaStep.Kill, "start_failed"),
        { Link: LinkPhase.Failed } => facts.FailedFor >= Farewell ? new(ReplicaStep.Kill, "load_failed") : new(ReplicaStep.None),
        { State: ReplicaState.Ready } when facts.Silent >= health.Restart && facts.InsideDeadline == 0 => new(ReplicaStep.Kill, "hung"),
        { State: ReplicaState.Ready } => new(ReplicaStep.None),
        { Link: LinkPhase.Loaded } => new(ReplicaStep.MarkReady),
        _ when now - facts.StartedAt >= health.Startup => new(ReplicaStep.Kill, "start_failed"),
        { State: ReplicaState.Starting, Link: LinkPhase.Connected } => new(ReplicaStep.MarkLoading),
        _ => new(ReplicaStep.None),
    };
}
