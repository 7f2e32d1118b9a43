using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Schedules;

/// <summary>Asks for the end of an execution: SIGTERM, and after a while SIGKILL to everything that it has started.</summary>
internal sealed class CancelExecution(Writes writes, FindExecutions find, AuditLog audit)
{
    /// <returns>The execution, <c>schedule_not_found</c>, <c>execution_not_found</c>, <c>execution_ended</c>, or a missing right.</returns>
    public async Task<Result<ExecutionInfo>> RunAsync(string schedule, int number, Actor by, CancellationToken cancellationToken)
    {
        var asked = await writes.RunAsync(
            async (db, token) =>
            {
                var owner = await db.Set<Schedule>().SingleOrDefaultAsync(s => s.ProjectId == Project.Default && s.Name == schedule, token);
                if (owner is null)
                {
                    return ScheduleRefusals.NotFound(schedule);
                }

                if (Authorize.OwnOr(by, Right.OperateSchedules, owner.OwnerId) is { } forbidden)
                {
                    return forbidden;
                }

                var execution = await db.Set<Execution>().SingleOrDefaultAsync(e => e.ScheduleId == owner.Id && e.Number == number, token);
                if (execution is null)
                {
                    return ScheduleRefusals.ExecutionNotFound(schedule, number.ToString(CultureInfo.InvariantCulture));
                }

                if (!execution.IsOpen)
                {
                    return ScheduleRefusals.ExecutionEnded(number, execution.Status.WireName());
                }

                if (execution.StopReason is null)
                {
                    execution.RequestStop(ExecutionReason.Cancelled, by.Name);
                    audit.Record(db, by, "execution.cancelled", "schedule", schedule, after: $$"""{"execution":{{number}}}""");
                    db.Changed("execution", Execution.ResourceOf(schedule, number));
                }

                return Result.Done;
            },
            cancellationToken);
        return asked.Refusal is { } refusal ? refusal : await find.OneAsync(schedule, number, cancellationToken);
    }
}
