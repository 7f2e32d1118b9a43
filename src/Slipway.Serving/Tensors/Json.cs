using System.Text.Json;

namespace Slipway.Serving.Tensors;

/// <summary>Steps through JSON with refusals in the sender's words.</summary>
internal static class Json
{
    public static TensorError Malformed(JsonException exception) => new(
        TensorError.MalformedJson, $"The body is not JSON (line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1} of it).");

    /// <summary>Reads the first token, which must open an object.</summary>
    public static void Begin(ref Utf8JsonReader json, string what)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.StartObject)
        {
            throw Bad($"{what} is a JSON object.");
        }
    }

    /// <summary>From a property's name into its value, an object.</summary>
    public static void BeginValue(ref Utf8JsonReader json, string field) => Begin(ref json, $"The field {field}");

    public static void BeginList(ref Utf8JsonReader json, string field)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.StartArray)
        {
            throw Bad($"The field {field} is a list.");
        }
    }

    /// <summary>To the next property of the object; false at its end.</summary>
    public static bool NextProperty(ref Utf8JsonReader json) => json.Read() && json.TokenType == JsonTokenType.PropertyName;

    /// <summary>To the next object of a list; false at its end.</summary>
    public static bool NextEntry(ref Utf8JsonReader json, string field)
    {
        json.Read();
        return json.TokenType switch
        {
            JsonTokenType.EndArray => false,
            JsonTokenType.StartObject => true,
            _ => throw Bad($"The entries of {field} are objects."),
        };
    }

    /// <summary>From a property's name over its value.</summary>
    public static void Skip(ref Utf8JsonReader json)
    {
        json.Read();
        json.Skip();
    }

    public static void Once(ref bool was, string field)
    {
        NotTwice(was, field);
        was = true;
    }

    public static void NotTwice(bool was, string field)
    {
        if (was)
        {
            throw Bad($"The field {field} comes twice.");
        }
    }

    public static string Text(ref Utf8JsonReader json, string field, int most)
    {
        json.Read();
        return json.TokenType == JsonTokenType.String && json.GetString() is { } text && text.Length <= most
            ? text
            : throw Bad($"The field {field} is a text of at most {most} characters.");
    }

    public static bool Flag(ref Utf8JsonReader json, string field)
    {
        json.Read();
        return json.TokenType is JsonTokenType.True or JsonTokenType.False ? json.GetBoolean() : throw Bad($"The parameter {field} is true or false.");
    }

    public static long Size(ref Utf8JsonReader json, string field)
    {
        json.Read();
        return json.TokenType == JsonTokenType.Number && json.TryGetInt64(out var size) && size >= 0 ? size : throw Bad($"The parameter {field} is a whole number, 0 or above.");
    }

    public static DataType DataType(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.String && json.ValueSpan.Length <= 8)
        {
            Span<char> name = stackalloc char[8];
            if (DataTypes.TryParse(name[..json.CopyString(name)], out var type))
            {
                return type;
            }
        }

        throw new TensorException(TensorError.DatatypeMismatch, $"A datatype is one of {string.Join(", ", DataTypes.All)}.");
    }

    public static long[] Shape(ref Utf8JsonReader json)
    {
        json.Read();
        Span<long> sizes = stackalloc long[Shapes.MaxRank];
        var rank = 0;
        if (json.TokenType == JsonTokenType.StartArray)
        {
            while (json.Read() && json.TokenType != JsonTokenType.EndArray)
            {
                if (rank == Shapes.MaxRank || json.TokenType != JsonTokenType.Number || !json.TryGetInt64(out sizes[rank]) || sizes[rank] < 0)
                {
                    throw Bad($"A shape is a list of at most {Shapes.MaxRank} whole numbers, 0 or above.");
                }

                rank++;
            }

            return sizes[..rank].ToArray();
        }

        throw Bad($"A shape is a list of at most {Shapes.MaxRank} whole numbers, 0 or above.");
    }

    public static TensorException Bad(string message) => new(TensorError.MalformedRequest, message);
}
