using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Platform;

namespace Slipway.Server.Experiments;

/// <summary>A run as it is at one time: what a version made from it takes over.</summary>
/// <param name="Metrics">Names of its metrics, in order.</param>
/// <param name="Points">All values of each metric in order of step, timestamp, value; null: they are too many to be read along, or came packed. <see cref="ReadMetrics"/> reads those.</param>
/// <param name="Files">Its artifacts, in order of their paths.</param>
internal sealed record RunSnapshot(
    string RunId, IReadOnlyDictionary<string, string> Parameters, IReadOnlyList<string> Metrics, IReadOnlyDictionary<string, IReadOnlyList<MetricPoint>>? Points,
    IReadOnlyList<DataSetInfo> DataSets, IReadOnlyList<RunArtifact> Files);

/// <summary>Reads runs for who makes something of them, those that are asked for together with one question for each table, and all from one snapshot of the database.</summary>
internal sealed class RunSnapshots : HostedLoop
{
    private const int Most = 64;

    /// <summary>Values that are read along with all runs of one reading.</summary>
    private const int MostPoints = 2000;

    /// <summary>Runs that are kept: a sweep's best runs become versions of several models, and what is tried again is asked again.</summary>
    private const int MostKept = 64;
    private static readonly TimeSpan LongestKept = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, Kept> kept = new(StringComparer.Ordinal);
    private readonly Lane<string, Result<RunSnapshot>> lane;
    private readonly Database database;
    private readonly Changes changes;
    private readonly TimeProvider time;

    public RunSnapshots(Database database, Changes changes, TimeProvider time)
    {
        (this.database, this.changes, this.time) = (database, changes, time);
        lane = new Lane<string, Result<RunSnapshot>>(Most, _ => 1, ReadTogetherAsync, inTurn: false);
    }

    /// <summary>The run as it is now. The files stay while the run refers to them; see <see cref="FindRuns.FilesAsync"/>.</summary>
    /// <returns>The snapshot, <c>run_not_found</c> or <c>run_deleted</c>.</returns>
    public async Task<Result<RunSnapshot>> OfAsync(string id, CancellationToken cancellationToken)
    {
        var generation = changes.Generation($"runs/{id}");   // from before the reading; as KeptAnswers
        if (kept.TryGetValue(id, out var there) && there.Generation == generation && time.GetElapsedTime(there.Since) < LongestKept)
        {
            return there.Snapshot;
        }

        var since = time.GetTimestamp();
        var read = await lane.AskAsync(id, cancellationToken);
        if (!read.IsRefused)
        {
            if (kept.Count >= MostKept)
            {
                kept.Clear();
            }

            kept[id] = new Kept(read.Value, generation, since);
        }

        return read;
    }

    protected override Task LoopAsync(CancellationToken stoppingToken) => lane.RunAsync(stoppingToken);

    private async Task<IReadOnlyList<Result<RunSnapshot>>> ReadTogetherAsync(Func<IReadOnlyList<string>> take, CancellationToken cancellationToken)
    {
        var ids = take();
        await using var db = await database.SnapshotAsync(cancellationToken);
        var names = ids.Distinct(StringComparer.Ordinal).ToArray();
        var runs = await db.Set<Run>().Where(r => names.Contains(r.Id)).Select(r => new { r.Id, r.Number, IsDeleted = r.DeletedAt != null }).ToListAsync(cancellationToken);
        var living = runs.Where(r => !r.IsDeleted).ToDictionary(r => r.Number, r => r.Id);
        var snapshots = living.Count == 0 ? [] : await ReadAsync(db, living, cancellationToken);
        var answers = names.ToDictionary(id => id, id => (Result<RunSnapshot>)ExperimentRefusals.RunNotFound(id), StringComparer.Ordinal);
        runs.ForEach(r => answers[r.Id] = r.IsDeleted ? ExperimentRefusals.RunDeleted(r.Id) : snapshots[r.Number]);
        return [.. ids.Select(id => answers[id])];
    }

    private static async Task<Dictionary<long, RunSnapshot>> ReadAsync(SlipwayDbContext db, Dictionary<long, string> ids, CancellationToken cancellationToken)
    {
        var runs = ids.Keys.ToArray();
        var parameters = (await (
            from p in db.Set<RunParameter>()
            join key in db.Set<RunKey>() on p.KeyId equals key.Id
            where runs.Contains(p.RunNumber)
            select new { p.RunNumber, key.Name, p.Value }).ToListAsync(cancellationToken)).ToLookup(p => p.RunNumber);
        var metrics = (await (
            from m in db.Set<RunMetric>()
            join key in db.Set<RunKey>() on m.KeyId equals key.Id
            where runs.Contains(m.RunNumber)
            select new { m.RunNumber, m.KeyId, key.Name }).ToListAsync(cancellationToken)).ToLookup(m => m.RunNumber);
        var points = await db.Set<RunMetricPoint>().Where(p => runs.Contains(p.RunNumber)).Take(MostPoints + 1).ToListAsync(cancellationToken);
        var packed = points.Count > MostPoints
            ? runs
            : await db.Set<RunMetricBatch>().Where(b => runs.Contains(b.RunNumber)).Select(b => b.RunNumber).Distinct().ToArrayAsync(cancellationToken);
        var byKey = points.GroupBy(p => (p.RunNumber, p.KeyId)).ToDictionary(g => g.Key, g => (IReadOnlyList<MetricPoint>)[.. g.Select(MetricSample.Of).Order().Select(s => s.ToPoint())]);
        var sets = (await db.Set<RunDataSet>().Where(d => runs.Contains(d.RunNumber)).ToListAsync(cancellationToken)).ToLookup(d => d.RunNumber);
        var files = (await db.Set<RunArtifact>().Where(a => runs.Contains(a.RunNumber)).ToListAsync(cancellationToken)).ToLookup(a => a.RunNumber);
        return runs.ToDictionary(number => number, number => new RunSnapshot(
            ids[number],
            new SortedDictionary<string, string>(parameters[number].ToDictionary(p => p.Name, p => p.Value), StringComparer.Ordinal),
            [.. metrics[number].Select(m => m.Name).Order(StringComparer.Ordinal)],
            packed.Contains(number) ? null : metrics[number].ToDictionary(m => m.Name, m => byKey.GetValueOrDefault((number, m.KeyId), []), StringComparer.Ordinal),
            FindRuns.InOrder(sets[number]),
            [.. files[number].OrderBy(f => f.Path, StringComparer.Ordinal)]));
    }

    private sealed record Kept(RunSnapshot Snapshot, long Generation, long Since);
}
