using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Slipway.Server.History.Store;

[Flags]
internal enum DetailFlags : byte
{
    None = 0,
    InputComplete = 1,
    OutputComplete = 2,
    FromModel = 4,
    InputPacked = 8,
    OutputPacked = 16,
}

/// <summary>
/// What no filter asks for, packed into one column: version, flags, dialect, attempts (a byte each), received (ticks, 8), user id (16), then as variable-length numbers
/// total, queue and replica microseconds, input and output length, then user, input content type, error code, output content type and, where there is one, the note of the routing, each
/// after its length.
/// </summary>
internal readonly record struct PredictionDetails(
    DetailFlags Flags, Dialect Dialect, byte Attempts, long ReceivedUtcTicks, Guid UserId, long TotalMicros, long QueueMicros, long ReplicaMicros, long InputLength,
    long OutputLength, string? User, string? InputType, string? ErrorCode, string? OutputType,
    string? Note = null)
{
    public const byte Version = 1;
    public const int MaxFixed = 4 + 8 + 16 + (10 * 10);

    public static PredictionDetails Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes[0] != Version)
        {
            throw new InvalidDataException($"Details of version {bytes[0]} in the history; this server knows version {Version}.");
        }

        var at = 28;
        return new PredictionDetails(
            (DetailFlags)bytes[1], (Dialect)bytes[2], bytes[3], ReceivedOf(bytes), new Guid(bytes.Slice(12, 16)), Number(bytes, ref at), Number(bytes, ref at),
            Number(bytes, ref at), Number(bytes, ref at), Number(bytes, ref at), String(bytes, ref at), String(bytes, ref at), String(bytes, ref at), String(bytes, ref at), at < bytes.Length ? String(bytes, ref at) : null);
    }

    public static long ReceivedOf(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadInt64LittleEndian(bytes[4..]);

    public static long TotalMicrosOf(ReadOnlySpan<byte> bytes)
    {
        var at = 28;
        return Number(bytes, ref at);
    }

    /// <summary>A stored body as it was recorded.</summary>
    public static byte[] Unpack(byte[] body, bool packed)
    {
        if (!packed)
        {
            return body;
        }

        using var source = new BrotliStream(new MemoryStream(body), CompressionMode.Decompress);
        using var whole = new MemoryStream();
        source.CopyTo(whole);
        return whole.ToArray();
    }

    private static long Number(ReadOnlySpan<byte> bytes, ref int at)
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var next = bytes[at++];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return (long)value;
            }
        }
    }

    private static string? String(ReadOnlySpan<byte> bytes, ref int at)
    {
        var length = (int)Number(bytes, ref at);
        var value = length == 0 ? null : Encoding.UTF8.GetString(bytes.Slice(at, length));
        at += length;
        return value;
    }
}

/// <summary>Writes <see cref="PredictionDetails"/>.</summary>
internal ref struct DetailWriter(Span<byte> target)
{
    private readonly Span<byte> target = target;

    public int Length { get; private set; }

    public void Byte(byte value) => target[Length++] = value;

    public void Int64(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(target[Length..], value);
        Length += 8;
    }

    public void Guid(Guid value)
    {
        value.TryWriteBytes(target[Length..]);
        Length += 16;
    }

    public void Number(long value)
    {
        var rest = (ulong)value;
        for (; rest >= 0x80; rest >>= 7)
        {
            Byte((byte)(rest | 0x80));
        }

        Byte((byte)rest);
    }

    public void String(ReadOnlySpan<byte> value)
    {
        Number(value.Length);
        value.CopyTo(target[Length..]);
        Length += value.Length;
    }
}
