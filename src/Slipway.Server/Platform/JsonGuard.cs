using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;

namespace Slipway.Server.Platform;

/// <summary>
/// Decides whether JSON from outside may come in at all. What it lets through cannot fail later on any database or in any reader: no depth above 64, no
/// doubled key, no number outside a double, no lone surrogate, no U+0000, no byte that is not UTF-8.
/// </summary>
internal static class JsonGuard
{
    public const int MostDepth = 64;

    /// <summary>Null: good. Else 400 <c>invalid_json</c> with the position.</summary>
    public static Refusal? Check(ReadOnlySpan<byte> json)
    {
        if (!Utf8.IsValid(json))
        {
            return Invalid("is not UTF-8", null);
        }

        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MostDepth + 1 });   // one more, so that we say it and not the reader
        using var names = new NameStack(json);
        try
        {
            while (reader.Read())
            {
                var fault = reader.TokenType switch
                {
                    JsonTokenType.StartObject or JsonTokenType.StartArray when reader.CurrentDepth >= MostDepth => $"is nested deeper than {MostDepth}",
                    JsonTokenType.StartObject => names.Open(),
                    JsonTokenType.EndObject => names.Close(),
                    JsonTokenType.PropertyName => CheckText(ref reader) ?? (names.Add(ref reader) ? null : "has a key twice in one object"),
                    JsonTokenType.String => CheckText(ref reader),
                    JsonTokenType.Number => IsFinite(ref reader) ? null : "has a number that no double can hold",
                    _ => null,
                };
                if (fault is not null)
                {
                    return Invalid(fault, reader.TokenStartIndex);
                }
            }
        }
        catch (JsonException exception)
        {
            return Refusal.BadRequest("invalid_json", $"The body is not JSON: line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}.");
        }

        return null;
    }

    private static Refusal Invalid(string what, long? position) =>
        Refusal.BadRequest("invalid_json", position is { } at ? $"The body {what}, at byte {at}." : $"The body {what}.");

    // Only escapes can make a bad text out of valid UTF-8; a raw U+0000 is not JSON.
    private static string? CheckText(ref Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped)
        {
            return null;
        }

        var text = reader.ValueSpan;
        for (var at = text.IndexOf((byte)'\\'); at >= 0 && at < text.Length;)
        {
            if (text[at + 1] == 'u')
            {
                var unit = HexAt(text, at + 2);
                if (unit == 0)
                {
                    return "has the character U+0000 in a text";
                }

                if (unit is >= 0xDC00 and <= 0xDFFF)
                {
                    return "has half a surrogate pair in a text";
                }

                if (unit is >= 0xD800 and <= 0xDBFF)
                {
                    var followed = at + 12 <= text.Length && text[at + 6] == '\\' && text[at + 7] == 'u' && HexAt(text, at + 8) is >= 0xDC00 and <= 0xDFFF;
                    if (!followed)
                    {
                        return "has half a surrogate pair in a text";
                    }

                    at += 6;
                }

                at += 6;
            }
            else
            {
                at += 2;
            }

            var next = at < text.Length ? text[at..].IndexOf((byte)'\\') : -1;
            at = next < 0 ? -1 : at + next;
        }

        return null;
    }

    // The reader has already checked that four hexadecimal digits are there.
    private static int HexAt(ReadOnlySpan<byte> text, int at) => int.Parse(text.Slice(at, 4), System.Globalization.NumberStyles.HexNumber);

    private static bool IsFinite(ref Utf8JsonReader reader)
    {
        var text = reader.ValueSpan;
        var plain = text.Length <= 300 && !text.ContainsAny((byte)'e', (byte)'E');
        return plain || (reader.TryGetDouble(out var value) && double.IsFinite(value));
    }

    /// <summary>The keys seen in each open object. Objects with many keys cost one hash set; small ones are compared in a row. A body without objects costs nothing, one without escapes in its keys no allocation.</summary>
    private ref struct NameStack(ReadOnlySpan<byte> json) : IDisposable
    {
        private const int Few = 12;
        private readonly ReadOnlySpan<byte> json = json;
        private (int Start, int Length)[] names = [];   // in the body; below 0: in the list beside
        private List<byte[]>? unescaped;
        private int count;
        private int[] starts = [];
        private HashSet<string>?[] sets = [];
        private int depth = -1;

        public string? Open()
        {
            if (starts.Length == 0)
            {
                starts = ArrayPool<int>.Shared.Rent(MostDepth + 1);
                sets = ArrayPool<HashSet<string>?>.Shared.Rent(MostDepth + 1);
                names = ArrayPool<(int, int)>.Shared.Rent(64);
            }

            starts[++depth] = count;
            sets[depth] = null;
            return null;
        }

        public string? Close()
        {
            count = starts[depth];
            sets[depth--] = null;
            return null;
        }

        /// <returns>False: the key is there already.</returns>
        public bool Add(ref Utf8JsonReader reader)
        {
            if (sets[depth] is { } many)
            {
                return many.Add(reader.GetString()!);
            }

            for (var i = starts[depth]; i < count; i++)
            {
                if (reader.ValueTextEquals(Name(i)))
                {
                    return false;
                }
            }

            if (count - starts[depth] == Few)
            {
                var set = new HashSet<string>(StringComparer.Ordinal);
                for (var i = starts[depth]; i < count; i++)
                {
                    set.Add(System.Text.Encoding.UTF8.GetString(Name(i)));
                }

                sets[depth] = set;
                return set.Add(reader.GetString()!);
            }

            if (count == names.Length)
            {
                var larger = ArrayPool<(int, int)>.Shared.Rent(count * 2);
                names.AsSpan(0, count).CopyTo(larger);
                ArrayPool<(int, int)>.Shared.Return(names);
                names = larger;
            }

            names[count++] = reader.ValueIsEscaped ? Unescaped(ref reader) : ((int)reader.TokenStartIndex + 1, reader.ValueSpan.Length);
            return true;
        }

        public readonly void Dispose()
        {
            if (starts.Length > 0)
            {
                ArrayPool<int>.Shared.Return(starts);
                ArrayPool<HashSet<string>?>.Shared.Return(sets, clearArray: true);
                ArrayPool<(int, int)>.Shared.Return(names);
            }
        }

        private readonly ReadOnlySpan<byte> Name(int index) =>
            names[index] is var (start, length) && start >= 0 ? json.Slice(start, length) : unescaped![~start];

        private (int Start, int Length) Unescaped(ref Utf8JsonReader reader)
        {
            unescaped ??= [];
            unescaped.Add(System.Text.Encoding.UTF8.GetBytes(reader.GetString()!));
            return (~(unescaped.Count - 1), 0);
        }
    }
}
