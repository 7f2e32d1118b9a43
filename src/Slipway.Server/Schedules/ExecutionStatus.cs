namespace Slipway.Server.Schedules;

/// <summary>How an execution stands. The diagram is in README.md.</summary>
internal enum ExecutionStatus
{
    Queued,

    /// <summary>Its environment is made, its files are unpacked.</summary>
    Preparing,
    Running,

    /// <summary>It was told to end.</summary>
    Stopping,

    Succeeded,
    Failed,
    Cancelled,
    TimedOut,

    /// <summary>Its time came while the one before was running; nothing was started.</summary>
    Skipped,

    /// <summary>Its time passed while no server ran, or while the schedule was paused; nothing was started.</summary>
    Missed,
}

/// <summary>Why an execution ended as it did: the closed list, the same words in API, log and UI.</summary>
internal static class ExecutionReason
{
    public const string Overlap = "overlap";
    public const string ServerDown = "server_down";
    public const string Paused = "paused";
    public const string BuildFailed = "build_failed";
    public const string StartFailed = "start_failed";
    public const string ExitCode = "exit_code";
    public const string Signal = "signal";
    public const string MemoryLimit = "memory_limit";
    public const string TimedOut = "timed_out";
    public const string Cancelled = "cancelled";
    public const string ServerStopped = "server_stopped";
    public const string OwnerDisabled = "owner_disabled";
    public const string ExperimentGone = "experiment_gone";
    public const string ScheduleDeleted = "schedule_deleted";
    public const string Unknown = "unknown";
}

internal static class ExecutionStatuses
{
    public static string WireName(this ExecutionStatus status) => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(status.ToString());

    /// <summary>Reads a wire name; null when there is no such status.</summary>
    public static ExecutionStatus? Parse(string name) =>
        Enum.GetValues<ExecutionStatus>().Where(s => s.WireName() == name).Select(s => (ExecutionStatus?)s).FirstOrDefault();

    /// <summary>Whether something was started, or will be.</summary>
    public static bool IsFired(this ExecutionStatus status) => status is not (ExecutionStatus.Skipped or ExecutionStatus.Missed);
}
