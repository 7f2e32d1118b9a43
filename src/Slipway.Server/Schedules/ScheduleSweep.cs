using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Slipway.Server.Platform;
using Slipway.Server.Replicas.Jobs;

namespace Slipway.Server.Schedules;

/// <summary>Removes what no row knows (folders, with any process in them, and logs), records that are too old, and packages that nothing runs any more.</summary>
internal sealed class ScheduleSweep(Database database, Writes writes, JobFolders folders, JobProcesses processes, IOptions<SchedulesOptions> options, TimeProvider time)
{
    /// <summary>Records of a schedule that stay however old they are.</summary>
    private const int Kept = 20;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await ForgetAsync(cancellationToken);

        // What lies there first, rows after: one that is made in between is then known.
        var (found, logs) = (folders.All(), folders.AllLogs());
        HashSet<string> known;
        HashSet<Guid> ids;
        await using (var db = database.Read())
        {
            known = [.. await db.Set<Execution>().Where(e => e.FinishedAt == null && e.Folder != null).Select(e => e.Folder!).ToListAsync(cancellationToken)];
            ids = [.. await db.Set<Execution>().Where(e => e.PackageId != null).Select(e => e.Id).ToListAsync(cancellationToken)];
            ids.UnionWith(await db.Set<JobPackage>().Select(p => p.Id).ToListAsync(cancellationToken));
        }

        foreach (var folder in found.Where(f => !known.Contains(f)))
        {
            processes.Abandon(folder, null);
        }

        foreach (var (id, _) in logs.Where(l => !ids.Contains(l.Id)))
        {
            folders.DeleteLog(id);
        }
    }

    private async Task ForgetAsync(CancellationToken cancellationToken)
    {
        var before = time.GetUtcNow() - options.Value.Retention;
        List<(Guid Id, int LastNumber)> schedules;
        await using (var db = database.Read())
        {
            schedules = (await db.Set<Schedule>().Select(s => new { s.Id, s.LastNumber }).ToListAsync(cancellationToken)).ConvertAll(s => (s.Id, s.LastNumber));
        }

        foreach (var (id, lastNumber) in schedules)
        {
            await writes.RunAsync(
                async (db, token) =>
                {
                    await db.Set<Execution>().Where(e => e.ScheduleId == id && e.FinishedAt < before && e.Number <= lastNumber - Kept).ExecuteDeleteAsync(token);
                    await db.Set<JobPackage>()
                        .Where(p => p.ScheduleId == id && !db.Set<Schedule>().Any(s => s.PackageId == p.Id) && !db.Set<Execution>().Any(e => e.PackageId == p.Id)).ExecuteDeleteAsync(token);
                    return Result.Done;
                },
                cancellationToken);
        }
    }
}
