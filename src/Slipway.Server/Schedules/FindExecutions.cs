using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;
using Slipway.Server.Replicas.Jobs;

namespace Slipway.Server.Schedules;

/// <summary>Reads the history of a schedule.</summary>
internal sealed class FindExecutions(Database database, JobFolders folders, TimeProvider time)
{
    public async Task<Result<ExecutionInfo>> OneAsync(string schedule, int number, CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        if (await IdAsync(db, schedule, cancellationToken) is not { } id)
        {
            return ScheduleRefusals.NotFound(schedule);
        }

        return await db.Set<Execution>().SingleOrDefaultAsync(e => e.ScheduleId == id && e.Number == number, cancellationToken) is { } execution
            ? (await InfosAsync(db, schedule, [execution], cancellationToken))[0]
            : ScheduleRefusals.ExecutionNotFound(schedule, number.ToString(CultureInfo.InvariantCulture));
    }

    /// <param name="status">Statuses; empty: all.</param>
    /// <returns>Newest first; or <c>schedule_not_found</c> or <c>invalid_field</c>.</returns>
    public async Task<Result<Page<ExecutionInfo>>> PageAsync(string schedule, IReadOnlyList<string> status, PageQuery page, CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        if (await IdAsync(db, schedule, cancellationToken) is not { } id)
        {
            return ScheduleRefusals.NotFound(schedule);
        }

        var executions = db.Set<Execution>().Where(e => e.ScheduleId == id);
        if (status.Count > 0)
        {
            var wanted = status.Select(ExecutionStatuses.Parse).ToList();
            if (wanted.Contains(null))
            {
                return Refusal.Field("status", $"An execution's status is one of {string.Join(", ", Enum.GetValues<ExecutionStatus>().Select(s => s.WireName()))}.");
            }

            executions = executions.Where(e => wanted.Contains(e.Status));
        }

        if (page.After is { } after)
        {
            if (!int.TryParse(after, NumberStyles.None, CultureInfo.InvariantCulture, out var before))
            {
                return PageQuery.TokenInvalid;
            }

            executions = executions.Where(e => e.Number < before);
        }

        var rows = await executions.OrderByDescending(e => e.Number).Take(page.Limit + 1).ToListAsync(cancellationToken);
        var infos = await InfosAsync(db, schedule, rows, cancellationToken);
        return page.Of(infos, e => e.Number.ToString(CultureInfo.InvariantCulture), e => e);
    }

    /// <returns>Where the output of an execution is, and whether more may come; or a refusal.</returns>
    public async Task<Result<(Guid Id, bool IsOpen)>> LogAsync(string schedule, int number, CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        if (await IdAsync(db, schedule, cancellationToken) is not { } id)
        {
            return ScheduleRefusals.NotFound(schedule);
        }

        return await db.Set<Execution>().SingleOrDefaultAsync(e => e.ScheduleId == id && e.Number == number, cancellationToken) is { } execution
            ? (execution.Id, execution.IsOpen)
            : ScheduleRefusals.ExecutionNotFound(schedule, number.ToString(CultureInfo.InvariantCulture));
    }

    private static Task<Guid?> IdAsync(SlipwayDbContext db, string schedule, CancellationToken cancellationToken) =>
        db.Set<Schedule>().Where(s => s.ProjectId == Project.Default && s.Name == schedule).Select(s => (Guid?)s.Id).SingleOrDefaultAsync(cancellationToken);

    private async Task<List<ExecutionInfo>> InfosAsync(SlipwayDbContext db, string schedule, List<Execution> executions, CancellationToken cancellationToken)
    {
        var digests = await ExecutionInfos.DigestsAsync(db, executions, cancellationToken);
        var now = time.GetUtcNow();
        return executions.ConvertAll(e => ExecutionInfos.Of(schedule, e, digests, folders.LogBytes(e.Id), now));
    }
}

/// <summary>Executions as the wire has them.</summary>
internal static class ExecutionInfos
{
    public static async Task<IReadOnlyDictionary<Guid, string>> DigestsAsync(SlipwayDbContext db, IReadOnlyCollection<Execution> executions, CancellationToken cancellationToken)
    {
        var ids = executions.Select(e => e.PackageId).OfType<Guid>().Distinct().ToList();
        return await db.Set<JobPackage>().Where(p => ids.Contains(p.Id)).ToDictionaryAsync(p => p.Id, p => p.Digest, cancellationToken);
    }

    public static ExecutionInfo Of(string schedule, Execution execution, IReadOnlyDictionary<Guid, string> digests, long logBytes, DateTimeOffset now) => new(
        schedule, execution.Number, execution.DueAt is null ? "manual" : "schedule", execution.DueAt, execution.StartedBy, execution.Status.WireName(), execution.Reason,
        execution.Detail, execution.CreatedAt, execution.StartedAt, execution.FinishedAt,
        execution.StartedAt is { } started ? Math.Max(0, ((execution.FinishedAt ?? now) - started).TotalSeconds) : null, execution.ExitCode, execution.ExitSignal,
        execution.CpuSeconds, execution.PeakMemoryBytes, execution.RunId, execution.Experiment,
        execution.PackageId is { } package ? digests.GetValueOrDefault(package) : null, execution.StoppedBy, logBytes);
}
