using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Slipway.Contracts;
using Slipway.Server.Platform;

namespace Slipway.Server.Analytics;

/// <summary>Counts and true percentiles of one deployment over a range: histograms are added before a quantile is taken.</summary>
internal sealed class ReadAnalytics(Database database, IOptions<AnalyticsOptions> options, TimeProvider time)
{
    /// <param name="variant">Only what this variant answered, whatever the revision; null: all of them together.</param>
    /// <param name="by"><c>variant</c>: each variant on its own as well.</param>
    /// <returns>All zero where nothing was counted under that name; or <c>invalid_field</c>.</returns>
    public async Task<Result<AnalyticsInfo>> RunAsync(
        string environment, string name, string? range, DateTimeOffset? from, DateTimeOffset? to, string? variant, string? by, CancellationToken cancellationToken)
    {
        if (by is not (null or "variant"))
        {
            return Refusal.Field("by", $"Analytics are split by variant; '{by}' is nothing to split by. Give by=variant or leave it out.");
        }

        if (variant is { Length: 0 })
        {
            return Refusal.Field("variant", "Give the name of a variant, or leave it out for all of them together.");
        }

        var parsed = AnalyticsRange.Of(range, from, to, options.Value.MinuteAge, time.GetUtcNow());
        if (parsed.Refusal is { } refusal)
        {
            return refusal;
        }

        var wanted = parsed.Value;
        var (start, end) = (wanted.From, wanted.To);
        var variants = new SortedDictionary<string, Tally[]>(StringComparer.Ordinal);
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
                if (variant is not null && !string.Equals(variant, row.Variant, StringComparison.Ordinal))
                {
                    continue;
                }

                if (!variants.TryGetValue(row.Variant, out var counted))
                {
                    variants.Add(row.Variant, counted = Tallies(wanted.Count));
                }

                counted[wanted.IndexOf(row.At)].Add(row);
            }
        }

        var buckets = Tallies(wanted.Count);
        foreach (var counted in variants.Values)
        {
            for (var i = 0; i < buckets.Length; i++)
            {
                buckets[i].Add(counted[i]);
            }
        }

        var whole = Sum(buckets);
        return new AnalyticsInfo(
            start, end, (int)wanted.Bucket.TotalSeconds, whole.Requests, whole.Failures, whole.SuccessRate, whole.MeanMs, whole.QuantileMs(0.5), whole.QuantileMs(0.95),
            whole.QuantileMs(0.99), ToBuckets(wanted, buckets), by is null ? null : [.. variants.Select(v => ToVariant(v.Key, wanted, v.Value))]);
    }

    private static Tally[] Tallies(int count) => [.. Enumerable.Range(0, count).Select(_ => new Tally())];

    private static Tally Sum(Tally[] buckets)
    {
        var whole = new Tally();
        Array.ForEach(buckets, whole.Add);
        return whole;
    }

    private static VariantAnalytics ToVariant(string variant, AnalyticsRange range, Tally[] buckets)
    {
        var whole = Sum(buckets);
        return new VariantAnalytics(
            variant, whole.Requests, whole.Failures, whole.SuccessRate, whole.MeanMs, whole.QuantileMs(0.5), whole.QuantileMs(0.95), whole.QuantileMs(0.99),
            ToBuckets(range, buckets));
    }

    private static AnalyticsBucket[] ToBuckets(AnalyticsRange range, Tally[] buckets) =>
        [.. buckets.Select((tally, index) => ToBucket(range.From + (index * range.Bucket), tally))];

    private static AnalyticsBucket ToBucket(DateTimeOffset at, Tally tally) => new(
        at, tally.Requests, tally.Failures, Tally.Classes.Zip(tally.Responses).ToDictionary(c => c.First, c => c.Second), tally.MeanMs, tally.QuantileMs(0.5),
        tally.QuantileMs(0.95), tally.QuantileMs(0.99));
}
