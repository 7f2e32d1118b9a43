using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;

namespace Slipway.Server.History.Store;

/// <summary>
/// Up to <see cref="MostRows"/> predictions of one route as one row of a partition: their heads, which filters read, their details and their bodies, each one blob.
/// A row of its own for each prediction, with its place in three indexes, cost several times what the rest of history costs.
/// </summary>
/// <remarks>
/// Bodies are packed together (Brotli 0): requests of one route resemble each other, and a compressor that is made anew for each body of some kilobytes costs twice as much and sees nothing of that.
/// A head is 32 bytes: id (16, big-endian), status i16, origin u8, 0, then where details, input and output end in their blobs, u32 each; all little-endian.
/// </remarks>
internal sealed class PredictionBlock
{
    public const int MostRows = 256;
    private const int MostBodyBytes = 256 << 10;
    private const int LeastPackedBytes = 4 << 10;
    private const int HeadBytes = 32;
    private const int Window = 18;   // 256 KiB: a whole block
    private readonly ArrayBufferWriter<byte> heads = new(HeadBytes * MostRows);
    private readonly ArrayBufferWriter<byte> details = new(64 * MostRows);
    private readonly ArrayBufferWriter<byte> bodies = new(1 << 16);
    private byte[] packed = [];
    private int packedLength;   // 0: they are not packed

    public ReadOnlySpan<byte> Heads => heads.WrittenSpan;

    public ReadOnlySpan<byte> Details => details.WrittenSpan;

    /// <summary>Input and output of each prediction in turn; packed where <see cref="Marks"/> says so.</summary>
    public ReadOnlySpan<byte> Bodies => packedLength > 0 ? packed.AsSpan(0, packedLength) : bodies.WrittenSpan;

    public int Rows => heads.WrittenCount / HeadBytes;

    public bool IsFull => Rows >= MostRows || bodies.WrittenCount >= MostBodyBytes;

    public Guid FirstId { get; private set; }

    public Guid LastId { get; private set; }

    /// <summary>Which classes of status and which origins are in it; see <see cref="BlockMarks"/>.</summary>
    public int Marks { get; private set; }

    public void Clear()
    {
        heads.ResetWrittenCount();
        details.ResetWrittenCount();
        bodies.ResetWrittenCount();
        packedLength = 0;
        Marks = 0;
    }

    /// <summary>Packs the bodies of a block that takes no more rows.</summary>
    /// <returns>False: that would not save a quarter, and cost as much as if it had.</returns>
    public bool TryPack()
    {
        var whole = bodies.WrittenSpan;
        if (whole.Length < LeastPackedBytes)
        {
            return true;
        }

        var most = whole.Length / 4 * 3;
        packed = packed.Length < most ? GC.AllocateUninitializedArray<byte>(Math.Max(most, MostBodyBytes)) : packed;
        if (!BrotliEncoder.TryCompress(whole, packed.AsSpan(0, most), out packedLength, quality: 0, Window))
        {
            packedLength = 0;
            return false;
        }

        Marks |= BlockMarks.PackedBodies;
        return true;
    }

    /// <summary>The bodies of a stored block, as they were before they were packed.</summary>
    public static byte[] Unpack(ReadOnlySpan<byte> heads, int marks, byte[] bodies)
    {
        if ((marks & BlockMarks.PackedBodies) == 0)
        {
            return bodies;
        }

        var whole = new byte[HeadAt(heads, RowsOf(heads) - 1).Output.End.Value];
        return BrotliDecoder.TryDecompress(bodies, whole, out var length) && length == whole.Length
            ? whole
            : throw new InvalidDataException("The packed bodies of a block of predictions cannot be read.");
    }

    public void Add(StoreBatch batch, in PredictionRow row)
    {
        FirstId = Rows > 0 && FirstId.CompareTo(row.Id) <= 0 ? FirstId : row.Id;
        LastId = Rows > 0 && LastId.CompareTo(row.Id) >= 0 ? LastId : row.Id;
        Marks |= BlockMarks.Of(row.Status, row.Origin);
        details.Write(batch.Span(row.Details));
        bodies.Write(batch.Span(row.Input));
        var inputEnd = bodies.WrittenCount;
        bodies.Write(batch.Span(row.Output));

        var head = heads.GetSpan(HeadBytes)[..HeadBytes];
        row.Id.TryWriteBytes(head, bigEndian: true, out _);
        BinaryPrimitives.WriteInt16LittleEndian(head[16..], row.Status);
        head[18] = (byte)row.Origin;
        head[19] = 0;
        BinaryPrimitives.WriteInt32LittleEndian(head[20..], details.WrittenCount);
        BinaryPrimitives.WriteInt32LittleEndian(head[24..], inputEnd);
        BinaryPrimitives.WriteInt32LittleEndian(head[28..], bodies.WrittenCount);
        heads.Advance(HeadBytes);
    }

    public static int RowsOf(ReadOnlySpan<byte> heads) => heads.Length / HeadBytes;

    public static BlockHead HeadAt(ReadOnlySpan<byte> heads, int index)
    {
        var head = heads.Slice(index * HeadBytes, HeadBytes);
        var before = index == 0 ? default : heads.Slice((index - 1) * HeadBytes, HeadBytes);
        var detailsStart = index == 0 ? 0 : BinaryPrimitives.ReadInt32LittleEndian(before[20..]);
        var inputStart = index == 0 ? 0 : BinaryPrimitives.ReadInt32LittleEndian(before[28..]);
        var inputEnd = BinaryPrimitives.ReadInt32LittleEndian(head[24..]);
        return new BlockHead(
            new Guid(head[..16], bigEndian: true), BinaryPrimitives.ReadInt16LittleEndian(head[16..]), (Origin)head[18],
            detailsStart..BinaryPrimitives.ReadInt32LittleEndian(head[20..]), inputStart..inputEnd, inputEnd..BinaryPrimitives.ReadInt32LittleEndian(head[28..]));
    }
}

/// <summary>One prediction of a block, and where the rest of it is in the block's blobs.</summary>
[System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Auto)]
internal readonly record struct BlockHead(Guid Id, short Status, Origin Origin, Range Details, Range Input, Range Output);

/// <summary>A bit for each class of status (0 aborted, 1 to 5 for 1xx to 5xx, 6 for what is above), and from bit 8 one for each origin.</summary>
internal static class BlockMarks
{
    /// <summary>All classes but 2xx.</summary>
    public const int NotOk = 0b111_1011;

    /// <summary>All origins but live.</summary>
    public const int NotLive = 0b11_1110 << 8;

    /// <summary>Not a class: the block's bodies are packed.</summary>
    public const int PackedBodies = 1 << 16;

    public static int Of(short status, Origin origin) => (1 << ClassOf(status)) | (1 << (8 + (int)origin));

    /// <summary>The bits of which a block has one when it may hold such a status.</summary>
    public static int OfStatus((short Least, short Most)? status)
    {
        var mask = 0;
        for (var c = ClassOf(status?.Least ?? 0); c <= ClassOf(status?.Most ?? short.MaxValue); c++)
        {
            mask |= 1 << c;
        }

        return mask;
    }

    /// <summary>The bits of which a block has one when it may hold such an origin.</summary>
    public static int OfOrigin(Origin? origin) => origin is { } one ? 1 << (8 + (int)one) : 0xff00;

    private static int ClassOf(short status) => Math.Clamp(status / 100, 0, 6);
}
