using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Slipway.Serving.Tensors;

/// <summary>Reads the elements of one tensor from nested or flat JSON lists, straight into a <see cref="TensorStore"/>.</summary>
internal ref struct JsonTensorReader
{
    private readonly TensorStore store;
    private readonly string name;
    private readonly DataType type;
    private readonly long[] shape;
    private readonly ReadOnlySpan<byte> whole;   // what the reader reads; empty: no runs
    private Lengths seen;
    private Span<byte> target;
    private int written;
    private long count;

    private JsonTensorReader(ReadOnlySpan<byte> text, TensorStore store, string name, DataType type, long[] shape)
    {
        whole = text;
        this.store = store;
        this.name = name;
        this.type = type;
        this.shape = shape;
    }

    /// <summary>Reads the value at which the reader stands and adds the tensor; the reader ends on its last token.</summary>
    /// <param name="text">All that the reader reads, for runs of numbers; empty: it reads each of them itself, and so knows where in its line it is.</param>
    /// <param name="shape">-1 where the data decide; becomes the tensor's shape.</param>
    /// <param name="mayBeFlat">Whether one list of all elements is taken too; only with a whole shape.</param>
    /// <param name="most">Elements that what is left of the body can hold at most: a greater shape is refused before anything is reserved.</param>
    /// <exception cref="TensorException">The data are not what type and shape say.</exception>
    public static void Read(ref Utf8JsonReader json, ReadOnlySpan<byte> text, TensorStore store, string name, DataType type, long[] shape, bool mayBeFlat, long most)
    {
        var expected = -1L;
        if (!shape.AsSpan().Contains(-1))
        {
            expected = Shapes.Count(shape);
            if (expected < 0 || expected > most)
            {
                throw new TensorException(TensorError.DataMismatch, $"{name}: the shape {Shapes.Text(shape)} has more elements than this request can hold.");
            }
        }

        var reader = new JsonTensorReader(text, store, name, type, shape);
        reader.target = store.Reserve(expected > 0 ? (int)Math.Min(Array.MaxLength, (expected * Math.Max(4, type.Size())) + 8) : 256);
        reader.Lists(ref json, mayBeFlat, expected);
        store.Commit(name, type, shape, reader.written);
    }

    private void Lists(scoped ref Utf8JsonReader json, bool mayBeFlat, long expected)
    {
        var rank = shape.Length;
        var depth = 0;
        var leaf = -1;   // how deep the elements lie, once one was seen
        do
        {
            switch (json.TokenType)
            {
                case JsonTokenType.StartArray:
                    if (++depth > Math.Max(rank, mayBeFlat ? 1 : 0))
                    {
                        throw Wrong($"the lists are nested deeper than the {rank} dimensions of {Shapes.Text(shape)}.");
                    }

                    break;
                case JsonTokenType.EndArray:
                    depth--;
                    Leave(depth, isFlat: leaf == 1 && rank != 1, isEmpty: leaf < 0 && expected == 0);
                    break;
                case JsonTokenType.StartObject or JsonTokenType.Null:
                    throw Wrong($"an element is {(json.TokenType == JsonTokenType.Null ? "null" : "an object")}; {Expected()} are expected.");
                default:
                    leaf = leaf < 0 ? depth : leaf;
                    if (depth != leaf || (depth != rank && !(mayBeFlat && depth == 1)))
                    {
                        throw Wrong($"the lists are not nested as the shape {Shapes.Text(shape)} asks{(mayBeFlat ? "; one flat list is taken too" : "")}.");
                    }

                    var before = count;
                    Elements(ref json, isList: depth > 0);
                    if (depth > 0)
                    {
                        seen[depth - 1] += count - before;
                        depth--;   // the run ended at its list's end
                        Leave(depth, isFlat: leaf == 1 && rank != 1, isEmpty: false);
                    }

                    break;
            }
        }
        while (depth > 0 && json.Read());

        if (expected >= 0 && count != expected)
        {
            throw Wrong($"the shape {Shapes.Text(shape)} has {expected} elements; the data have {count}.");
        }

        for (var i = 0; i < shape.Length; i++)
        {
            shape[i] = Math.Max(0, shape[i]);   // lists that were never entered: [] has the shape [0, …]
        }
    }

    /// <summary>A list of depth <paramref name="depth"/> + 1 has ended: its length must be the shape's, or becomes it.</summary>
    private void Leave(int depth, bool isFlat, bool isEmpty)
    {
        if (!isFlat && !isEmpty && depth < shape.Length)
        {
            if (shape[depth] < 0)
            {
                shape[depth] = seen[depth];
            }
            else if (shape[depth] != seen[depth])
            {
                throw Wrong($"a list at depth {depth + 1} has {seen[depth]} entries; {shape[depth]} are expected.");
            }
        }

        seen[depth] = 0;
        if (depth > 0)
        {
            seen[depth - 1]++;
        }
    }

    /// <summary>Reads elements to the end of their list; for a scalar just one.</summary>
    private void Elements(scoped ref Utf8JsonReader json, bool isList)
    {
        switch (type)
        {
            case DataType.Fp32:
                Singles(ref json, isList);
                break;
            case DataType.Bytes:
                do
                {
                    Text(ref json);
                }
                while (isList && Next(ref json));
                break;
            default:
                do
                {
                    Element(json);
                }
                while (isList && Next(ref json));
                break;
        }
    }

    private bool Next(scoped ref Utf8JsonReader json)
    {
        json.Read();
        return json.TokenType switch
        {
            JsonTokenType.EndArray => false,
            JsonTokenType.StartArray => throw Wrong("elements and lists are mixed in one list."),
            _ => true,
        };
    }

    private void Singles(scoped ref Utf8JsonReader json, bool isList)
    {
        do
        {
            if (json.TokenType != JsonTokenType.Number || !JsonNumbers.TryReadSingle(json.ValueSpan, out var value))
            {
                throw Element(json.TokenType);
            }

            MemoryMarshal.Write(Room(4), value);
            written += 4;
            count++;
            if (isList && !whole.IsEmpty)
            {
                Run(ref json);
            }
        }
        while (isList && Next(ref json));
    }

    /// <summary>Takes the plain numbers that follow, and lets the reader go on behind them.</summary>
    private void Run(scoped ref Utf8JsonReader json)
    {
        ref var first = ref MemoryMarshal.GetReference(whole);
        var rest = whole[((int)Unsafe.ByteOffset(ref first, ref MemoryMarshal.GetReference(json.ValueSpan)) + json.ValueSpan.Length)..];
        var length = rest.Length;
        for (var isMore = true; isMore;)
        {
            var room = MemoryMarshal.Cast<byte, float>(Room(4));
            var read = NumberRun.Read(rest, room, out var consumed);
            rest = rest[consumed..];
            written += 4 * read;
            count += read;
            isMore = read == room.Length;
        }

        if (rest.Length < length)
        {
            json = new Utf8JsonReader(rest, isFinalBlock: true, json.CurrentState);
        }
    }

    private void Element(scoped in Utf8JsonReader json)
    {
        if (type == DataType.Bool)
        {
            Room(1)[0] = json.TokenType switch { JsonTokenType.True => 1, JsonTokenType.False => 0, var other => throw Element(other) };
            written++;
            count++;
            return;
        }

        var room = Room(8);
        var isRead = json.TokenType == JsonTokenType.Number && (type.IsFloat() ? Real(json.ValueSpan, room) : Whole(json, room));
        if (!isRead)
        {
            throw Element(json.TokenType);
        }

        written += type.Size();
        count++;
    }

    private readonly bool Real(ReadOnlySpan<byte> text, Span<byte> room)
    {
        if (!JsonNumbers.TryReadDouble(text, out var value))
        {
            return false;
        }

        switch (type)
        {
            case DataType.Fp64:
                BinaryPrimitives.WriteDoubleLittleEndian(room, value);
                return true;
            case DataType.Fp16:
                BinaryPrimitives.WriteHalfLittleEndian(room, (Half)value);
                return Half.IsFinite((Half)value);
            default:
                var rounded = BrainFloat.Round((float)value);
                BinaryPrimitives.WriteUInt16LittleEndian(room, rounded);
                return float.IsFinite(BrainFloat.Widen(rounded));
        }
    }

    private readonly bool Whole(scoped in Utf8JsonReader json, Span<byte> room)
    {
        if (type == DataType.UInt64)
        {
            var isRead = json.TryGetUInt64(out var large);
            BinaryPrimitives.WriteUInt64LittleEndian(room, large);
            return isRead;
        }

        if (!json.TryGetInt64(out var value))
        {
            return false;
        }

        BinaryPrimitives.WriteInt64LittleEndian(room, value);   // little-endian: the low bytes come first, and the next element overwrites the rest
        return type switch
        {
            DataType.UInt8 => value is >= byte.MinValue and <= byte.MaxValue,
            DataType.UInt16 => value is >= ushort.MinValue and <= ushort.MaxValue,
            DataType.UInt32 => value is >= uint.MinValue and <= uint.MaxValue,
            DataType.Int8 => value is >= sbyte.MinValue and <= sbyte.MaxValue,
            DataType.Int16 => value is >= short.MinValue and <= short.MaxValue,
            DataType.Int32 => value is >= int.MinValue and <= int.MaxValue,
            _ => true,
        };
    }

    private void Text(scoped ref Utf8JsonReader json)
    {
        if (json.TokenType != JsonTokenType.String)
        {
            throw Element(json.TokenType);
        }

        var room = Room(4 + json.ValueSpan.Length);
        int length;
        try
        {
            length = json.CopyString(room[4..]);
        }
        catch (InvalidOperationException)
        {
            throw Wrong("a text is not valid Unicode.");
        }

        BinaryPrimitives.WriteInt32LittleEndian(room, length);
        written += 4 + length;
        count++;
    }

    private Span<byte> Room(int more)
    {
        if (target.Length - written < more)
        {
            target = store.Reserve(checked((int)Math.Min(Array.MaxLength, Math.Max(2L * written, (long)written + more))), keep: written);
        }

        return target[written..];
    }

    private readonly TensorException Element(JsonTokenType token) => token is JsonTokenType.Number
        ? Wrong($"element {count} does not fit {type.Name()}.")
        : Wrong($"element {count} is {Word(token)}; {Expected()} are expected.");

    private readonly string Expected() => type switch { DataType.Bool => "true and false", DataType.Bytes => "texts", _ => $"numbers ({type.Name()})" };

    private static string Word(JsonTokenType token) => token switch
    {
        JsonTokenType.String => "a text", JsonTokenType.True or JsonTokenType.False => "true or false", JsonTokenType.Null => "null", JsonTokenType.StartObject => "an object", _ => "a list",
    };

    private readonly TensorException Wrong(string what) => new(TensorError.DataMismatch, $"{name}: {what}");

    /// <summary>Entries seen so far of the list that is open at each depth.</summary>
    [InlineArray(Shapes.MaxRank)]
    private struct Lengths
    {
        private long first;
    }
}
