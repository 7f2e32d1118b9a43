namespace Slipway.Server.Schedules;

/// <summary>
/// The record of one due time, or of one "run now". Written before anything of it exists: what runs is known here. Each due time of a schedule has exactly one.
/// </summary>
internal sealed class Execution
{
    public Guid Id { get; init; }

    public Guid ScheduleId { get; init; }

    /// <summary>1, 2, … in its schedule.</summary>
    public int Number { get; init; }

    /// <summary>The time that it was due; null: somebody said "run now".</summary>
    public DateTimeOffset? DueAt { get; init; }

    /// <summary>Who said "run now".</summary>
    public string? StartedBy { get; init; }

    public ExecutionStatus Status { get; private set; }

    /// <summary>One of <see cref="ExecutionReason"/>; null unless there is something to say.</summary>
    public string? Reason { get; private set; }

    /// <summary>The reason in a sentence.</summary>
    public string? Detail { get; private set; }

    /// <summary>What it runs; null when nothing was to be started.</summary>
    public Guid? PackageId { get; init; }

    public required string Experiment { get; init; }

    public required string ParametersJson { get; init; }

    public required string VariablesJson { get; init; }

    public TimeSpan Timeout { get; init; }

    public double CpuCores { get; init; }

    public int MemoryMib { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When its command began.</summary>
    public DateTimeOffset? StartedAt { get; private set; }

    /// <summary>Null: it is not over.</summary>
    public DateTimeOffset? FinishedAt { get; private set; }

    /// <summary>The folder of this start; stored before it is made.</summary>
    public string? Folder { get; private set; }

    /// <summary>The supervisor of its command; stored before the command begins.</summary>
    public int? Pid { get; private set; }

    public long? StartTimeTicks { get; private set; }

    /// <summary>The operating-system user that it runs as; null: the server's own.</summary>
    public int? UserId { get; private set; }

    /// <summary>The key that its command has; null when it has none (any more).</summary>
    public Guid? KeyId { get; private set; }

    /// <summary>The run that was opened for it.</summary>
    public string? RunId { get; private set; }

    /// <summary>Number of the experiment that it was opened in, as clients know it.</summary>
    public string? ExperimentId { get; private set; }

    /// <summary>Why it is being told to end; stored before the signal.</summary>
    public string? StopReason { get; private set; }

    public string? StoppedBy { get; private set; }

    public DateTimeOffset? StoppingSince { get; private set; }

    public int? ExitCode { get; private set; }

    public int? ExitSignal { get; private set; }

    /// <summary>CPU time of its processes, seconds.</summary>
    public double? CpuSeconds { get; private set; }

    /// <summary>Highest resident memory of its processes.</summary>
    public long? PeakMemoryBytes { get; private set; }

    public bool IsOpen => FinishedAt is null;

    public static string ResourceOf(string schedule, int number) => $"schedules/{schedule}/executions/{number}";

    /// <summary>What a due time or a "run now" has become.</summary>
    public static Execution Of(Schedule schedule, DateTimeOffset? dueAt, DueOutcome outcome, string? startedBy, DateTimeOffset now)
    {
        var settings = schedule.Settings;
        var execution = new Execution
        {
            Id = Guid.CreateVersion7(now), ScheduleId = schedule.Id, Number = schedule.TakeNumber(), DueAt = dueAt, StartedBy = startedBy, CreatedAt = now,
            PackageId = outcome == DueOutcome.Fired ? schedule.PackageId : null, Experiment = schedule.Experiment, ParametersJson = settings.ParametersJson,
            VariablesJson = settings.VariablesJson, Timeout = settings.Timeout, CpuCores = settings.CpuCores, MemoryMib = settings.MemoryMib,
        };
        switch (outcome)
        {
            case DueOutcome.Overlap:
                execution.End(ExecutionStatus.Skipped, ExecutionReason.Overlap, "The execution before it had not ended.", now);
                break;
            case DueOutcome.ServerDown:
                execution.End(ExecutionStatus.Missed, ExecutionReason.ServerDown, "No server was running at this time, nor within the grace after it.", now);
                break;
            case DueOutcome.Paused:
                execution.End(ExecutionStatus.Missed, ExecutionReason.Paused, "The schedule was paused.", now);
                break;
            default:
                break;
        }

        return execution;
    }

    public void Prepare() => Status = ExecutionStatus.Preparing;

    /// <summary>A start begins, or begins anew after its server has died.</summary>
    public void Begin(string folder, int? userId) => (Folder, UserId, Pid, StartTimeTicks) = (folder, userId, null, null);

    public void Give(Guid? key) => KeyId = key;

    public void Open(string run, string experiment) => (RunId, ExperimentId) = (run, experiment);

    public void Spawned(int pid, long startTimeTicks) => (Pid, StartTimeTicks) = (pid, startTimeTicks);

    public void Run(DateTimeOffset now) => (Status, StartedAt) = (ExecutionStatus.Running, now);

    /// <summary>Asks for its end; the loop sees to it.</summary>
    public void RequestStop(string reason, string? by)
    {
        StopReason ??= reason;
        StoppedBy ??= by;
    }

    public void Stop(DateTimeOffset now) => (Status, StoppingSince) = (ExecutionStatus.Stopping, now);

    public void Use(double cpuSeconds, long residentBytes)
    {
        CpuSeconds = Math.Max(CpuSeconds ?? 0, cpuSeconds);
        PeakMemoryBytes = Math.Max(PeakMemoryBytes ?? 0, residentBytes);
    }

    public void Exit(int? code, int? signal) => (ExitCode, ExitSignal) = (code, signal);

    public void End(ExecutionStatus status, string? reason, string? detail, DateTimeOffset now) => (Status, Reason, Detail, FinishedAt) = (status, reason, detail, now);
}
