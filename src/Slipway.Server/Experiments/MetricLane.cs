using System.Globalization;
using System.Text;
using System.Threading.Channels;
using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Platform;

namespace Slipway.Server.Experiments;

/// <summary>
/// Stores batches that are metrics only, those that wait together in one unit: one question for their runs and two statements for all their values. Training
/// loops log one value at a time from many processes, so the cost of a unit is shared by all that came while the last one was committed.
/// </summary>
internal sealed class MetricLane(Writes writes, RunKeys keys) : BackgroundService
{
    private const int MostRequests = 128;
    private const int MostPoints = 20_000;
    private readonly Channel<Waiting> queue = Channel.CreateBounded<Waiting>(new BoundedChannelOptions(1024) { SingleReader = true });

    /// <summary>Stores values of one run; durable when it returns.</summary>
    /// <returns>True: stored. False: the run has alerts, and its batch must go alone. Else <c>run_not_found</c> or <c>run_deleted</c>.</returns>
    public async Task<Result<bool>> StoreAsync(string run, IReadOnlyList<LoggedMetric> metrics, long now, CancellationToken cancellationToken)
    {
        var waiting = new Waiting(run, metrics, now);
        await queue.Writer.WriteAsync(waiting, cancellationToken);
        return await waiting.Done.Task.WaitAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var together = new List<Waiting>();
        try
        {
            while (await queue.Reader.WaitToReadAsync(stoppingToken))
            {
                together.Clear();
                for (var points = 0; together.Count < MostRequests && points < MostPoints && queue.Reader.TryRead(out var next); points += next.Metrics.Count)
                {
                    together.Add(next);
                }

                await StoreTogetherAsync(together, stoppingToken);
            }
        }
        finally
        {
            queue.Writer.TryComplete();
            while (queue.Reader.TryRead(out var left))
            {
                left.Done.TrySetCanceled(CancellationToken.None);
            }
        }
    }

    private async Task StoreTogetherAsync(List<Waiting> together, CancellationToken cancellationToken)
    {
        try
        {
            IReadOnlyDictionary<string, long> ids = new Dictionary<string, long>();
            var stored = await writes.RunAsync<List<Result<bool>>>(
                async (db, token) =>
                {
                    var names = together.Select(w => w.Run).Distinct().ToList();
                    var runs = await db.Set<Run>().Where(r => names.Contains(r.Id)).Select(r => new LoggingRun(r.Number, r.Id, r.ExperimentId, r.DeletedAt != null, r.HasAlerts))
                        .ToDictionaryAsync(r => r.Id, token);
                    var answers = together.ConvertAll(w => AnswerOf(w.Run, runs.GetValueOrDefault(w.Run)));
                    var taken = together.Where((_, i) => answers[i] is { IsRefused: false, Value: true }).ToList();
                    ids = await keys.IdsAsync(db, taken.SelectMany(w => w.Metrics).Select(m => m.Key), token);
                    await InsertAsync(db, [.. taken.SelectMany(w => w.Metrics.Select(m => (runs[w.Run], Point(runs[w.Run], m, ids, w.Now))))], token);
                    return answers;
                },
                cancellationToken);
            keys.Remember(ids);
            for (var i = 0; i < together.Count; i++)
            {
                together[i].Done.TrySetResult(stored.Value[i]);
            }
        }
        catch (Exception exception)
        {
            together.ForEach(w => w.Done.TrySetException(exception));
        }
    }

    private static Result<bool> AnswerOf(string id, LoggingRun? run)
    {
        if (run is null || run.IsDeleted)
        {
            return run is null ? ExperimentRefusals.RunNotFound(id) : ExperimentRefusals.RunDeleted(id);
        }

        return !run.HasAlerts;
    }

    public static RunMetricPoint Point(LoggingRun run, LoggedMetric metric, IReadOnlyDictionary<string, long> ids, long now) => new()
    {
        RunNumber = run.Number, KeyId = ids[metric.Key], Step = metric.Step, Timestamp = metric.Timestamp ?? now, Value = MetricValue.Encode(metric.Value),
    };

    /// <summary>Stores values on a unit: two statements for any number. They hold numbers only, written by us, so they need no parameters.</summary>
    public static async Task InsertAsync(SlipwayDbContext db, IReadOnlyList<(LoggingRun Run, RunMetricPoint Point)> points, CancellationToken cancellationToken)
    {
        if (points.Count == 0)
        {
            return;
        }

        var sql = new StringBuilder("INSERT INTO run_metric_points (run_number, key_id, step, \"timestamp\", \"value\") VALUES ", 64 + (points.Count * 64));
        foreach (var (_, p) in points)
        {
            sql.Append(CultureInfo.InvariantCulture, $"({p.RunNumber},{p.KeyId},{p.Step},{p.Timestamp},{p.Value}),");
        }

        sql.Length--;
        await db.Database.ExecuteSqlRawAsync(sql.Append(" ON CONFLICT DO NOTHING").ToString(), cancellationToken);

        sql.Clear().Append("INSERT INTO run_metrics (run_number, key_id, experiment_id, step, \"timestamp\", \"value\") VALUES ");
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

    private sealed record Waiting(string Run, IReadOnlyList<LoggedMetric> Metrics, long Now)
    {
        public TaskCompletionSource<Result<bool>> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

/// <summary>What logging needs to know of its run.</summary>
internal sealed record LoggingRun(long Number, string Id, long ExperimentId, bool IsDeleted, bool HasAlerts);
