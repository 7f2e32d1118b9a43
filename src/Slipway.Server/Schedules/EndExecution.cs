using Microsoft.EntityFrameworkCore;
using Slipway.Server.Identity;
using Slipway.Server.Platform;
using Slipway.Server.Replicas.Jobs;

namespace Slipway.Server.Schedules;

/// <summary>
/// Ends an execution: what is left of its processes is killed, then one transaction stores how it ended, revokes its key, finishes its run and takes a deleted schedule away;
/// then folder and groups go. A server that dies in between leaves a step that is safe to repeat, or a folder that the sweep takes.
/// </summary>
internal sealed class EndExecution(
    Writes writes, JobFolders folders, JobProcesses processes, JobSamples samples, JobKeys keys, JobRuns runs, TellOwner tell, ScheduleMeter meter, TimeProvider time)
{
    /// <param name="outcome">Null: from what can be seen.</param>
    public async Task RunAsync(Execution execution, ExecutionOutcome? outcome, CancellationToken cancellationToken)
    {
        if (ExecutionProcess.GroupOf(execution) is { } group)
        {
            JobProcesses.Kill(group, supervisorToo: true);
        }

        var exit = execution.Folder is { } folder ? folders.Exit(folder) : null;
        var ended = outcome ?? ExecutionOutcome.Of(execution, exit, processes.WasOutOfMemory(execution.Id));
        var sample = samples.Take(execution.Id);
        Failpoints.Pass("schedules.before_ended");
        var stored = await writes.RunAsync<bool>(
            async (db, token) =>
            {
                var row = await db.Set<Execution>().SingleOrDefaultAsync(e => e.Id == execution.Id, token);
                if (row is not { IsOpen: true })
                {
                    return false;
                }

                var schedule = await db.Set<Schedule>().SingleAsync(s => s.Id == row.ScheduleId, token);
                row.Exit(exit?.Code, exit?.Signal);
                if (row.StartedAt is not null && (exit ?? (object?)sample) is not null)
                {
                    row.Use(exit?.CpuSeconds ?? sample?.CpuSeconds ?? 0, Math.Max(exit?.MaxResidentBytes ?? 0, sample?.PeakBytes ?? 0));
                }

                row.End(ended.Status, ended.Reason, ended.Detail, time.GetUtcNow());
                if (row.KeyId is { } key)
                {
                    await keys.RevokeAsync(db, key, token);
                    row.Give(null);
                }

                await runs.FinishAsync(db, schedule, row, token);
                await tell.EndedAsync(db, schedule, row, token);
                if (schedule.Status == ScheduleStatus.Deleting)
                {
                    await OperateSchedule.RemoveAsync(db, schedule, token);
                }

                db.Changed("execution", Execution.ResourceOf(schedule.Name, row.Number));
                db.Changed("schedule", schedule.Resource);
                return true;
            },
            cancellationToken);
        Failpoints.Pass("schedules.after_ended");
        await keys.RefreshAsync(CancellationToken.None);
        if (execution.Folder is { } done)
        {
            folders.Remove(done);
        }

        processes.RemoveGroups(execution.Id);
        if (stored.Value)
        {
            meter.Ended(ended.Status, execution.StartedAt is { } started ? time.GetUtcNow() - started : null);
        }
    }
}

/// <summary>The processes of an execution, as its row names them.</summary>
internal static class ExecutionProcess
{
    /// <returns>Null: none was started.</returns>
    public static JobProcessGroup? GroupOf(Execution execution) =>
        execution is { Pid: { } pid, StartTimeTicks: { } ticks } ? new JobProcessGroup(new SpawnedProcess(pid, ticks), execution.UserId) : null;
}
