using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace Slipway.Server.History;

/// <summary>Reads one segment in order, live or left by an earlier run. What it yields stays in place until the scan is disposed.</summary>
internal abstract class JournalScan(SegmentHeader header)
{
    public SegmentHeader Header => header;

    /// <summary>Where the next record is looked for.</summary>
    public long Offset { get; protected set; } = JournalLayout.SegmentHeader;

    /// <summary>Places that were passed over because what stood there was torn.</summary>
    public long Torn { get; protected set; }

    public Dictionary<ushort, RouteLabel> Labels { get; } = [];

    /// <summary>All has been read and nothing can follow in this segment.</summary>
    public abstract bool AtEnd { get; }

    /// <summary>Takes the next record that is not a label; labels are kept.</summary>
    /// <param name="place">Where it is: <see cref="Record"/> finds it again.</param>
    public bool TryNext([UnscopedRef] out JournalPlace place)
    {
        while (TryMove(out place))
        {
            var record = Record(place);
            if (record.Kind != RecordKind.Label)
            {
                return true;
            }

            Labels[record.Label] = record.RouteLabel;
        }

        return false;
    }

    public JournalRecord Record(JournalPlace place) => new(Bytes(place));

    /// <summary>Goes to a stored position, picking up the labels on the way.</summary>
    public void SkipTo(long offset)
    {
        while (Offset < offset && TryMove(out var place))
        {
            var record = Record(place);
            if (record.Kind == RecordKind.Label)
            {
                Labels[record.Label] = record.RouteLabel;
            }
        }

        Torn = 0;
    }

    protected abstract bool TryMove(out JournalPlace place);

    protected abstract ReadOnlySpan<byte> Bytes(JournalPlace place);
}

/// <summary>A record's place in its segment.</summary>
[System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Auto)]
internal readonly record struct JournalPlace(int Offset, int Length);

/// <summary>A segment of this run, while it is being written: stops at the first record that is not committed yet.</summary>
internal sealed class LiveScan(JournalSegment segment) : JournalScan(segment.Header)
{
    public JournalSegment Segment => segment;

    public override bool AtEnd => Offset >= segment.End;

    protected override bool TryMove(out JournalPlace place)
    {
        place = default;
        if (Offset >= segment.End || !segment.TryRead(Offset, out var record))
        {
            return false;
        }

        place = new JournalPlace((int)Offset, record.Bytes.Length);
        Offset += record.Bytes.Length;
        return true;
    }

    protected override ReadOnlySpan<byte> Bytes(JournalPlace place) => segment.At(place.Offset, place.Length);
}

/// <summary>
/// A file that an earlier run left. Nobody writes it any more, so a place that holds no whole record is torn: a writer died between reserving and
/// committing, or power went before the pages were written. It is passed over and the next record is found by its stamp.
/// </summary>
internal sealed class LeftScan : JournalScan
{
    private readonly byte[] bytes;

    private LeftScan(byte[] bytes, SegmentHeader header)
        : base(header) => this.bytes = bytes;

    public override bool AtEnd => Offset >= bytes.Length;

    /// <returns>Null when the file is no whole segment: it was being made when its server ended.</returns>
    public static LeftScan? Open(string path)
    {
        var content = File.ReadAllBytes(path);
        return JournalLayout.TryReadHeader(content, out var header) ? new LeftScan(content, header) : null;
    }

    protected override bool TryMove(out JournalPlace place)
    {
        var torn = false;
        for (; Offset + JournalLayout.RecordHeader <= bytes.Length; Offset += 8)
        {
            var here = bytes.AsSpan((int)Offset);
            var stamp = BinaryPrimitives.ReadUInt64LittleEndian(here);
            if (stamp == JournalLayout.Stamp(Header.Salt, Offset) && IsWhole(here, out var length))
            {
                Torn += torn ? 1 : 0;
                place = new JournalPlace((int)Offset, length);
                Offset += length;
                return true;
            }

            torn |= stamp != 0;
        }

        Torn += torn ? 1 : 0;
        Offset = bytes.Length;
        place = default;
        return false;
    }

    protected override ReadOnlySpan<byte> Bytes(JournalPlace place) => bytes.AsSpan(place.Offset, place.Length);

    private static bool IsWhole(ReadOnlySpan<byte> here, out int length)
    {
        length = BinaryPrimitives.ReadInt32LittleEndian(here[8..]);
        return length >= JournalLayout.RecordHeader && length <= here.Length && length % 8 == 0
            && BinaryPrimitives.ReadUInt32LittleEndian(here[12..]) == JournalLayout.Checksum(here[16..length]);
    }
}
