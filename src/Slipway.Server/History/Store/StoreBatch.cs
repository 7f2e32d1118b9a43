using System.Buffers;
using System.IO.Compression;

namespace Slipway.Server.History.Store;

/// <summary>A stretch of the journal made ready for the store: finished predictions, begins left open, opens that are finished, and the position after it.</summary>
internal sealed class StoreBatch(int compressFromBytes)
{
    private const int MostRows = 8192;
    private const int MostBytes = 4 << 20;
    private readonly ArrayBufferWriter<byte> arena = new(1 << 16);
    private readonly List<PredictionRow> rows = [];

    /// <summary>Rises by one with each batch of a journal; a store that has this number already has the batch.</summary>
    public long Number { get; set; }

    public JournalPosition Position { get; set; }

    /// <summary>Route by route, each in the order of its end records.</summary>
    public IReadOnlyList<PredictionRow> Rows => rows;

    /// <summary>The rows in place, for who goes through all of them.</summary>
    public ReadOnlySpan<PredictionRow> RowSpan => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(rows);

    public List<(OpenPrediction Open, byte[] Record)> Opened { get; } = [];

    /// <summary>Open predictions of earlier batches that are rows of this one.</summary>
    public List<Guid> Closed { get; } = [];

    /// <summary>Bytes of rows, as they will be stored.</summary>
    public int Bytes => arena.WrittenCount;

    /// <summary>Takes no more: the rest is for the next one.</summary>
    public bool IsFull => rows.Count >= MostRows || Bytes >= MostBytes;

    public void Clear()
    {
        arena.ResetWrittenCount();
        rows.Clear();
        Opened.Clear();
        Closed.Clear();
    }

    /// <summary>Brings the rows of each route together, the order within a route kept.</summary>
    public void GroupByRoute()
    {
        if (rows.Count < 2 || rows.TrueForAll(r => ReferenceEquals(r.Route, rows[0].Route)))
        {
            return;
        }

        var places = new Dictionary<RouteLabel, int>(ReferenceEqualityComparer.Instance);
        foreach (var row in rows)
        {
            places.TryAdd(row.Route, places.Count);
        }

        var grouped = rows.OrderBy(r => places[r.Route]).ToList();   // stable
        rows.Clear();
        rows.AddRange(grouped);
    }

    public ReadOnlySpan<byte> Span(ArenaSlice slice) => arena.WrittenSpan.Slice(slice.Start, slice.Length);

    public ReadOnlyMemory<byte> Memory(ArenaSlice slice) => arena.WrittenMemory.Slice(slice.Start, slice.Length);

    /// <summary>Adds an answered prediction.</summary>
    public void Add(RouteLabel route, JournalRecord begin, JournalRecord end)
    {
        var (input, inputPacked) = AddBody(begin.Body);
        var (output, outputPacked) = AddBody(end.Body);
        var flags = (begin.Flags.HasFlag(RecordFlags.BodyComplete) ? DetailFlags.InputComplete : DetailFlags.None) | (inputPacked ? DetailFlags.InputPacked : DetailFlags.None)
            | (end.Flags.HasFlag(RecordFlags.BodyComplete) ? DetailFlags.OutputComplete : DetailFlags.None) | (outputPacked ? DetailFlags.OutputPacked : DetailFlags.None)
            | (end.Flags.HasFlag(RecordFlags.FromModel) ? DetailFlags.FromModel : DetailFlags.None);
        var details = AddDetails(flags, begin, end.Attempts, end.TotalMicros, end.QueueMicros, end.ReplicaMicros, end.WholeLength, end.First, end.ContentType);
        rows.Add(new PredictionRow(route, begin.Id, end.Status, begin.Origin, begin.ReceivedUtcTicks, end.TotalMicros, details, input, output));
    }

    /// <summary>Adds a prediction whose server ended before it did.</summary>
    public void AddAborted(RouteLabel route, JournalRecord begin)
    {
        var (input, packed) = AddBody(begin.Body);
        var flags = (begin.Flags.HasFlag(RecordFlags.BodyComplete) ? DetailFlags.InputComplete : DetailFlags.None) | (packed ? DetailFlags.InputPacked : DetailFlags.None);
        var details = AddDetails(flags, begin, 0, 0, 0, 0, 0, default, default);
        rows.Add(new PredictionRow(route, begin.Id, 0, begin.Origin, begin.ReceivedUtcTicks, 0, details, input, default));
    }

    private ArenaSlice AddDetails(
        DetailFlags flags, JournalRecord begin, byte attempts, long totalMicros, long queueMicros, long replicaMicros, long outputLength, ReadOnlySpan<byte> error,
        ReadOnlySpan<byte> outputType)
    {
        var start = arena.WrittenCount;
        var size = PredictionDetails.MaxFixed + begin.First.Length + begin.ContentType.Length + error.Length + outputType.Length + begin.Note.Length;
        var writer = new DetailWriter(arena.GetSpan(size));
        writer.Byte(PredictionDetails.Version);
        writer.Byte((byte)flags);
        writer.Byte((byte)begin.Dialect);
        writer.Byte(attempts);
        writer.Int64(begin.ReceivedUtcTicks);
        writer.Guid(begin.UserId);
        writer.Number(totalMicros);
        writer.Number(queueMicros);
        writer.Number(replicaMicros);
        writer.Number(begin.WholeLength);
        writer.Number(outputLength);
        writer.String(begin.First);
        writer.String(begin.ContentType);
        writer.String(error);
        writer.String(outputType);
        if (!begin.Note.IsEmpty)
        {
            writer.String(begin.Note);
        }

        arena.Advance(writer.Length);
        return new ArenaSlice(start, writer.Length);
    }

    private (ArenaSlice Slice, bool Packed) AddBody(ReadOnlySpan<byte> body)
    {
        var start = arena.WrittenCount;
        if (body.Length >= compressFromBytes
            && BrotliEncoder.TryCompress(body, arena.GetSpan(body.Length)[..(body.Length - (body.Length / 8))], out var packed, quality: 1, window: 18))
        {
            arena.Advance(packed);
            return (new ArenaSlice(start, packed), true);
        }

        arena.Write(body);
        return (new ArenaSlice(start, body.Length), false);
    }
}

[System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Auto)]
internal readonly record struct ArenaSlice(int Start, int Length);

/// <summary>A finished prediction of a batch.</summary>
/// <param name="Status">HTTP status; 0: aborted.</param>
[System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Auto)]
internal readonly record struct PredictionRow(
    RouteLabel Route, Guid Id, short Status, Origin Origin, long ReceivedUtcTicks, long TotalMicros, ArenaSlice Details, ArenaSlice Input, ArenaSlice Output);
