namespace Slipway.Server.Schedules;

/// <summary>The next step with one execution.</summary>
internal enum ExecutionStep
{
    None,

    /// <summary>Make its environment and start it; also what an earlier server has begun.</summary>
    Prepare,

    /// <summary>Break off what is preparing it.</summary>
    BreakOff,

    /// <summary>Store that it is told to end.</summary>
    Stop,

    /// <summary>SIGTERM to its supervisor, which passes it on.</summary>
    Terminate,

    /// <summary>SIGKILL to everything but its supervisor, which then says how it ended.</summary>
    Kill,

    /// <summary>SIGKILL to the supervisor as well.</summary>
    KillSupervisor,

    /// <summary>It is over: store how.</summary>
    Finish,
}

/// <summary>What is known of one execution that has not ended.</summary>
/// <param name="StopRequested">Somebody wants its end.</param>
/// <param name="IsPreparedHere">This server is preparing it now.</param>
/// <param name="HasPlace">Another job may run.</param>
/// <param name="IsAlive">Its supervisor runs.</param>
internal sealed record ExecutionFacts(
    ExecutionStatus Status, bool StopRequested, bool IsPreparedHere, bool HasPlace, bool IsAlive, DateTimeOffset? StartedAt, TimeSpan Timeout, DateTimeOffset? StoppingSince);

/// <summary>What to do next with an execution.</summary>
internal static class ExecutionDecision
{
    /// <summary>The supervisor holds time-out and SIGKILL itself; the server steps in only this much later.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static ExecutionStep Of(ExecutionFacts facts, DateTimeOffset now, TimeSpan stopGrace) => facts.Status switch
    {
        ExecutionStatus.Queued or ExecutionStatus.Preparing when facts.IsPreparedHere => facts.StopRequested ? ExecutionStep.BreakOff : ExecutionStep.None,
        ExecutionStatus.Queued when facts.StopRequested => ExecutionStep.Finish,
        ExecutionStatus.Queued when facts.HasPlace => ExecutionStep.Prepare,
        ExecutionStatus.Preparing => facts.StopRequested ? ExecutionStep.Finish : ExecutionStep.Prepare,
        ExecutionStatus.Running or ExecutionStatus.Stopping when !facts.IsAlive => ExecutionStep.Finish,
        ExecutionStatus.Running when facts.StopRequested || IsOverdue(facts, now, stopGrace) => ExecutionStep.Stop,
        ExecutionStatus.Stopping when now >= facts.StoppingSince + stopGrace + (2 * Patience) => ExecutionStep.KillSupervisor,
        ExecutionStatus.Stopping when now >= facts.StoppingSince + stopGrace + Patience => ExecutionStep.Kill,
        ExecutionStatus.Stopping => ExecutionStep.Terminate,
        _ => ExecutionStep.None,
    };

    private static bool IsOverdue(ExecutionFacts facts, DateTimeOffset now, TimeSpan stopGrace) =>
        facts.StartedAt is { } started && now >= started + facts.Timeout + stopGrace + Patience;
}
