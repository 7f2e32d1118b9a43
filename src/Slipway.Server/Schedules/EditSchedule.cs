using Microsoft.EntityFrameworkCore;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Schedules;

/// <summary>The frame of every change of one schedule: find, right, ETag, settle what is due, the change itself, audit, change feed; in one unit.</summary>
internal sealed class EditSchedule(Writes writes, DueTimes due, AuditLog audit, TimeProvider time)
{
    /// <summary>What a change does.</summary>
    /// <returns>Details for the audit trail as JSON (null: none), or a refusal.</returns>
    internal delegate Task<Result<(string? Before, string? After)>> Change(SlipwayDbContext db, Schedule schedule, DateTimeOffset now, CancellationToken cancellationToken);

    /// <param name="action">For the audit trail, such as <c>schedule.paused</c>.</param>
    /// <returns>Done, <c>schedule_not_found</c>, a missing right, <c>stale_etag</c>, <c>schedule_deleting</c>, or what <paramref name="change"/> refuses.</returns>
    public Task<Result> RunAsync(string name, string? ifMatch, Actor by, string action, Change change, CancellationToken cancellationToken) => writes.RunAsync(
        async (db, token) =>
        {
            var schedule = await db.Set<Schedule>().SingleOrDefaultAsync(s => s.ProjectId == Project.Default && s.Name == name, token);
            if (schedule is null)
            {
                return ScheduleRefusals.NotFound(name);
            }

            if (Authorize.OwnOr(by, Right.OperateSchedules, schedule.OwnerId) is { } forbidden)
            {
                return forbidden;
            }

            if (ifMatch is not null && !Etag.Matches(ifMatch, schedule.Edit))
            {
                return ScheduleRefusals.Stale();
            }

            if (schedule.RefuseDeleting() is { } deleting)
            {
                return deleting;
            }

            var now = time.GetUtcNow();
            DueRecord[] settled;
            do
            {
                settled = await due.SettleAsync(db, schedule, now, token);
                await db.SaveChangesAsync(token);   // the change sees what has become of them
            }
            while (settled.Length == DueTimes.MostAtATime);

            var changed = await change(db, schedule, now, token);
            if (changed.Refusal is { } refusal)
            {
                return refusal;
            }

            audit.Record(db, by, action, "schedule", name, changed.Value.Before, changed.Value.After);
            db.Changed("schedule", schedule.Resource);
            return Result.Done;
        },
        cancellationToken);
}
