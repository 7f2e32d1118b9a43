using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Platform;

namespace Slipway.Server.Experiments;

/// <summary>Reads the values of a run's metrics over steps.</summary>
internal sealed class ReadMetrics(Database database, RepackMetrics repack)
{
    /// <summary>Most points of one series of a chart.</summary>
    public const int MostPoints = 5000;

    /// <summary>Batches that are read at a time for a page of a history: some 150 KB where 100 metrics are logged together.</summary>
    private const int BatchesAtOnce = 128;

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
        MetricSample? place = null;
        if (page.After is { } after)
        {
            place = ParseToken(after);
            if (place is not var (step, timestamp, value))
            {
                return PageQuery.TokenInvalid;
            }

            points = points.Where(p => p.Step > step || (p.Step == step && (p.Timestamp > timestamp || (p.Timestamp == timestamp && p.Value > value))));
        }

        var earliest = new EarliestSamples(page.Limit + 1, place);
        await foreach (var row in points.OrderBy(p => p.Step).ThenBy(p => p.Timestamp).ThenBy(p => p.Value).Take(page.Limit + 1).AsAsyncEnumerable().WithCancellation(cancellationToken))
        {
            earliest.Add(MetricSample.Of(row));
        }

        await AddPackedAsync(db, number, keyId, earliest, cancellationToken);
        return page.Of([.. earliest.Held], p => string.Create(CultureInfo.InvariantCulture, $"{p.Step} {p.Timestamp} {p.Value}"), p => p.ToPoint());
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

    /// <summary>Counts first, so that no more is held than charts get; where values came in batches, those of <see cref="MetricThinning.MostHeld"/> at a time are put in order.</summary>
    private static async Task<List<MetricSeries>> SeriesAsync(SlipwayDbContext db, long run, List<RunKey> keys, int most, CancellationToken cancellationToken)
    {
        var ids = keys.ConvertAll(k => k.Id);
        var alone = await db.Set<RunMetricPoint>().Where(p => p.RunNumber == run && ids.Contains(p.KeyId))
            .GroupBy(p => p.KeyId).Select(g => new { g.Key, Count = g.Count() }).ToDictionaryAsync(g => g.Key, g => g.Count, cancellationToken);
        var packed = await CountPackedAsync(db, run, ids, cancellationToken);
        var series = ids.ToDictionary(id => id, id => (Count: alone.GetValueOrDefault(id), Chosen: new List<MetricSample>()));

        var onlyAlone = ids.FindAll(id => !packed.ContainsKey(id));
        var (key, at) = (0L, 0);
        await foreach (var point in Rows(db, run, onlyAlone).OrderBy(p => p.KeyId).ThenBy(p => p.Step).ThenBy(p => p.Timestamp).ThenBy(p => p.Value).AsAsyncEnumerable().WithCancellation(cancellationToken))
        {
            (key, at) = key == point.KeyId ? (key, at + 1) : (point.KeyId, 0);
            if (MetricThinning.IsChosen(at, series[key].Count, most))
            {
                series[key].Chosen.Add(MetricSample.Of(point));
            }
        }

        foreach (var group in MetricThinning.Together(packed.Keys, id => packed[id] + alone.GetValueOrDefault(id)))
        {
            var held = group.ToDictionary(id => id, id => new List<MetricSample>(packed[id] + alone.GetValueOrDefault(id)));
            await foreach (var point in Rows(db, run, group).AsAsyncEnumerable().WithCancellation(cancellationToken))
            {
                held[point.KeyId].Add(MetricSample.Of(point));
            }

            await foreach (var point in PackedAsync(db, run, cancellationToken))
            {
                held.GetValueOrDefault(point.KeyId)?.Add(MetricSample.Of(point));
            }

            foreach (var (id, samples) in held)
            {
                series[id] = MetricThinning.Choose(samples, most);
            }
        }

        return keys.ConvertAll(k => new MetricSeries(k.Name, series[k.Id].Count, series[k.Id].Chosen.ConvertAll(p => p.ToPoint())));
    }

    /// <summary>Values that came together with many others, out of the batches that can hold any that are wanted: by rising step, until those held end before the next batch.</summary>
    private async Task AddPackedAsync(SlipwayDbContext db, long run, long key, EarliestSamples earliest, CancellationToken cancellationToken)
    {
        var (batches, anyOld) = (db.Set<RunMetricBatch>().Where(b => b.RunNumber == run), false);
        await foreach (var packed in batches.Where(b => b.FirstStep == null).Select(b => b.Packed).AsAsyncEnumerable().WithCancellation(cancellationToken))
        {
            Add(packed);
            anyOld = true;
        }

        if (anyOld)
        {
            repack.Wish(run);   // what is packed anew from here on is read once more below, and left out
        }

        var wanted = earliest.FirstStep;
        var (first, id) = (wanted & -RunMetricBatch.Stretch, 0L);   // none begins before its stretch
        while (true)
        {
            var next = await batches.Where(b => b.FirstStep >= first && (b.FirstStep > first || b.Id > id) && b.LastStep >= wanted).OrderBy(b => b.FirstStep).ThenBy(b => b.Id)
                .Take(BatchesAtOnce).Select(b => new { b.Id, FirstStep = b.FirstStep!.Value, b.Packed }).ToListAsync(cancellationToken);
            foreach (var batch in next)
            {
                if (earliest.EndBefore(batch.FirstStep))
                {
                    return;
                }

                Add(batch.Packed);
            }

            if (next.Count < BatchesAtOnce)
            {
                return;
            }

            (first, id) = (next[^1].FirstStep, next[^1].Id);
        }

        void Add(byte[] packed)
        {
            foreach (var point in MetricPacking.Unpack(run, packed))
            {
                if (point.KeyId == key)
                {
                    earliest.Add(MetricSample.Of(point));
                }
            }
        }
    }

    private static IQueryable<RunMetricPoint> Rows(SlipwayDbContext db, long run, List<long> keys) => db.Set<RunMetricPoint>().Where(p => p.RunNumber == run && keys.Contains(p.KeyId));

    /// <summary>Values that came together with many others, by metric, repeated ones too; metrics without any are left out.</summary>
    private static async Task<Dictionary<long, int>> CountPackedAsync(SlipwayDbContext db, long run, IReadOnlyCollection<long> keys, CancellationToken cancellationToken)
    {
        var wanted = keys.ToHashSet();
        var counts = new Dictionary<long, int>();
        await foreach (var point in PackedAsync(db, run, cancellationToken))
        {
            if (wanted.Contains(point.KeyId))
            {
                CollectionsMarshal.GetValueRefOrAddDefault(counts, point.KeyId, out _)++;
            }
        }

        return counts;
    }

    /// <summary>Values of all metrics that came together with many others; one batch at a time is in memory.</summary>
    private static async IAsyncEnumerable<RunMetricPoint> PackedAsync(SlipwayDbContext db, long run, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var packed in db.Set<RunMetricBatch>().Where(b => b.RunNumber == run).Select(b => b.Packed).AsAsyncEnumerable().WithCancellation(cancellationToken))
        {
            foreach (var point in MetricPacking.Unpack(run, packed))
            {
                yield return point;
            }
        }
    }

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

    private static MetricSample? ParseToken(string token) =>
        token.Split(' ') is [var a, var b, var c] && long.TryParse(a, CultureInfo.InvariantCulture, out var step)
        && long.TryParse(b, CultureInfo.InvariantCulture, out var timestamp) && long.TryParse(c, CultureInfo.InvariantCulture, out var value)
            ? new MetricSample(step, timestamp, value)
            : null;
}
