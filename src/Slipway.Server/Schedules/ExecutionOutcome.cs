using Slipway.Server.Replicas;
using Slipway.Server.Replicas.Jobs;

namespace Slipway.Server.Schedules;

/// <summary>How an execution ended, from all that can be known afterwards. Pure.</summary>
internal sealed record ExecutionOutcome(ExecutionStatus Status, string? Reason, string? Detail)
{
    /// <param name="exit">What the supervisor wrote; null: it could not, or nothing was started.</param>
    /// <param name="outOfMemory">The kernel killed one of its processes for want of memory.</param>
    public static ExecutionOutcome Of(Execution execution, JobExitFile? exit, bool outOfMemory)
    {
        if (execution.StopReason is { } stop && exit is null or { Reason: "stopped" })
        {
            return Stopped(stop, execution);
        }

        return exit switch
        {
            { Reason: "timed_out" } => Stopped(ExecutionReason.TimedOut, execution),
            { Reason: "exited", Code: 0 } => new(ExecutionStatus.Succeeded, null, null),
            not null when outOfMemory => Failed(ExecutionReason.MemoryLimit, $"It met its memory limit of {execution.MemoryMib} MiB."),
            { Reason: "start_failed" } => Failed(ExecutionReason.StartFailed, exit.Message ?? "The command could not be started."),
            { Signal: { } signal } => Failed(ExecutionReason.Signal, $"The command was ended by signal {signal}."),
            { Code: { } code } => Failed(ExecutionReason.ExitCode, $"The command ended with exit code {code}; the log says why."),
            _ when outOfMemory => Failed(ExecutionReason.MemoryLimit, $"It met its memory limit of {execution.MemoryMib} MiB."),
            _ => Failed(ExecutionReason.Unknown, "Its supervisor ended without a word."),
        };
    }

    /// <summary>One that could not be started.</summary>
    public static ExecutionOutcome Failed(string reason, string detail) => new(ExecutionStatus.Failed, reason, ExitReason.Short(detail));

    private static ExecutionOutcome Stopped(string reason, Execution execution) => reason switch
    {
        ExecutionReason.TimedOut => new(ExecutionStatus.TimedOut, reason, $"It ran longer than its {execution.Timeout.TotalSeconds:0.#} s and was ended."),
        ExecutionReason.ServerStopped => new(ExecutionStatus.Failed, reason, "The server was stopped while it ran."),
        ExecutionReason.ScheduleDeleted => new(ExecutionStatus.Cancelled, reason, $"Its schedule was deleted by {execution.StoppedBy}."),
        _ => new(ExecutionStatus.Cancelled, reason, $"It was cancelled by {execution.StoppedBy}."),
    };
}
