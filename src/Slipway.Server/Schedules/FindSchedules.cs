using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;
using Slipway.Server.Replicas.Jobs;

namespace Slipway.Server.Schedules;

/// <summary>Reads schedules.</summary>
internal sealed class FindSchedules(Database database, JobFolders folders, TimeProvider time)
{
    public async Task<Result<ScheduleInfo>> OneAsync(string name, CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        var found = await InfosAsync(db, db.Set<Schedule>().Where(s => s.ProjectId == Project.Default && s.Name == name), cancellationToken);
        return found is [var schedule] ? schedule : ScheduleRefusals.NotFound(name);
    }

    /// <param name="q">Part of a name or experiment; null: all.</param>
    /// <param name="status">active, paused or deleting; null: all.</param>
    /// <returns>By name; or <c>invalid_field</c>.</returns>
    public async Task<Result<Page<ScheduleInfo>>> PageAsync(string? q, string? status, PageQuery page, CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        var schedules = db.Set<Schedule>().Where(s => s.ProjectId == Project.Default);
        if (q is { Length: > 0 })
        {
            if (q.Contains('\0', StringComparison.Ordinal))
            {
                return Refusal.Field("q", "Text to search for holds no U+0000.");
            }

            schedules = schedules.Where(s => s.Name.Contains(q) || s.Experiment.Contains(q));
        }

        if (status is { Length: > 0 })
        {
            var wanted = Enum.GetValues<ScheduleStatus>().Where(s => s.WireName() == status).ToList();
            if (wanted.Count == 0)
            {
                return Refusal.Field("status", "A schedule's status is active, paused or deleting.");
            }

            schedules = schedules.Where(s => wanted.Contains(s.Status));
        }

        if (page.After is { } after)
        {
            schedules = schedules.Where(s => string.Compare(s.Name, after) > 0);
        }

        var rows = await InfosAsync(db, schedules.OrderBy(s => s.Name).Take(page.Limit + 1), cancellationToken);
        return page.Of(rows, s => s.Name, s => s);
    }

    private async Task<List<ScheduleInfo>> InfosAsync(SlipwayDbContext db, IQueryable<Schedule> schedules, CancellationToken cancellationToken)
    {
        var rows = await schedules.ToListAsync(cancellationToken);
        var (ids, packageIds) = (rows.ConvertAll(s => s.Id), rows.ConvertAll(s => s.PackageId));
        var packages = await db.Set<JobPackage>().Include(p => p.Files).Where(p => packageIds.Contains(p.Id)).ToDictionaryAsync(p => p.Id, cancellationToken);
        var open = await db.Set<Execution>().Where(e => ids.Contains(e.ScheduleId) && e.FinishedAt == null).ToListAsync(cancellationToken);
        var lastNumbers = db.Set<Execution>()
            .Where(e => ids.Contains(e.ScheduleId) && e.FinishedAt != null && e.PackageId != null)
            .GroupBy(e => e.ScheduleId).Select(g => new { ScheduleId = g.Key, Number = g.Max(e => e.Number) });
        var last = await db.Set<Execution>()
            .Join(lastNumbers, e => new { e.ScheduleId, e.Number }, n => new { n.ScheduleId, n.Number }, (e, _) => e).ToListAsync(cancellationToken);
        var now = time.GetUtcNow();
        var digests = await ExecutionInfos.DigestsAsync(db, [.. open, .. last], cancellationToken);
        return rows.ConvertAll(schedule =>
        {
            ExecutionInfo? Info(List<Execution> of) => of.Where(e => e.ScheduleId == schedule.Id).MaxBy(e => e.Number) is { } execution
                ? ExecutionInfos.Of(schedule.Name, execution, digests, folders.LogBytes(execution.Id), now)
                : null;
            return new ScheduleInfo(
                schedule.Name, schedule.Description, schedule.Owner, schedule.Status.WireName(), schedule.Experiment, schedule.Cron, schedule.TimeZone,
                schedule.Status == ScheduleStatus.Active ? schedule.NextDueAt : null, packages[schedule.PackageId].ToInfo(), JsonElement.Parse(schedule.ParametersJson),
                JsonSerializer.Deserialize(schedule.VariablesJson, SchedulesJson.Default.DictionaryStringString)!, schedule.Timeout.TotalSeconds, schedule.CpuCores,
                schedule.MemoryMib, schedule.Grace.TotalSeconds, Info(open), Info(last), schedule.CreatedAt, schedule.UpdatedAt, Etag.Of(schedule.Edit));
        });
    }
}
