namespace Slipway.Contracts;

/// <summary>A training job that runs by itself.</summary>
/// <param name="Status">active, paused or deleting.</param>
/// <param name="Experiment">Name of the experiment of its runs; made at the first run when absent.</param>
/// <param name="Cron">Five fields: minute, hour, day of month, month, day of week.</param>
/// <param name="TimeZone">Name in the time zone database, such as Europe/Berlin.</param>
/// <param name="NextRunAt">Null while it is paused, and when no time is left.</param>
/// <param name="Parameters">A JSON object, given to the command as a file and a variable.</param>
/// <param name="Variables">Plain environment variables of the command.</param>
/// <param name="TimeoutSeconds">The command is ended after it.</param>
/// <param name="GraceSeconds">How late an execution may begin when no server ran at its time; later it is missed.</param>
/// <param name="Current">The execution that has not ended; null: none.</param>
/// <param name="Last">The last one that was fired and has ended; null: none.</param>
/// <param name="Etag">For If-Match.</param>
public sealed record ScheduleInfo(
    string Name, string? Description, string Owner, string Status, string Experiment, string Cron, string TimeZone, DateTimeOffset? NextRunAt, JobPackageInfo Package,
    JsonElement Parameters, IReadOnlyDictionary<string, string> Variables, double TimeoutSeconds, double CpuCores, int MemoryMib, double GraceSeconds,
    ExecutionInfo? Current, ExecutionInfo? Last, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, string Etag);

/// <summary>The package that a schedule runs.</summary>
/// <param name="Command">Program and arguments.</param>
/// <param name="Status">queued (its environment is being made), ready or failed.</param>
/// <param name="Lock">Resolved requirements, one <c>name==version</c> a line; null until resolved.</param>
/// <param name="Error">Names the requirement that failed; the next execution tries again.</param>
public sealed record JobPackageInfo(
    string Digest, long SizeBytes, IReadOnlyList<VersionFileInfo> Files, IReadOnlyList<string> Command, string BaseImage, IReadOnlyList<string> Requirements, string Status,
    string? Lock, string? Error, IReadOnlyList<string> Warnings, string CreatedBy, DateTimeOffset CreatedAt);

/// <summary>Makes a schedule of a complete upload.</summary>
/// <param name="UploadId">A package folder with a command: <c>job.command</c> in its config.yaml, or a file train.py.</param>
/// <param name="TimeZone">Left out: UTC.</param>
/// <param name="BaseImage">Left out: what config.yaml names, else python.</param>
/// <param name="CpuCores">Left out: <c>resources.cpu</c> of config.yaml, else 1.</param>
/// <param name="MemoryMib">Left out: <c>resources.memory</c> of config.yaml, else 1024.</param>
public sealed record CreateScheduleRequest(
    string Name, string Experiment, string Cron, string UploadId, string? TimeZone = null, string? Description = null, string? BaseImage = null, JsonElement? Parameters = null,
    IReadOnlyDictionary<string, string>? Variables = null, double? TimeoutSeconds = null, double? CpuCores = null, int? MemoryMib = null, double? GraceSeconds = null,
    bool Paused = false);

/// <summary>Changes a schedule; what is left out stays. The next run is computed anew from now on.</summary>
/// <param name="UploadId">Another package.</param>
/// <param name="BaseImage">Of that package; without one, of the present package, whose requirements are then resolved anew.</param>
public sealed record UpdateScheduleRequest(
    string? Experiment = null, string? Cron = null, string? TimeZone = null, string? Description = null, string? UploadId = null, string? BaseImage = null,
    JsonElement? Parameters = null, IReadOnlyDictionary<string, string>? Variables = null, double? TimeoutSeconds = null, double? CpuCores = null, int? MemoryMib = null,
    double? GraceSeconds = null);

/// <summary>The next times of a cron expression.</summary>
/// <param name="Times">In order, with the offset that the zone has then.</param>
public sealed record CronPreview(string Cron, string TimeZone, IReadOnlyList<DateTimeOffset> Times);

/// <summary>The record of one due time, or of one "run now".</summary>
/// <param name="Trigger">schedule or manual.</param>
/// <param name="DueAt">The planned time; null of a manual one.</param>
/// <param name="StartedBy">Who said "run now"; null otherwise.</param>
/// <param name="Status">queued, preparing, running, stopping, succeeded, failed, cancelled, timed_out, skipped or missed.</param>
/// <param name="Reason">overlap, server_down, paused, build_failed, start_failed, exit_code, signal, memory_limit, timed_out, cancelled, server_stopped, owner_disabled, experiment_gone, schedule_deleted or unknown; null: nothing to say.</param>
/// <param name="Detail">The reason in a sentence.</param>
/// <param name="StartedAt">When its command began.</param>
/// <param name="DurationSeconds">From the start of its command to its end, or until now; null before it began.</param>
/// <param name="CpuSeconds">CPU time of its processes.</param>
/// <param name="PeakMemoryBytes">Highest resident memory of its processes.</param>
/// <param name="RunId">The run that was opened for it.</param>
/// <param name="Package">Digest of what it ran; null when nothing was to be started.</param>
/// <param name="StoppedBy">Who cancelled it; null: nobody.</param>
/// <param name="LogBytes">Size of its output.</param>
public sealed record ExecutionInfo(
    string Schedule, int Number, string Trigger, DateTimeOffset? DueAt, string? StartedBy, string Status, string? Reason, string? Detail, DateTimeOffset CreatedAt,
    DateTimeOffset? StartedAt, DateTimeOffset? FinishedAt, double? DurationSeconds, int? ExitCode, int? ExitSignal, double? CpuSeconds, long? PeakMemoryBytes, string? RunId,
    string Experiment, string? Package, string? StoppedBy, long LogBytes);
