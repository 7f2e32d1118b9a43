using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;

namespace Slipway.Server.History;

internal enum RecordKind : byte
{
    Label = 1,
    Begin = 2,
    End = 3,
}

[Flags]
internal enum RecordFlags : byte
{
    None = 0,

    /// <summary>The body is whole.</summary>
    BodyComplete = 1,

    /// <summary>The model itself answered the error.</summary>
    FromModel = 2,

    /// <summary>The body was left out because the journal was full.</summary>
    BodyDropped = 4,
}

/// <summary>Bytes of segments and records, layout version 1, little-endian (drawn in README.md).</summary>
internal static class JournalLayout
{
    public const int SegmentHeader = 64;

    /// <summary>stamp u64, length u32, checksum u32, kind u8, flags u8, label u16, body length u32.</summary>
    public const int RecordHeader = 24;

    /// <summary>Header, id and the numbers of a begin or end record; then its two strings, then the body.</summary>
    public const int RecordFixed = 80;

    /// <summary>Longest string of a record in UTF-16 units; longer ones are cut.</summary>
    public const int MaxString = 256;

    /// <summary>Longest note of a begin record in UTF-16 units; a longer one is left out.</summary>
    public const int MaxNote = 2048;

    private static ReadOnlySpan<byte> Magic => "SLPWJRN1"u8;

    public static int Align(int size) => (size + 7) & ~7;

    /// <summary>The commit word of a record: nobody outside can guess it and no two places share it, so a body cannot look like a record.</summary>
    public static ulong Stamp(ulong salt, long offset) => salt ^ (ulong)offset;

    /// <summary>CRC-32C in four interleaved lanes, over whole words: all that follows the checksum in a record.</summary>
    public static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        uint a = 0, b = 1, c = 2, d = 3;
        var i = 0;
        for (; i + 4 <= words.Length; i += 4)
        {
            a = BitOperations.Crc32C(a, words[i]);
            b = BitOperations.Crc32C(b, words[i + 1]);
            c = BitOperations.Crc32C(c, words[i + 2]);
            d = BitOperations.Crc32C(d, words[i + 3]);
        }

        for (; i < words.Length; i++)
        {
            a = BitOperations.Crc32C(a, words[i]);
        }

        return BitOperations.Crc32C(BitOperations.Crc32C(BitOperations.Crc32C(BitOperations.Crc32C(~0u, a), b), c), d);
    }

    public static void WriteHeader(Span<byte> segment, SegmentHeader header)
    {
        Magic.CopyTo(segment);
        BinaryPrimitives.WriteInt64LittleEndian(segment[8..], header.Sequence);
        BinaryPrimitives.WriteUInt64LittleEndian(segment[16..], header.Salt);
        header.Run.TryWriteBytes(segment[24..]);
        BinaryPrimitives.WriteUInt32LittleEndian(segment[56..], Checksum(segment[..56]));
    }

    /// <returns>False when the file ends before its header does, or is not a segment.</returns>
    public static bool TryReadHeader(ReadOnlySpan<byte> segment, out SegmentHeader header)
    {
        header = default;
        if (segment.Length < SegmentHeader || !segment.StartsWith(Magic) || BinaryPrimitives.ReadUInt32LittleEndian(segment[56..]) != Checksum(segment[..56]))
        {
            return false;
        }

        header = new SegmentHeader(
            BinaryPrimitives.ReadInt64LittleEndian(segment[8..]), BinaryPrimitives.ReadUInt64LittleEndian(segment[16..]), new Guid(segment.Slice(24, 16)));
        return true;
    }

    /// <summary>
    /// A label as bytes: three ids, two numbers, four strings with their lengths; then, where there was a routing table or a fallback, two more: the row's number and the
    /// variant that failed, each empty where it is not.
    /// </summary>
    public static byte[] Encode(RouteLabel label)
    {
        string[] strings = label.Row is null && label.RoutedTo is null
            ? [label.Environment, label.Deployment, label.Variant, label.Model]
            : [label.Environment, label.Deployment, label.Variant, label.Model, label.Row?.ToString(CultureInfo.InvariantCulture) ?? "", label.RoutedTo ?? ""];
        var bytes = new byte[56 + strings.Sum(s => 2 + Encoding.UTF8.GetByteCount(s))];
        label.DeploymentId.TryWriteBytes(bytes);
        label.OwnerId.TryWriteBytes(bytes.AsSpan(16));
        label.RevisionId.TryWriteBytes(bytes.AsSpan(32));
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(48), label.Revision);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(52), label.ModelVersion);
        var at = 56;
        foreach (var value in strings)
        {
            var length = Encoding.UTF8.GetBytes(value, bytes.AsSpan(at + 2));
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(at), (ushort)length);
            at += 2 + length;
        }

        return bytes;
    }

    public static RouteLabel DecodeLabel(ReadOnlySpan<byte> bytes)
    {
        var at = 56;
        var label = new RouteLabel(
            new Guid(bytes[..16]), Next(bytes, ref at), Next(bytes, ref at), new Guid(bytes.Slice(16, 16)), new Guid(bytes.Slice(32, 16)),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[48..]), Next(bytes, ref at), Next(bytes, ref at), BinaryPrimitives.ReadInt32LittleEndian(bytes[52..]));
        if (at >= bytes.Length)
        {
            return label;
        }

        var (row, routedTo) = (Next(bytes, ref at), Next(bytes, ref at));
        return label with { Row = row.Length == 0 ? null : int.Parse(row, CultureInfo.InvariantCulture), RoutedTo = routedTo.Length == 0 ? null : routedTo };

        static string Next(ReadOnlySpan<byte> bytes, ref int at)
        {
            var length = BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);
            var value = Encoding.UTF8.GetString(bytes.Slice(at + 2, length));
            at += 2 + length;
            return value;
        }
    }
}

