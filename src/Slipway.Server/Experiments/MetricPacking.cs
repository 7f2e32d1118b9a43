using System.Buffers.Binary;

namespace Slipway.Server.Experiments;

/// <summary>
/// Values of metrics as bytes: 1 for this form, then for each value its metric's number, its step and its timestamp, each as the difference to the value before it (zigzag,
/// seven bits a byte, the lowest first), and the value in eight bytes, the highest first (<see cref="MetricValue"/>). A batch of one step takes some 12 bytes a value.
/// </summary>
internal static class MetricPacking
{
    private const byte Form = 1;
    private const int MostBytes = 10 + 10 + 10 + 8;

    public static byte[] Pack(IReadOnlyList<RunMetricPoint> points)
    {
        var bytes = new byte[1 + (points.Count * MostBytes)];
        bytes[0] = Form;
        var at = 1;
        var (key, step, timestamp) = (0L, 0L, 0L);
        foreach (var point in points)
        {
            Write(bytes, ref at, point.KeyId - key);
            Write(bytes, ref at, point.Step - step);
            Write(bytes, ref at, point.Timestamp - timestamp);
            BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(at), point.Value);
            at += 8;
            (key, step, timestamp) = (point.KeyId, point.Step, point.Timestamp);
        }

        return bytes[..at];
    }

    /// <exception cref="InvalidDataException">The bytes are of another form, or cut.</exception>
    public static List<RunMetricPoint> Unpack(long run, byte[] packed)
    {
        if (packed is not [Form, ..])
        {
            throw new InvalidDataException($"Metrics of run number {run} are packed in a form that this version does not know.");
        }

        var points = new List<RunMetricPoint>();
        var (key, step, timestamp) = (0L, 0L, 0L);
        for (var at = 1; at < packed.Length; at += 8)
        {
            key += Read(packed, ref at);
            step += Read(packed, ref at);
            timestamp += Read(packed, ref at);
            if (packed.Length - at < 8)
            {
                throw new InvalidDataException($"Metrics of run number {run} are cut.");
            }

            points.Add(new RunMetricPoint
            {
                RunNumber = run, KeyId = key, Step = step, Timestamp = timestamp, Value = BinaryPrimitives.ReadInt64BigEndian(packed.AsSpan(at)),
            });
        }

        return points;
    }

    // Differences may run over the ends of a long; reading runs back over them.
    private static void Write(byte[] bytes, ref int at, long difference)
    {
        var rest = (ulong)((difference << 1) ^ (difference >> 63));
        for (; rest >= 0x80; rest >>= 7)
        {
            bytes[at++] = (byte)(rest | 0x80);
        }

        bytes[at++] = (byte)rest;
    }

    private static long Read(byte[] bytes, ref int at)
    {
        var value = 0UL;
        for (var shift = 0; ; shift += 7)
        {
            if (at >= bytes.Length || shift > 63)
            {
                throw new InvalidDataException("Packed metrics are cut.");
            }

            var part = bytes[at++];
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80)
            {
                return (long)(value >> 1) ^ -(long)(value & 1);
            }
        }
    }
}
