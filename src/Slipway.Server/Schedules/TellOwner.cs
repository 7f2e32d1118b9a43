using System.Globalization;
using System.Text.Json.Nodes;
using Slipway.Server.Notifications;
using Slipway.Server.Platform;

namespace Slipway.Server.Schedules;

/// <summary>Tells a schedule's owner, and webhooks, what did not go well: in the transaction that stores it, so exactly once.</summary>
internal sealed class TellOwner(Notices notices, IEventOutbox outbox)
{
    /// <summary>An execution begins to wait for its turn: due, or wanted now by a person. The owner is not told, webhooks are.</summary>
    public void Fired(SlipwayDbContext db, Schedule schedule, Execution execution) => outbox.Record(
        db, EventTypes.ScheduleFired, Execution.ResourceOf(schedule.Name, execution.Number), new JsonObject
        {
            ["schedule"] = schedule.Name, ["execution"] = execution.Number, ["due_at"] = Text(execution.DueAt), ["by"] = execution.StartedBy, ["owner"] = schedule.Owner,
        });

    /// <summary>An execution has ended. Only a failure is told: what somebody cancelled, they know.</summary>
    public async Task EndedAsync(SlipwayDbContext db, Schedule schedule, Execution execution, CancellationToken cancellationToken)
    {
        if (execution.Status is not (ExecutionStatus.Failed or ExecutionStatus.TimedOut) || schedule.Status == ScheduleStatus.Deleting)
        {
            return;
        }

        var ended = execution.Status == ExecutionStatus.TimedOut ? "ran past its time-out" : "failed";
        var link = $"/{schedule.Resource}?open={execution.Number}";
        await notices.SendAsync(
            db, NotificationKind.ScheduleFailed, [schedule.OwnerId], new Notice($"{schedule.Name} #{execution.Number} {ended}", execution.Detail, link), cancellationToken);
        outbox.Record(db, EventTypes.ScheduleFailed, Execution.ResourceOf(schedule.Name, execution.Number), new JsonObject
        {
            ["schedule"] = schedule.Name, ["execution"] = execution.Number, ["status"] = execution.Status.WireName(), ["reason"] = execution.Reason, ["detail"] = execution.Detail,
            ["due_at"] = Text(execution.DueAt), ["exit_code"] = execution.ExitCode, ["run_id"] = execution.RunId, ["owner"] = schedule.Owner,
        });
    }

    /// <summary>Due times passed while no server ran: one message for all that were settled together.</summary>
    /// <param name="missed">In order.</param>
    public async Task MissedAsync(SlipwayDbContext db, Schedule schedule, IReadOnlyList<DateTimeOffset> missed, CancellationToken cancellationToken)
    {
        if (missed.Count == 0)
        {
            return;
        }

        var title = missed.Count == 1 ? $"{schedule.Name} missed a run" : $"{schedule.Name} missed {missed.Count.ToString("N0", CultureInfo.InvariantCulture)} runs";
        var first = Words(missed[0]);
        await notices.SendAsync(
            db, NotificationKind.ScheduleFailed, [schedule.OwnerId],
            new Notice(
                title, $"No server was running {(missed.Count == 1 ? $"at {first}" : $"between {first} and {Words(missed[^1])}")}, nor within the grace after it. Run it now if it is still wanted.",
                $"/{schedule.Resource}"),
            cancellationToken);
        outbox.Record(db, EventTypes.ScheduleMissed, schedule.Resource, new JsonObject
        {
            ["schedule"] = schedule.Name, ["count"] = missed.Count, ["first_due_at"] = Text(missed[0]), ["last_due_at"] = Text(missed[^1]), ["owner"] = schedule.Owner,
        });
    }

    private static string Words(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);

    private static string? Text(DateTimeOffset? at) => at?.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);
}
