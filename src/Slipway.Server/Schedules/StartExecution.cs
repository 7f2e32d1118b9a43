using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Slipway.Server.Artifacts;
using Slipway.Server.Identity;
using Slipway.Server.Packages;
using Slipway.Server.Platform;
using Slipway.Server.Replicas;
using Slipway.Server.Replicas.Jobs;
using Slipway.Server.Runtimes;

namespace Slipway.Server.Schedules;

/// <summary>
/// Brings a stored execution to a running command. Steps, each of which may be the last one that a dying server takes: 1 take over what an earlier server has released, or
/// abandon what it had only begun, 2 the environment, 3 store folder and user, 4 make the folder and unpack the package, 5 open the run and issue the key, 6 start the supervisor and store who
/// it is, 7 put it under its limits and release the command. A command that was released is never started again.
/// </summary>
internal sealed class StartExecution(
    Database database, Writes writes, IArtifactStore store, JobEnvironments environments, JobFolders folders, JobProcesses processes, PythonSdk sdk, JobKeys keys, JobRuns runs,
    ServerAddress address, IOptions<SchedulesOptions> options, TimeProvider time)
{
    /// <summary>How long a supervisor waits for the server's word.</summary>
    private static readonly TimeSpan GoTimeout = TimeSpan.FromMinutes(10);

    /// <summary>A key outlives its job's time-out by this, for the last words.</summary>
    private static readonly TimeSpan KeySlack = TimeSpan.FromMinutes(10);

    /// <exception cref="JobStartException">It could not be started; whoever ends the execution cleans up.</exception>
    public async Task RunAsync(Guid id, CancellationToken cancellationToken)
    {
        var (execution, schedule, package) = await LoadAsync(id, cancellationToken);

        // 1
        if (execution is not { IsOpen: true, Status: ExecutionStatus.Queued or ExecutionStatus.Preparing })
        {
            return;   // whoever asked had read it earlier
        }

        if (execution.Folder is { } earlier)
        {
            if (folders.IsReleased(earlier))
            {
                await ChangeAsync(id, schedule.Name, e => e.Run(time.GetUtcNow()), cancellationToken);
                return;
            }

            Abandon(execution, earlier);
        }

        await ChangeAsync(id, schedule.Name, e => e.Prepare(), cancellationToken);

        // 2
        var log = new BuildLog(folders.PrepareLog(id), time);
        var environment = await environments.EnsureAsync(package.Id, log, cancellationToken);
        if (environment.Refusal is { } failed)
        {
            await log.WriteAsync($"FAILED: {failed.Detail}");
            throw new JobStartException(ExecutionReason.BuildFailed, failed.Detail);
        }

        try
        {
            await StartAsync(execution, schedule, package, environment.Value.Interpreter, log, cancellationToken);
        }
        catch (IOException exception) when (NoSpaceFault.Is(exception))
        {
            throw new JobStartException(ExecutionReason.StartFailed, "The server's disk is full.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ReplicaStartException)
        {
            throw new JobStartException(ExecutionReason.StartFailed, exception.Message);
        }
    }

    private async Task StartAsync(
        Execution execution, Schedule schedule, JobPackage package, string interpreter, BuildLog log, CancellationToken cancellationToken)
    {
        var id = execution.Id;
        var sdkFolder = sdk.Ensure();

        // 3
        var user = await processes.UserForAsync(schedule.Name, schedule.UserId, interpreter, sdkFolder, cancellationToken);
        var folder = JobFolders.NewName();
        await ChangeAsync(id, schedule.Name, e => e.Begin(folder, user?.UserId), cancellationToken);
        Failpoints.Pass("schedules.after_begin");

        // 4
        folders.Make(folder, interpreter);
        var files = new PackageFiles(store, [.. package.Files.Select(f => (f.Path, f.SizeBytes, Digest.Parse(f.Sha256)))]);
        await files.WriteAsync(folders.WorkOf(folder), _ => true, cancellationToken);
        await File.WriteAllTextAsync(Path.Combine(folders.PathOf(folder), "parameters.json"), execution.ParametersJson, cancellationToken);

        // 5
        var identity = await IdentifyAsync(execution, schedule, cancellationToken);
        var command = Command(package.Command, interpreter);
        folders.Write(folder, new JobSpecFile(
            command, folders.WorkOf(folder),
            JobVariables.Of(execution, schedule.Name, package.VariablesJson, folders.PathOf(folder), interpreter, sdkFolder, address.Current, identity.RunId, identity.ExperimentId),
            execution.Timeout.TotalSeconds, options.Value.StopGrace.TotalSeconds, GoTimeout.TotalSeconds, options.Value.LogBytes));
        if (user is { } owner)
        {
            folders.Give(folder, owner);
        }

        await log.WriteAsync($"Starting {string.Join(' ', package.Command)} for run {identity.RunId}.");

        // 6
        var supervisor = await processes.StartAsync(folder, interpreter, user, execution.MemoryMib, log.File, ("SLIPWAY_API_KEY", identity.Key), cancellationToken);
        Failpoints.Pass("schedules.after_spawn");
        if (!supervisor.IsAlive)
        {
            throw new JobStartException(ExecutionReason.StartFailed, "The process ended as soon as it was started.");
        }

        await ChangeAsync(id, schedule.Name, e => e.Spawned(supervisor.Pid, supervisor.StartTimeTicks), cancellationToken);   // refused when it has been ended

        // 7
        processes.Limit(id, supervisor, execution.CpuCores, execution.MemoryMib);
        Failpoints.Pass("schedules.before_release");
        folders.Release(folder);
        Failpoints.Pass("schedules.after_release");
        await ChangeAsync(id, schedule.Name, e => e.Run(time.GetUtcNow()), CancellationToken.None);
    }

    /// <summary>Opens the run, unless an earlier server has, and issues a key: the text of an earlier one is lost with its server.</summary>
    private async Task<(string Key, string RunId, string ExperimentId)> IdentifyAsync(Execution execution, Schedule schedule, CancellationToken cancellationToken)
    {
        var expires = time.GetUtcNow() + execution.Timeout + KeySlack;
        var made = await writes.RunAsync<(string Key, string RunId, string ExperimentId)>(
            async (db, token) =>
            {
                var row = await db.Set<Execution>().SingleAsync(e => e.Id == execution.Id, token);
                if (row.KeyId is { } lost)
                {
                    await keys.RevokeAsync(db, lost, token);
                }

                if (await keys.IssueAsync(db, schedule.OwnerId, $"schedule {schedule.Name}, execution {row.Number}", expires, token) is not { } key)
                {
                    return ScheduleRefusals.OwnerDisabled(schedule.Owner);
                }

                var run = await runs.OpenAsync(db, schedule, row, token);
                if (run.Refusal is { } refusal)
                {
                    return refusal;
                }

                row.Give(key.Id);
                row.Open(run.Value.RunId, run.Value.ExperimentId);
                return (key.Text, run.Value.RunId, run.Value.ExperimentId);
            },
            cancellationToken);
        if (made.Refusal is { } no)
        {
            throw new JobStartException(no.Code == ScheduleRefusals.OwnerDisabledCode ? ExecutionReason.OwnerDisabled : ExecutionReason.ExperimentGone, no.Detail);
        }

        await keys.RefreshAsync(cancellationToken);
        return made.Value;
    }

    private async Task<(Execution Execution, Schedule Schedule, JobPackage Package)> LoadAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        var execution = await db.Set<Execution>().SingleAsync(e => e.Id == id, cancellationToken);
        var schedule = await db.Set<Schedule>().SingleAsync(s => s.Id == execution.ScheduleId, cancellationToken);
        var package = await db.Set<JobPackage>().Include(p => p.Files).SingleAsync(p => p.Id == execution.PackageId, cancellationToken);
        return (execution, schedule, package);
    }

    /// <summary>The names <c>python</c> and <c>python3</c> are the interpreter of the job's environment; so are they on its PATH.</summary>
    private static List<string> Command(string[] command, string interpreter) => command is ["python" or "python3", .. var arguments] ? [interpreter, .. arguments] : [.. command];

    /// <summary>Ends what an earlier start has left; its command was not released.</summary>
    private void Abandon(Execution execution, string folder)
    {
        if (ExecutionProcess.GroupOf(execution) is { } group)
        {
            JobProcesses.Kill(group, supervisorToo: true);
        }

        processes.Abandon(folder, execution.UserId);
        processes.RemoveGroups(execution.Id);
    }

    /// <exception cref="OperationCanceledException">It has been ended meanwhile.</exception>
    private async Task ChangeAsync(Guid id, string schedule, Action<Execution> change, CancellationToken cancellationToken)
    {
        var changed = await writes.RunAsync<bool>(
            async (db, token) =>
            {
                if (await db.Set<Execution>().SingleOrDefaultAsync(e => e.Id == id, token) is not { IsOpen: true } row)
                {
                    return false;
                }

                change(row);
                db.Changed("execution", Execution.ResourceOf(schedule, row.Number));
                return true;
            },
            cancellationToken);
        if (!changed.Value)
        {
            throw new OperationCanceledException("The execution has been ended.");
        }
    }
}

/// <summary>A job could not be started; the message is a sentence for a person.</summary>
/// <param name="reason">One of <see cref="ExecutionReason"/>.</param>
internal sealed class JobStartException(string reason, string message) : Exception(message)
{
    public string Reason { get; } = reason;
}
