using Slipway.Server.Deployments;

namespace Slipway.Server.Analytics;

/// <summary>Counts by <see cref="LatencyBuckets"/>, as stored: for each bucket with a count, the distance from the one before and the count, as variable-length numbers.</summary>
internal static class LatencyHistogram
{
    public static byte[] Encode(ReadOnlySpan<long> counts)
    {
        var bytes = new List<byte>();
        var last = 0;
        for (var bucket = 0; bucket < counts.Length; bucket++)
        {
            if (counts[bucket] > 0)
            {
                Append(bytes, bucket - last);
                Append(bytes, counts[bucket]);
                last = bucket;
            }
        }

        return [.. bytes];
    }

    /// <summary>Adds stored counts to <paramref name="counts"/>: merging is adding.</summary>
    public static void AddTo(ReadOnlySpan<byte> stored, Span<long> counts)
    {
        var (at, bucket) = (0, 0);
        while (at < stored.Length)
        {
            bucket += (int)Next(stored, ref at);
            counts[bucket] += Next(stored, ref at);
        }
    }

    private static void Append(List<byte> bytes, long value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            bytes.Add((byte)(value | 0x80));
        }

        bytes.Add((byte)value);
    }

    private static long Next(ReadOnlySpan<byte> bytes, ref int at)
    {
        long value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var next = bytes[at++];
            value |= (long)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }
    }
}
