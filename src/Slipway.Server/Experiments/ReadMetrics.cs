using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Platform;

namespace Slipway.Server.Experiments;

/// <summary>Reads the values of a run's metrics over steps.</summary>
internal sealed class ReadMetrics(Database database)
{
    /// <summary>Most points of one series of a chart.</summary>
    public const int MostPoints = 5000;

    /// <summary>Every value, in order of step, timestamp, value.</summary>
    /// <returns>A page, <c>run_not_found</c> or <c>metric_not_found</c>.</returns>
    public async Task<Result<Page<MetricPoint>>> HistoryAsync(string id, string key, PageQuery page, CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        var found = await PointsAsync(db, id, key, cancellationToken);
        if (found.Refusal is { } refusal)
        {
            return refusal;
        }

        var (number, keyId) = found.Value;
        var points = db.Set<RunMetricPoint>().Where(p => p.RunNumber == number && p.KeyId == keyId);
        (long Step, long Timestamp, long Value)? place = null;
        if (page.After is { } after)
        {
            place = ParseToken(after);
            if (place is not var (step, timestamp, value))
            {
                return PageQuery.TokenInvalid;
            }

            points = points.Where(p => p.Step > step || (p.Step == step && (p.Timestamp > timestamp || (p.Timestamp == timestamp && p.Value > value))));
        }

        var rows = await points.OrderBy(p => p.Step).ThenBy(p => p.Timestamp).ThenBy(p => p.Value).Take(page.Limit + 1).ToListAsync(cancellationToken);
        var packed = (await PackedAsync(db, number, [keyId], cancellationToken)).GetValueOrDefault(keyId, []);
        return page.Of(
            [.. Merged(rows, packed.Where(p => place is not { } at || RunAlerts.IsLater(p, at.Step, at.Timestamp, at.Value))).Take(page.Limit + 1)],
            p => string.Create(CultureInfo.InvariantCulture, $"{p.Step} {p.Timestamp} {p.Value}"), ToPoint);
    }

    /// <summary>Series for charts: all values, or evenly chosen ones where there are more than <paramref name="most"/>; the last one is always among them.</summary>
    /// <param name="metrics">Null or empty: every metric of the run, at most 100 of them.</param>
    public async Task<Result<Page<MetricSeries>>> SeriesAsync(string id, IReadOnlyCollection<string> metrics, int most, CancellationToken cancellationToken)
    {
        if (most is < 2 or > MostPoints || metrics.Count > 100)
        {
            return ExperimentRefusals.BadFilter("points", $"points is a number from 2 to {MostPoints}, and at most 100 metrics are asked for at a time.");
        }

        await using var db = database.Read();
        var number = await db.Set<Run>().Where(r => r.Id == id).Select(r => (long?)r.Number).SingleOrDefaultAsync(cancellationToken);
        if (number is null)
        {
            return ExperimentRefusals.RunNotFound(id);
        }

        var keys = await (
            from m in db.Set<RunMetric>()
            join k in db.Set<RunKey>() on m.KeyId equals k.Id
            where m.RunNumber == number && (metrics.Count == 0 || metrics.Contains(k.Name))
            select k).ToListAsync(cancellationToken);
        var chosen = keys.OrderBy(k => k.Name, StringComparer.Ordinal).Take(100).ToList();
        return new Page<MetricSeries>(await SeriesAsync(db, number.Value, chosen, most, cancellationToken), null);
    }

