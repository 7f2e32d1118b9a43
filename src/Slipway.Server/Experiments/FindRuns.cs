using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Platform;

namespace Slipway.Server.Experiments;

/// <summary>Reads runs for the API. <see cref="RunSnapshots"/> reads them for a folder that makes something of a run.</summary>
internal sealed class FindRuns(Database database)
{
    public async Task<Result<RunInfo>> OneAsync(string id, CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        return await db.Set<Run>().Where(r => r.Id == id).Select(r => (long?)r.Number).SingleOrDefaultAsync(cancellationToken) is { } number
            ? (await InfosAsync(db, [number], cancellationToken))[number]
            : ExperimentRefusals.RunNotFound(id);
    }

    public async Task<Result<RunAlertInfo>> AlertAsync(string run, Guid id, CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        return await db.Set<RunAlert>().SingleOrDefaultAsync(a => a.Id == id && db.Set<Run>().Any(r => r.Id == run && r.Number == a.RunNumber), cancellationToken) is { } alert
            ? alert.ToInfo()
            : ExperimentRefusals.AlertNotFound();
    }

    /// <summary>A run with all that its page shows.</summary>
    public async Task<Result<RunDetail>> DetailAsync(string id, CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        var run = await db.Set<Run>().Where(r => r.Id == id).Select(r => new
        {
            r.Number, r.Notes, r.HasAlerts, Children = db.Set<Run>().Count(c => c.ParentNumber == r.Number && c.DeletedAt == null),
            Files = db.Set<RunArtifact>().Count(a => a.RunNumber == r.Number), Bytes = db.Set<RunArtifact>().Where(a => a.RunNumber == r.Number).Sum(a => a.SizeBytes),
        }).SingleOrDefaultAsync(cancellationToken);
        if (run is null)
        {
            return ExperimentRefusals.RunNotFound(id);
        }

        var info = (await InfosAsync(db, [run.Number], cancellationToken))[run.Number];
        var alerts = run.HasAlerts ? await db.Set<RunAlert>().Where(a => a.RunNumber == run.Number).OrderBy(a => a.Id).ToListAsync(cancellationToken) : [];
        return new RunDetail(info, run.Notes, await DataSetsAsync(db, run.Number, cancellationToken), alerts.ConvertAll(a => a.ToInfo()), run.Children, run.Files, run.Bytes);
    }

    /// <summary>
    /// The file at a path of a run, or all files below it, in the unit of somebody who begins to refer to their blobs: what is read there cannot be
    /// swept before that unit ends.
    /// </summary>
    /// <param name="path">Null or empty: all files of the run.</param>
    /// <returns>In order of their paths; empty: there is no such run or path.</returns>
    public static async Task<IReadOnlyList<RunArtifact>> FilesAsync(SlipwayDbContext unit, string runId, string? path, CancellationToken cancellationToken)
    {
        var files = unit.Set<RunArtifact>().AsNoTracking().Where(a => unit.Set<Run>().Any(r => r.Number == a.RunNumber && r.Id == runId && r.DeletedAt == null));
        if (path is { Length: > 0 })
        {
            var below = $"{path}/";
            files = files.Where(a => a.Path == path || a.Path.Substring(0, below.Length) == below);
        }

        return [.. (await files.ToListAsync(cancellationToken)).OrderBy(f => f.Path, StringComparer.Ordinal)];
    }

    /// <summary>All files of several runs, as <see cref="FilesAsync"/>, by the ids of the runs; runs that are not there have none. Without the times at which they were stored.</summary>
    public static async Task<ILookup<string, RunArtifact>> FilesOfAllAsync(SlipwayDbContext unit, string[] runIds, CancellationToken cancellationToken)
    {
        var files = await UnitSql.ListAsync(
            unit,
            $"""
            SELECT runs.id, runs.number, file.path, file.size_bytes, file.sha256 FROM runs JOIN run_artifacts AS file ON file.run_number = runs.number
            WHERE {UnitSql.AnyOf(unit, "runs.id", "@runs")} AND runs.deleted_at IS NULL
            """,
            [("@runs", runIds)],
            row => (Run: row.GetString(0), File: new RunArtifact { RunNumber = row.GetInt64(1), Path = row.GetString(2), SizeBytes = row.GetInt64(3), Sha256 = row.GetString(4) }),
            cancellationToken);
        return files.ToLookup(f => f.Run, f => f.File, StringComparer.Ordinal);
    }

