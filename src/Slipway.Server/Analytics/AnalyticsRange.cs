using Slipway.Server.Platform;

namespace Slipway.Server.Analytics;

/// <summary>A range cut into equal buckets, on the boundaries of the buckets.</summary>
/// <param name="Hours">Whether the hour aggregates are enough (or the only ones that reach back).</param>
[System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Auto)]
internal readonly record struct AnalyticsRange(DateTimeOffset From, DateTimeOffset To, TimeSpan Bucket, bool Hours)
{
    private const int MostBuckets = 100;
    private static readonly int[] BucketSeconds = [60, 300, 900, 3600, 10_800, 21_600, 86_400, 604_800];

    private static readonly Dictionary<string, TimeSpan> Named = new(StringComparer.Ordinal)
    {
        ["1h"] = TimeSpan.FromHours(1),
        ["6h"] = TimeSpan.FromHours(6),
        ["1d"] = TimeSpan.FromDays(1),
        ["7d"] = TimeSpan.FromDays(7),
        ["14d"] = TimeSpan.FromDays(14),
    };

    /// <summary>The smallest bucket that makes at most 100 of the range: 1 minute for an hour, 6 hours for 14 days.</summary>
    /// <param name="name">1h, 6h, 1d (the default), 7d or 14d; back from now.</param>
    /// <param name="from">With <paramref name="to"/> instead of a name.</param>
    /// <param name="minuteAge">How far the minute aggregates reach back.</param>
    public static Result<AnalyticsRange> Of(string? name, DateTimeOffset? from, DateTimeOffset? to, TimeSpan minuteAge, DateTimeOffset now)
    {
        if (from is null && to is null)
        {
            if (!Named.TryGetValue(name ?? "1d", out var length))
            {
                return Refusal.Field("range", $"'{name}' is no range; give 1h, 6h, 1d, 7d or 14d, or from and to.");
            }

            (from, to) = (now - length, now);
        }

        var end = to ?? now;
        if (from is not { } start || start >= end || end - start > TimeSpan.FromDays(401))
        {
            return Refusal.Field("from", "A range begins before it ends and is at most 400 days long; give from, and to where it is not now.");
        }

        var least = start < now - minuteAge ? 3600 : 60;
        var seconds = BucketSeconds.FirstOrDefault(s => s >= least && (end - start).TotalSeconds / s <= MostBuckets, BucketSeconds[^1]);
        var bucket = TimeSpan.FromSeconds(seconds);
        return new AnalyticsRange(Floor(start, bucket), Floor(end.AddTicks(bucket.Ticks - 1), bucket), bucket, seconds >= 3600);
    }

    /// <summary>Number of the bucket that an instant is in.</summary>
    public int IndexOf(DateTimeOffset at) => (int)((at - From) / Bucket);

    public int Count => (int)((To - From) / Bucket);

    private static DateTimeOffset Floor(DateTimeOffset at, TimeSpan bucket) => new(at.UtcTicks - (at.UtcTicks % bucket.Ticks), TimeSpan.Zero);
}
