using System.Globalization;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Platform;

namespace Slipway.Server.Experiments;

/// <summary>
/// Stores batches that are metrics only, those that wait together in one unit: one question for their runs and a few statements for all their values. Training
/// loops log one value at a time from many processes, so the cost of a unit is shared by all that came while the last one was committed.
/// </summary>
internal sealed class MetricLane : HostedLoop
{
    private const int MostPoints = 20_000;
    private readonly Lane<Batch, Result<bool>> lane;
    private readonly Writes writes;
    private readonly RunKeys keys;

    public MetricLane(Writes writes, RunKeys keys)
    {
        (this.writes, this.keys) = (writes, keys);
        lane = new Lane<Batch, Result<bool>>(MostPoints, batch => Math.Max(batch.Metrics.Count, MostPoints / 128), StoreTogetherAsync, writes.AreInTurn);   // at most 128 at a time
    }

    /// <summary>Stores values of one run; durable when it returns.</summary>
    /// <returns>True: stored. False: the run has alerts, and its batch must go alone. Else <c>run_not_found</c> or <c>run_deleted</c>.</returns>
    public Task<Result<bool>> StoreAsync(string run, IReadOnlyList<LoggedMetric> metrics, long now, CancellationToken cancellationToken) =>
        lane.AskAsync(new Batch(run, metrics, now), cancellationToken);

    protected override Task LoopAsync(CancellationToken stoppingToken) => lane.RunAsync(stoppingToken);

    private async Task<IReadOnlyList<Result<bool>>> StoreTogetherAsync(Func<IReadOnlyList<Batch>> take, CancellationToken cancellationToken)
    {
        IReadOnlyDictionary<string, long> ids = new Dictionary<string, long>();
        var stored = await writes.RunAsync<List<Result<bool>>>(
            async (db, token) =>
            {
                var together = take();
                var names = together.Select(w => w.Run).Distinct().ToList();
                var runs = await db.Set<Run>().Where(r => names.Contains(r.Id)).Select(r => new LoggingRun(r.Number, r.Id, r.ExperimentId, r.DeletedAt != null, r.HasAlerts))
                    .ToDictionaryAsync(r => r.Id, token);
                var answers = together.Select(w => AnswerOf(w.Run, runs.GetValueOrDefault(w.Run))).ToList();
                var taken = together.Where((_, i) => answers[i] is { IsRefused: false, Value: true }).ToList();
                ids = await keys.IdsAsync(db, taken.SelectMany(w => w.Metrics).Select(m => m.Key), token);
                await InsertAsync(db, taken.ConvertAll(w => (runs[w.Run], Points(runs[w.Run], w.Metrics, ids, w.Now))), token);
                taken.ForEach(w => db.Outdated($"runs/{w.Run}"));
                return answers;
            },
            cancellationToken);
        keys.Remember(ids);
        return stored.Value;
    }

    private static Result<bool> AnswerOf(string id, LoggingRun? run)
    {
        if (run is null || run.IsDeleted)
        {
            return run is null ? ExperimentRefusals.RunNotFound(id) : ExperimentRefusals.RunDeleted(id);
        }

        return !run.HasAlerts;
    }

    public static IReadOnlyList<RunMetricPoint> Points(LoggingRun run, IReadOnlyList<LoggedMetric> metrics, IReadOnlyDictionary<string, long> ids, long now) =>
    [
        .. metrics.Select(m => new RunMetricPoint
        {
            RunNumber = run.Number, KeyId = ids[m.Key], Step = m.Step, Timestamp = m.Timestamp ?? now, Value = MetricValue.Encode(m.Value),
        }),
    ];

    /// <summary>Stores what requests brought on a unit: many values of one request as one row for each stretch of steps, few as rows of their own, and the latest of each metric.</summary>
    public static async Task InsertAsync(SlipwayDbContext db, IReadOnlyList<(LoggingRun Run, IReadOnlyList<RunMetricPoint> Points)> requests, CancellationToken cancellationToken)
    {
        var (together, alone) = (new List<RunMetricBatch>(), new List<RunMetricPoint>());
        foreach (var (run, points) in requests)
        {
            foreach (var part in RunMetricBatch.ByStretch(points))
            {
                if (part.Count >= RunMetricBatch.Fewest)
                {
                    together.Add(RunMetricBatch.Of(run.Number, part));
                }
                else
                {
                    alone.AddRange(part);
                }
            }
        }

        await RowInsert.AddAsync(db, together, cancellationToken);
        await InsertPointsAsync(db, alone, cancellationToken);
        await KeepLatestAsync(db, [.. requests.SelectMany(r => r.Points.Select(p => (r.Run, p)))], cancellationToken);
    }

    // One statement for any number of values. It holds numbers only, written by us, so it needs no parameters.
    private static async Task InsertPointsAsync(SlipwayDbContext db, IReadOnlyList<RunMetricPoint> points, CancellationToken cancellationToken)
    {
        if (points.Count == 0)
        {
            return;
        }

        var sql = new StringBuilder("INSERT INTO run_metric_points (run_number, key_id, step, \"timestamp\", \"value\") VALUES ", 64 + (points.Count * 64));
        foreach (var p in points)
        {
            sql.Append(CultureInfo.InvariantCulture, $"({p.RunNumber},{p.KeyId},{p.Step},{p.Timestamp},{p.Value}),");
        }

        sql.Length--;
        await db.Database.ExecuteSqlRawAsync(sql.Append(" ON CONFLICT DO NOTHING").ToString(), cancellationToken);
    }

    private static async Task KeepLatestAsync(SlipwayDbContext db, IReadOnlyList<(LoggingRun Run, RunMetricPoint Point)> points, CancellationToken cancellationToken)
    {
        if (points.Count == 0)
        {
            return;
        }

        var sql = new StringBuilder("INSERT INTO run_metrics (run_number, key_id, experiment_id, step, \"timestamp\", \"value\") VALUES ", 64 + (points.Count * 64));
        foreach (var (run, p) in Latest(points))
        {
            sql.Append(CultureInfo.InvariantCulture, $"({p.RunNumber},{p.KeyId},{run.ExperimentId},{p.Step},{p.Timestamp},{p.Value}),");
        }

        sql.Length--;
        sql.Append(
            """
             ON CONFLICT (run_number, key_id) DO UPDATE SET step = excluded.step, "timestamp" = excluded."timestamp", "value" = excluded."value"
            WHERE (excluded.step, excluded."timestamp", excluded."value") > (run_metrics.step, run_metrics."timestamp", run_metrics."value")
            """);
        await db.Database.ExecuteSqlRawAsync(sql.ToString(), cancellationToken);
    }

    private static IEnumerable<(LoggingRun Run, RunMetricPoint Point)> Latest(IReadOnlyList<(LoggingRun Run, RunMetricPoint Point)> points)
    {
        var latest = new Dictionary<(long, long), (LoggingRun Run, RunMetricPoint Point)>();
        foreach (var one in points)
        {
            var key = (one.Point.RunNumber, one.Point.KeyId);
            if (!latest.TryGetValue(key, out var there) || RunAlerts.IsLater(one.Point, there.Point.Step, there.Point.Timestamp, there.Point.Value))
            {
                latest[key] = one;
            }
        }

        return latest.Values;
    }

    private sealed record Batch(string Run, IReadOnlyList<LoggedMetric> Metrics, long Now);
}

/// <summary>What logging needs to know of its run.</summary>
internal sealed record LoggingRun(long Number, string Id, long ExperimentId, bool IsDeleted, bool HasAlerts);
