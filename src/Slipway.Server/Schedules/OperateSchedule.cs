using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Schedules;

/// <summary>Pause, resume, run now, delete.</summary>
internal sealed class OperateSchedule(EditSchedule edit, FindSchedules find, FindExecutions executions, TellOwner tell)
{
    private static readonly (string? Before, string? After) NoDetails = (null, null);

    /// <summary>From now on due times are recorded as missed. What is running goes on.</summary>
    /// <returns>The schedule (also when it was paused already), or a refusal of <see cref="EditSchedule"/>.</returns>
    public Task<Result<ScheduleInfo>> PauseAsync(string name, string? ifMatch, Actor by, CancellationToken cancellationToken) =>
        SwitchAsync(name, ifMatch, by, "schedule.paused", (schedule, now, _) => schedule.Pause(now), cancellationToken);

    /// <summary>Makes up for nothing: the next run is the next due time from now on.</summary>
    /// <returns>The schedule (also when it was active already), or a refusal of <see cref="EditSchedule"/>.</returns>
    public Task<Result<ScheduleInfo>> ResumeAsync(string name, string? ifMatch, Actor by, CancellationToken cancellationToken) =>
        SwitchAsync(name, ifMatch, by, "schedule.resumed", (schedule, now, lastDueAt) => schedule.Resume(now, lastDueAt), cancellationToken);

    /// <returns>The execution, <c>execution_running</c>, or a refusal of <see cref="EditSchedule"/>.</returns>
    public async Task<Result<ExecutionInfo>> RunNowAsync(string name, Actor by, CancellationToken cancellationToken)
    {
        var number = 0;
        var started = await edit.RunAsync(
            name, null, by, "schedule.started",
            async (db, schedule, now, token) =>
            {
                if (await OpenAsync(db, schedule.Id, token) is { } running)
                {
                    return ScheduleRefusals.Running(running.Number);
                }

                var execution = Execution.Of(schedule, null, DueOutcome.Fired, by.Name, now);
                db.Set<Execution>().Add(execution);
                number = execution.Number;
                tell.Fired(db, schedule, execution);
                db.Changed("execution", Execution.ResourceOf(name, number));
                return (null, $$"""{"execution":{{number}}}""");
            },
            cancellationToken);
        return started.Refusal is { } refusal ? refusal : await executions.OneAsync(name, number, cancellationToken);
    }

    /// <summary>Cancels what is running; the schedule and its history go when that has ended, or at once. Runs and versions that it made stay.</summary>
    /// <returns>Done, or a refusal of <see cref="EditSchedule"/>.</returns>
    public Task<Result> DeleteAsync(string name, string? ifMatch, Actor by, CancellationToken cancellationToken) => edit.RunAsync(
        name, ifMatch, by, "schedule.deleted",
        async (db, schedule, now, token) =>
        {
            var details = CreateSchedule.Audited(schedule, null);
            if (await OpenAsync(db, schedule.Id, token) is { } running)
            {
                running.RequestStop(ExecutionReason.ScheduleDeleted, by.Name);
                schedule.MarkDeleting(now);
            }
            else
            {
                await RemoveAsync(db, schedule, token);
            }

            return (details, null);
        },
        cancellationToken);

    /// <summary>Removes a schedule with all that belongs to it; its logs are swept.</summary>
    public static async Task RemoveAsync(SlipwayDbContext db, Schedule schedule, CancellationToken cancellationToken)
    {
        await db.SaveChangesAsync(cancellationToken);
        await db.Set<JobPackage>().Where(p => p.ScheduleId == schedule.Id).ExecuteDeleteAsync(cancellationToken);
        await db.Set<Schedule>().Where(s => s.Id == schedule.Id).ExecuteDeleteAsync(cancellationToken);   // its executions with it
    }

    private static Task<Execution?> OpenAsync(SlipwayDbContext db, Guid schedule, CancellationToken cancellationToken) =>
        db.Set<Execution>().Where(e => e.ScheduleId == schedule && e.FinishedAt == null).OrderBy(e => e.Number).FirstOrDefaultAsync(cancellationToken);

    private async Task<Result<ScheduleInfo>> SwitchAsync(
        string name, string? ifMatch, Actor by, string action, Func<Schedule, DateTimeOffset, DateTimeOffset?, bool> change, CancellationToken cancellationToken)
    {
        var switched = await edit.RunAsync(
            name, ifMatch, by, action,
            async (db, schedule, now, token) =>
            {
                change(schedule, now, await DueTimes.LastAsync(db, schedule.Id, token));
                return NoDetails;
            },
            cancellationToken);
        return switched.Refusal is { } refusal ? refusal : await find.OneAsync(name, cancellationToken);
    }
}
