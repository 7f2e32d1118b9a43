using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Slipway.Server.History;

/// <summary>
/// The memory-mapped journal: the request path's only door to history. Both calls copy and return (well under a microsecond for small bodies; no syscall, no lock,
/// no allocation once the route is known); when the journal is full bodies are dropped first, then begin records, then end records, counted, and never a request.
/// </summary>
/// <remarks>Any number of threads. What <see cref="End"/> has returned from survives kill -9 of this process; power loss may cost the last second.</remarks>
internal sealed class PredictionJournal
{
    /// <summary>Most bytes of one body; what is beyond is cut and the body flagged incomplete.</summary>
    public const int MaxBodyBytes = 1 << 20;

    /// <summary>Most bytes that the gateway collects of a streamed body.</summary>
    public const int MaxStreamedBodyBytes = 64 << 10;

    private JournalSegment? active;
    private bool underPressure;
    private long droppedPayloads;
    private long droppedRecords;

    /// <summary>Dropped since the start, because the journal was full or closed: bodies, whole records.</summary>
    public (long Payloads, long Records) Dropped => (Volatile.Read(ref droppedPayloads), Volatile.Read(ref droppedRecords));

    /// <summary>The segment being written; null before the start and after the end, when records are dropped.</summary>
    internal JournalSegment? Active => Volatile.Read(ref active);

    public void Begin(RouteLabel route, in PredictionBegin begin, ReadOnlySpan<byte> input)
    {
        var flags = Cut(ref input, begin.InputComplete);
        var user = CutString(begin.User);
        var contentType = CutString(begin.InputContentType);
        var note = begin.Note is { Length: <= JournalLayout.MaxNote } ? begin.Note : null;
        if (!TryReserve(RecordKind.Begin, flags, route, begin.PredictionId, user, contentType, note, input, out var place))
        {
            return;
        }

        var record = place.Record;
        BinaryPrimitives.WriteInt64LittleEndian(record[40..], begin.ReceivedUtcTicks);
        begin.UserId.TryWriteBytes(record[48..]);
        BinaryPrimitives.WriteInt64LittleEndian(record[64..], begin.InputLength);
        record[72] = (byte)begin.Origin;
        record[73] = (byte)begin.Dialect;
        place.Commit();
    }

    public void End(RouteLabel route, in PredictionEnd end, ReadOnlySpan<byte> output)
    {
        var flags = Cut(ref output, end.OutputComplete) | (end.FromModel ? RecordFlags.FromModel : RecordFlags.None);
        var error = CutString(end.ErrorCode);
        var contentType = CutString(end.OutputContentType);
        if (!TryReserve(RecordKind.End, flags, route, end.PredictionId, error, contentType, default, output, out var place))
        {
            return;
        }

        var record = place.Record;
        BinaryPrimitives.WriteInt64LittleEndian(record[40..], end.TotalMicros);
        BinaryPrimitives.WriteInt64LittleEndian(record[48..], end.QueueMicros);
        BinaryPrimitives.WriteInt64LittleEndian(record[56..], end.ReplicaMicros);
        BinaryPrimitives.WriteInt64LittleEndian(record[64..], end.OutputLength);
        BinaryPrimitives.WriteInt16LittleEndian(record[72..], end.Status);
        record[74] = end.Attempts;
        place.Commit();
    }

    /// <summary>Starts to take records.</summary>
    internal void Open(JournalSegment first) => Volatile.Write(ref active, first);

    /// <summary>Takes no more records; what was reserved will still be committed.</summary>
    /// <returns>The last segment, closed.</returns>
    internal JournalSegment? Close()
    {
        var last = Interlocked.Exchange(ref active, null);
        last?.Close();
        return last;
    }

    /// <summary>Makes <paramref name="next"/> the active segment if <paramref name="full"/> is it.</summary>
    internal void Advance(JournalSegment full, JournalSegment next) => Interlocked.CompareExchange(ref active, next, full);

    /// <summary>Set while the journal takes more than three quarters of its room on the disk: bodies are left out.</summary>
    internal void SetPressure(bool value) => Volatile.Write(ref underPressure, value);

