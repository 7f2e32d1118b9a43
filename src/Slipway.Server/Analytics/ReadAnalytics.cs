using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Slipway.Contracts;
using Slipway.Server.Platform;

namespace Slipway.Server.Analytics;

/// <summary>Counts and true percentiles of one deployment over a range: histograms are added before a quantile is taken.</summary>
internal sealed class ReadAnalytics(Database database, IOptions<AnalyticsOptions> options, TimeProvider time)
{
    /// <returns>All zero where nothing was counted under that name; or <c>invalid_field</c>.</returns>
    public async Task<Result<AnalyticsInfo>> RunAsync(
        string environment, string name, string? range, DateTimeOffset? from, DateTimeOffset? to, CancellationToken cancellationToken)
    {
        var parsed = AnalyticsRange.Of(range, from, to, options.Value.MinuteAge, time.GetUtcNow());
        if (parsed.Refusal is { } refusal)
        {
            return refusal;
        }

        var wanted = parsed.Value;
        var (start, end) = (wanted.From, wanted.To);
        var buckets = Enumerable.Range(0, wanted.Count).Select(_ => new Tally()).ToArray();
        await using var db = database.Read();
        var deployment = await db.Set<AnalyticsDeployment>().Where(d => d.Environment == environment && d.Name == name)
            .OrderByDescending(d => d.LastSequence).Select(d => (Guid?)d.DeploymentId).FirstOrDefaultAsync(cancellationToken);
        if (deployment is { } id)
        {
            var rows = wanted.Hours
                ? db.Set<HourAggregate>().Where(a => a.DeploymentId == id && a.At >= start && a.At < end).AsAsyncEnumerable<Aggregate>()
                : db.Set<MinuteAggregate>().Where(a => a.DeploymentId == id && a.At >= start && a.At < end).AsAsyncEnumerable<Aggregate>();
            await foreach (var row in rows.WithCancellation(cancellationToken))
            {
                buckets[wanted.IndexOf(row.At)].Add(row);
            }
        }

        var whole = new Tally();
        Array.ForEach(buckets, whole.Add);
        return new AnalyticsInfo(
            start, end, (int)wanted.Bucket.TotalSeconds, whole.Requests, whole.Failures,
            whole.Requests == 0 ? null : (double)(whole.Requests - whole.Failures) / whole.Requests, whole.MeanMs, whole.QuantileMs(0.5), whole.QuantileMs(0.95),
            whole.QuantileMs(0.99), [.. buckets.Select((tally, index) => ToBucket(start + (index * wanted.Bucket), tally))]);
    }

    private static AnalyticsBucket ToBucket(DateTimeOffset at, Tally tally) => new(
        at, tally.Requests, tally.Failures, Tally.Classes.Zip(tally.Responses).ToDictionary(c => c.First, c => c.Second), tally.MeanMs, tally.QuantileMs(0.5),
        tally.QuantileMs(0.95), tally.QuantileMs(0.99));
}