/// <param name="Sequence">Rises with every segment of a data folder; names the file.</param>
/// <param name="Salt">Random, odd: makes the stamps.</param>
/// <param name="Run">The server run that wrote it.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct SegmentHeader(long Sequence, ulong Salt, Guid Run);

/// <summary>A committed record, in place.</summary>
internal readonly ref struct JournalRecord(ReadOnlySpan<byte> bytes)
{
    /// <summary>All of it, header included.</summary>
    public ReadOnlySpan<byte> Bytes { get; } = bytes;

    public RecordKind Kind => (RecordKind)Bytes[16];

    public RecordFlags Flags => (RecordFlags)Bytes[17];

    public ushort Label => BinaryPrimitives.ReadUInt16LittleEndian(Bytes[18..]);

    public Guid Id => new(Bytes.Slice(JournalLayout.RecordHeader, 16));

    private int BodyLength => BinaryPrimitives.ReadInt32LittleEndian(Bytes[20..]);

    /// <summary>A label record's label.</summary>
    public RouteLabel RouteLabel => JournalLayout.DecodeLabel(Bytes.Slice(JournalLayout.RecordHeader, BodyLength));

    // Begin: received i64, user 16, input length i64, origin u8, dialect u8, note length u16, user length u16, content type length u16.
    // End: total i64, queue i64, replica i64, output length i64, status i16, attempts u8, pad, error length u16, content type length u16.
    public long ReceivedUtcTicks => Int64(40);

    public Guid UserId => new(Bytes.Slice(48, 16));

    /// <summary>Whole length of input or output, which the body may be only the beginning of.</summary>
    public long WholeLength => Int64(64);

    public Origin Origin => (Origin)Bytes[72];

    public Dialect Dialect => (Dialect)Bytes[73];

    public long TotalMicros => Int64(40);

    public long QueueMicros => Int64(48);

    public long ReplicaMicros => Int64(56);

    public short Status => BinaryPrimitives.ReadInt16LittleEndian(Bytes[72..]);

    public byte Attempts => Bytes[74];

    /// <summary>User of a begin record, error code of an end record; UTF-8.</summary>
    public ReadOnlySpan<byte> First => Bytes.Slice(JournalLayout.RecordFixed, BinaryPrimitives.ReadUInt16LittleEndian(Bytes[76..]));

    /// <summary>UTF-8.</summary>
    public ReadOnlySpan<byte> ContentType => Bytes.Slice(JournalLayout.RecordFixed + First.Length, BinaryPrimitives.ReadUInt16LittleEndian(Bytes[78..]));

    /// <summary>Note of a begin record, UTF-8; empty: none.</summary>
    public ReadOnlySpan<byte> Note => Bytes.Slice(
        JournalLayout.RecordFixed + First.Length + ContentType.Length, Kind == RecordKind.Begin ? BinaryPrimitives.ReadUInt16LittleEndian(Bytes[74..]) : 0);

    public ReadOnlySpan<byte> Body => Bytes.Slice(JournalLayout.RecordFixed + First.Length + ContentType.Length + Note.Length, BodyLength);

    private long Int64(int offset) => BinaryPrimitives.ReadInt64LittleEndian(Bytes[offset..]);
}