    /// <summary>
    /// Finds a place and fills header, id, strings and body. 1: which segment, and whether it is so full, without a next one, that bodies or begins must make
    /// way. 2: the route's number in it. 3: reserve; when it is full, the next segment becomes the active one and the search starts again.
    /// </summary>
    private bool TryReserve(
        RecordKind kind, RecordFlags flags, RouteLabel route, Guid id, ReadOnlySpan<char> first, ReadOnlySpan<char> contentType, ReadOnlySpan<char> note,
        ReadOnlySpan<byte> body, out Place place)
    {
        var firstLength = Encoding.UTF8.GetByteCount(first);
        var typeLength = Encoding.UTF8.GetByteCount(contentType);
        var noteLength = note.IsEmpty ? 0 : Encoding.UTF8.GetByteCount(note);
        for (var attempt = 0; attempt < 8; attempt++)
        {
            // 1
            if (Volatile.Read(ref active) is not { } segment)
            {
                break;
            }

            var isLast = segment.Next is null;
            var used = segment.Tail;
            if (isLast && kind == RecordKind.Begin && used > segment.Capacity / 8 * 7)
            {
                break;
            }

            var withBody = body.Length > 0 && !Volatile.Read(ref underPressure) && !(isLast && used > segment.Capacity / 4 * 3)
                && body.Length < segment.Capacity / 4;

            // 2
            var bodyLength = withBody ? body.Length : 0;
            var size = JournalLayout.Align(JournalLayout.RecordFixed + firstLength + typeLength + noteLength + bodyLength);
            var label = segment.LabelOf(route);

            // 3
            if (label is null || !segment.TryReserve(size, out var offset))
            {
                if (segment.Next is not { } next)
                {
                    break;
                }

                segment.Close();   // where it had no room for a label's number only
                Advance(segment, next);
                continue;
            }

            if (body.Length > 0 && !withBody)
            {
                Interlocked.Increment(ref droppedPayloads);
                flags = (flags & ~RecordFlags.BodyComplete) | RecordFlags.BodyDropped;
            }

            var record = segment.At(offset, size);
            record[16] = (byte)kind;
            record[17] = (byte)flags;
            BinaryPrimitives.WriteUInt16LittleEndian(record[18..], label.Value);
            BinaryPrimitives.WriteInt32LittleEndian(record[20..], bodyLength);
            id.TryWriteBytes(record[24..]);
            BinaryPrimitives.WriteUInt16LittleEndian(record[76..], (ushort)firstLength);
            BinaryPrimitives.WriteUInt16LittleEndian(record[78..], (ushort)typeLength);
            Encoding.UTF8.GetBytes(first, record[JournalLayout.RecordFixed..]);
            Encoding.UTF8.GetBytes(contentType, record[(JournalLayout.RecordFixed + firstLength)..]);
            BinaryPrimitives.WriteUInt16LittleEndian(record[74..], (ushort)noteLength);   // of an end record: the attempts, which come after
            Encoding.UTF8.GetBytes(note, record[(JournalLayout.RecordFixed + firstLength + typeLength)..]);
            body[..bodyLength].CopyTo(record[(JournalLayout.RecordFixed + firstLength + typeLength + noteLength)..]);
            place = new Place(segment, offset, record);
            return true;
        }

        Interlocked.Increment(ref droppedRecords);
        place = default;
        return false;
    }

    private static RecordFlags Cut(ref ReadOnlySpan<byte> body, bool complete)
    {
        if (body.Length > MaxBodyBytes)
        {
            body = body[..MaxBodyBytes];
            complete = false;
        }

        return complete ? RecordFlags.BodyComplete : RecordFlags.None;
    }

    private static ReadOnlySpan<char> CutString(string? value) =>
        value is null || value.Length <= JournalLayout.MaxString ? value : value.AsSpan(0, JournalLayout.MaxString);

    [SuppressMessage("Design", "MA0102", Justification = "Never compared.")]
    private readonly ref struct Place(JournalSegment segment, long offset, Span<byte> record)
    {
        private readonly JournalSegment segment = segment;
        private readonly long offset = offset;

        public Span<byte> Record { get; } = record;

        public void Commit() => segment.Commit(offset, Record.Length);
    }
}
