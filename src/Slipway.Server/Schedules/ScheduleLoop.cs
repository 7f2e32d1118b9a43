using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Slipway.Server.Platform;
using Slipway.Server.Replicas.Jobs;

namespace Slipway.Server.Schedules;

/// <summary>
/// Settles due times and brings executions on, one step per pass. It works from stored rows alone; only the preparing of an execution, and of a new package's environment,
/// runs beside it, and each step of that may be repeated by another server.
/// </summary>
internal sealed partial class ScheduleLoop(
    Database database, Writes writes, Changes changes, DueTimes due, JobEnvironments environments, StartExecution start, EndExecution end, JobSamples samples, ScheduleSweep sweep,
    ScheduleMeter meter, ServerAddress address, IOptions<SchedulesOptions> options, TimeProvider time, ILogger<ScheduleLoop> logger) : HostedLoop
{
    private static readonly TimeSpan SweepInterval = TimeSpan.FromMinutes(10);

    /// <summary>How often what a job uses is stored while it runs.</summary>
    private static readonly TimeSpan StoreInterval = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<Guid, Preparation> preparing = [];
    private Task building = Task.CompletedTask;
    private DateTimeOffset sampleAt;
    private DateTimeOffset storeAt;
    private DateTimeOffset sweepAt;

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (!options.Value.KeepJobsOnStop && ExecuteTask is not null)   // a server that could not start has none
        {
            await GuardedAsync("stop", EndRunningAsync, CancellationToken.None);
        }
    }

    protected override async Task LoopAsync(CancellationToken stoppingToken)
    {
        using var subscription = changes.Subscribe(c => c.Kind is "schedule" or "execution");
        try
        {
            while (!stoppingToken.IsCancellationRequested)
            {
                await PassAsync(stoppingToken);
                await subscription.WaitAsync(options.Value.Interval, time, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
        finally
        {
            await Task.WhenAll([.. preparing.Values.Select(p => p.Done), building]);   // they end with the token
        }
    }

    private async Task PassAsync(CancellationToken cancellationToken)
    {
        await GuardedAsync("settle due times", due.SettleAllAsync, cancellationToken);
        if (address.IsKnown)
        {
            await GuardedAsync("bring executions on", StepAllAsync, cancellationToken);
            if (building.IsCompleted)
            {
                building = GuardedAsync("make environments", environments.MakeQueuedAsync, cancellationToken);
            }
        }

        var now = time.GetUtcNow();
        if (now >= sweepAt)
        {
            sweepAt = now + SweepInterval;
            await GuardedAsync("sweep", sweep.RunAsync, cancellationToken);
        }
    }

    private async Task StepAllAsync(CancellationToken cancellationToken)
    {
        // Asked before the rows are read: one whose preparation ends in between is then not taken for one that nobody prepares.
        var prepared = preparing.Keys.ToHashSet();
        var open = await OpenAsync(cancellationToken);
        var running = open.Count(e => e.Status != ExecutionStatus.Queued || prepared.Contains(e.Id));
        meter.Running = open.Count(e => e.Status is ExecutionStatus.Running or ExecutionStatus.Stopping);
        foreach (var execution in open)
        {
            try
            {
                var step = await StepAsync(execution, prepared.Contains(execution.Id), running < options.Value.ConcurrentJobs, cancellationToken);
                running += step == ExecutionStep.Prepare && execution.Status == ExecutionStatus.Queued ? 1 : 0;
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                LogStepFailed(exception, execution.Id);
            }
        }

        await SampleAsync(open, cancellationToken);
    }

    private async Task<ExecutionStep> StepAsync(Execution execution, bool isPrepared, bool hasPlace, CancellationToken cancellationToken)
    {
        var group = ExecutionProcess.GroupOf(execution);
        var facts = new ExecutionFacts(
            execution.Status, execution.StopReason is not null, isPrepared, hasPlace, group is { Supervisor.IsAlive: true }, execution.StartedAt,
            execution.Timeout, execution.StoppingSince);
        var step = ExecutionDecision.Of(facts, time.GetUtcNow(), options.Value.StopGrace);
        switch (step)
        {
            case ExecutionStep.Prepare:
                Prepare(execution.Id, cancellationToken);
                break;
            case ExecutionStep.BreakOff:
                await (preparing.GetValueOrDefault(execution.Id)?.BreakOffAsync() ?? Task.CompletedTask);
                break;
            case ExecutionStep.Stop:
                await ChangeAsync(execution.Id, row =>
                {
                    row.RequestStop(ExecutionReason.TimedOut, null);   // unless somebody has asked for another reason
                    row.Stop(time.GetUtcNow());
                }, cancellationToken);
                group!.Supervisor.Signal(SpawnPosix.SigTerm);
                break;
            case ExecutionStep.Terminate:
                group!.Supervisor.Signal(SpawnPosix.SigTerm);
                break;
            case ExecutionStep.Kill or ExecutionStep.KillSupervisor:
                JobProcesses.Kill(group!, supervisorToo: step == ExecutionStep.KillSupervisor);
                break;
            case ExecutionStep.Finish:
                await end.RunAsync(execution, null, cancellationToken);
                break;
            default:
                break;
        }

        return step;
    }

    private void Prepare(Guid id, CancellationToken cancellationToken)
    {
        var broken = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        preparing[id] = new Preparation(broken, OffIoThreads.RunAsync(() => PrepareAsync(id, broken.Token, cancellationToken)));
    }

    private async Task PrepareAsync(Guid id, CancellationToken broken, CancellationToken stopping)
    {
        try
        {
            try
            {
                await start.RunAsync(id, broken);
            }
            catch (JobStartException exception)
            {
                await FailAsync(id, exception.Reason, exception.Message, stopping);
            }
        }
        catch (OperationCanceledException)
        {
            // Broken off, or ended: the loop finds it without a preparation and ends it, or the sweep takes its folder. Or the server ends, and the next one goes on.
        }
        catch (Exception exception)
        {
            LogStepFailed(exception, id);
            await FailAsync(id, ExecutionReason.StartFailed, "The job could not be started for a reason of the server; its log has it.", stopping);
        }
        finally
        {
            preparing.TryRemove(id, out _);
        }

        changes.Publish("execution", $"executions/{id}");   // wakes the loop: a place may be free
    }

    private async Task FailAsync(Guid id, string reason, string detail, CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        if (await db.Set<Execution>().SingleOrDefaultAsync(e => e.Id == id, cancellationToken) is { IsOpen: true } execution)
        {
            await end.RunAsync(execution, ExecutionOutcome.Failed(reason, detail), cancellationToken);
        }
    }

    private async Task SampleAsync(List<Execution> open, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (now < sampleAt)
        {
            return;
        }

        sampleAt = now + options.Value.SampleInterval;
        var store = now >= storeAt;
        storeAt = store ? now + StoreInterval : storeAt;
        foreach (var execution in open.Where(e => e.Status is ExecutionStatus.Running or ExecutionStatus.Stopping))
        {
            if (ExecutionProcess.GroupOf(execution) is { } group && samples.See(execution.Id, group) is { } sample && store)
            {
                await ChangeAsync(execution.Id, row => row.Use(sample.CpuSeconds, sample.PeakBytes), cancellationToken);
            }
        }
    }

    /// <summary>The clean stop: jobs are told to end, and killed when they do not. What was only being prepared is left to the next server.</summary>
    private async Task EndRunningAsync(CancellationToken cancellationToken)
    {
        var running = (await OpenAsync(cancellationToken)).FindAll(e => e.Status is ExecutionStatus.Running or ExecutionStatus.Stopping);
        foreach (var execution in running)
        {
            await ChangeAsync(execution.Id, row =>
            {
                row.RequestStop(ExecutionReason.ServerStopped, null);
                row.Stop(time.GetUtcNow());
            }, cancellationToken);
            ExecutionProcess.GroupOf(execution)?.Supervisor.Signal(SpawnPosix.SigTerm);
        }

        var began = time.GetTimestamp();
        while (running.Exists(IsAlive) && time.GetElapsedTime(began) < options.Value.StopTimeout)
        {
            await Task.Delay(20, cancellationToken);
        }

        foreach (var execution in (await OpenAsync(cancellationToken)).FindAll(e => running.Exists(r => r.Id == e.Id)))
        {
            await end.RunAsync(execution, null, cancellationToken);
        }

        static bool IsAlive(Execution execution) => ExecutionProcess.GroupOf(execution) is { Supervisor.IsAlive: true };
    }

    private async Task<List<Execution>> OpenAsync(CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        return await db.Set<Execution>().Where(e => e.FinishedAt == null).OrderBy(e => e.CreatedAt).ToListAsync(cancellationToken);
    }

    private Task ChangeAsync(Guid id, Action<Execution> change, CancellationToken cancellationToken) => writes.RunAsync(
        async (db, token) =>
        {
            if (await db.Set<Execution>().SingleOrDefaultAsync(e => e.Id == id, token) is { IsOpen: true } row)
            {
                change(row);
            }

            return Result.Done;
        },
        cancellationToken);

    private async Task GuardedAsync(string what, Func<CancellationToken, Task> step, CancellationToken cancellationToken)
    {
        try
        {
            await step(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
        catch (Exception exception)
        {
            LogPassFailed(exception, what);
        }
    }

    [LoggerMessage(LogLevel.Error, "A step with execution {Execution} failed; next try at the next pass")]
    private partial void LogStepFailed(Exception exception, Guid execution);

    [LoggerMessage(LogLevel.Error, "Schedules could not {What}; next try at the next pass")]
    private partial void LogPassFailed(Exception exception, string what);

    private sealed record Preparation(CancellationTokenSource Broken, Task Done)
    {
        public Task BreakOffAsync() => Broken.CancelAsync();
    }
}