    private static async Task<IReadOnlyList<DataSetInfo>> DataSetsAsync(SlipwayDbContext db, long run, CancellationToken cancellationToken)
    {
        return InOrder(await db.Set<RunDataSet>().Where(d => d.RunNumber == run).ToListAsync(cancellationToken));
    }

    /// <summary>Data sets of a run as it has named them.</summary>
    public static IReadOnlyList<DataSetInfo> InOrder(IEnumerable<RunDataSet> sets) =>
        [.. sets.OrderBy(d => d.LoggedAt).ThenBy(d => d.Name, StringComparer.Ordinal).Select(d => new DataSetInfo(d.Name, d.Path, d.Digest, d.Description, d.LoggedAt))];

    /// <summary>Runs with their parameters, latest metrics and tags, by their numbers.</summary>
    public static async Task<Dictionary<long, RunInfo>> InfosAsync(SlipwayDbContext db, IReadOnlyList<long> numbers, CancellationToken cancellationToken)
    {
        var runs = await (
            from run in db.Set<Run>()
            join experiment in db.Set<Experiment>() on run.ExperimentId equals experiment.Id
            join parent in db.Set<Run>() on run.ParentNumber equals parent.Number into parents
            from parent in parents.DefaultIfEmpty()
            where numbers.Contains(run.Number)
            select new { Run = run, Experiment = experiment.Name, Parent = parent.Id }).ToListAsync(cancellationToken);
        var parameters = (await (
            from p in db.Set<RunParameter>()
            join key in db.Set<RunKey>() on p.KeyId equals key.Id
            where numbers.Contains(p.RunNumber)
            select new { p.RunNumber, key.Name, p.Value }).ToListAsync(cancellationToken)).ToLookup(p => p.RunNumber, p => (p.Name, p.Value));
        var tags = (await (
            from t in db.Set<RunTag>()
            join key in db.Set<RunKey>() on t.KeyId equals key.Id
            where numbers.Contains(t.RunNumber)
            select new { t.RunNumber, key.Name, t.Value }).ToListAsync(cancellationToken)).ToLookup(t => t.RunNumber, t => (t.Name, t.Value));
        var metrics = (await (
            from m in db.Set<RunMetric>()
            join key in db.Set<RunKey>() on m.KeyId equals key.Id
            where numbers.Contains(m.RunNumber)
            select new { m.RunNumber, key.Name, m.Value, m.Step, m.Timestamp }).ToListAsync(cancellationToken))
            .ToLookup(m => m.RunNumber, m => (m.Name, new MetricPoint(MetricValue.Decode(m.Value), m.Step, m.Timestamp)));
        return runs.ToDictionary(r => r.Run.Number, r => new RunInfo(
            r.Run.Id, r.Run.ExperimentId.ToString(System.Globalization.CultureInfo.InvariantCulture), r.Experiment, r.Run.Name, r.Run.Status.ToString(), r.Run.StatusReason,
            r.Run.User, r.Parent, r.Run.StartedAt, r.Run.EndedAt, r.Run.HeartbeatAt, r.Run.DeletedAt, Sorted(parameters[r.Run.Number]), Sorted(metrics[r.Run.Number]),
            Sorted(tags[r.Run.Number]), Etag.Of(r.Run.Edit)));
    }

    private static SortedDictionary<string, T> Sorted<T>(IEnumerable<(string Name, T Value)> pairs)
    {
        var sorted = new SortedDictionary<string, T>(StringComparer.Ordinal);
        foreach (var (name, value) in pairs)
        {
            sorted[name] = value;
        }

        return sorted;
    }
}