    /// <summary>However many metrics: one question for their counts, one for what came alone, one for what came in batches.</summary>
    private static async Task<List<MetricSeries>> SeriesAsync(SlipwayDbContext db, long run, List<RunKey> keys, int most, CancellationToken cancellationToken)
    {
        var ids = keys.ConvertAll(k => k.Id);
        var packed = await PackedAsync(db, run, ids, cancellationToken);
        var rows = db.Set<RunMetricPoint>().Where(p => p.RunNumber == run && ids.Contains(p.KeyId));
        var counts = await rows.GroupBy(p => p.KeyId).Select(g => new { g.Key, Count = g.Count() }).ToDictionaryAsync(g => g.Key, g => g.Count, cancellationToken);
        var kept = ids.ToDictionary(id => id, _ => new List<RunMetricPoint>());
        var (key, at) = (0L, 0);
        await foreach (var point in rows.OrderBy(p => p.KeyId).ThenBy(p => p.Step).ThenBy(p => p.Timestamp).ThenBy(p => p.Value).AsAsyncEnumerable().WithCancellation(cancellationToken))
        {
            (key, at) = key == point.KeyId ? (key, at + 1) : (point.KeyId, 0);
            if (packed.ContainsKey(key) || IsChosen(at, counts.GetValueOrDefault(key), most))   // what came in batches is put among them before they are thinned
            {
                kept[key].Add(point);
            }
        }

        return keys.ConvertAll(k =>
        {
            if (!packed.TryGetValue(k.Id, out var batched))
            {
                return new MetricSeries(k.Name, counts.GetValueOrDefault(k.Id), [.. kept[k.Id].Select(ToPoint)]);
            }

            var merged = Merged(kept[k.Id], batched).ToList();
            return new MetricSeries(k.Name, merged.Count, [.. merged.Where((_, i) => IsChosen(i, merged.Count, most)).Select(ToPoint)]);
        });
    }

    private static bool IsChosen(int at, int count, int most) => at % Every(count, most) == 0 || at == count - 1;

    private static int Every(int count, int most) => Math.Max(1, (int)Math.Ceiling((count - 1) / (double)(most - 1)));

    /// <summary>Values of these metrics that came together with many others, by metric; those without any are left out.</summary>
    private static async Task<Dictionary<long, List<RunMetricPoint>>> PackedAsync(SlipwayDbContext db, long run, IReadOnlyCollection<long> keys, CancellationToken cancellationToken)
    {
        var wanted = keys.ToHashSet();
        var found = new Dictionary<long, List<RunMetricPoint>>();
        await foreach (var packed in db.Set<RunMetricBatch>().Where(b => b.RunNumber == run).Select(b => b.Packed).AsAsyncEnumerable().WithCancellation(cancellationToken))
        {
            foreach (var point in MetricPacking.Unpack(run, packed))
            {
                if (wanted.Contains(point.KeyId))
                {
                    (CollectionsMarshal.GetValueRefOrAddDefault(found, point.KeyId, out _) ??= []).Add(point);
                }
            }
        }

        return found;
    }

    /// <summary>In order of step, timestamp, value; what is there twice, once.</summary>
    private static IEnumerable<RunMetricPoint> Merged(IEnumerable<RunMetricPoint> rows, IEnumerable<RunMetricPoint> batched) =>
        rows.Concat(batched).DistinctBy(p => (p.Step, p.Timestamp, p.Value)).OrderBy(p => p.Step).ThenBy(p => p.Timestamp).ThenBy(p => p.Value);

    private static async Task<Result<(long Run, long Key)>> PointsAsync(SlipwayDbContext db, string id, string key, CancellationToken cancellationToken)
    {
        var number = await db.Set<Run>().Where(r => r.Id == id).Select(r => (long?)r.Number).SingleOrDefaultAsync(cancellationToken);
        if (number is null)
        {
            return ExperimentRefusals.RunNotFound(id);
        }

        var keyId = key.Contains('\0', StringComparison.Ordinal) ? null : await (
            from m in db.Set<RunMetric>()
            join k in db.Set<RunKey>() on m.KeyId equals k.Id
            where m.RunNumber == number && k.Name == key
            select (long?)k.Id).SingleOrDefaultAsync(cancellationToken);
        return keyId is null ? ExperimentRefusals.MetricNotFound(key) : (number.Value, keyId.Value);
    }

    private static MetricPoint ToPoint(RunMetricPoint point) => new(MetricValue.Decode(point.Value), point.Step, point.Timestamp);

    private static (long Step, long Timestamp, long Value)? ParseToken(string token) =>
        token.Split(' ') is [var a, var b, var c] && long.TryParse(a, CultureInfo.InvariantCulture, out var step)
        && long.TryParse(b, CultureInfo.InvariantCulture, out var timestamp) && long.TryParse(c, CultureInfo.InvariantCulture, out var value)
            ? (step, timestamp, value)
            : null;
}
