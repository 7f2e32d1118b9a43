using System.Buffers;
using System.Text.Json;

namespace Slipway.Serving.Tensors;

/// <summary>
/// MLflow's scoring bodies: <c>dataframe_split</c>, <c>dataframe_records</c>, <c>instances</c> and <c>inputs</c>. They are written anew in the plain form and read as that.
/// Columns go to the inputs of their names; where the model has one input of two dimensions and other names, they are its columns, in the order sent.
/// </summary>
/// <remarks>Any other body is the plain form itself. <c>params</c> and other fields beside them are ignored, as MLflow ignores what a model does not take.</remarks>
public static class MLflowJson
{
    private static readonly string[] Keys = ["dataframe_split", "dataframe_records", "instances", "inputs"];

    /// <returns>Null, or why the request is refused. Afterwards <see cref="InferRequest.IsScoring"/> says whether it was one of these bodies.</returns>
    public static TensorError? Read(ReadOnlySpan<byte> body, ModelSignature signature, InferRequest request)
    {
        try
        {
            if (Find(body, signature, out var isPlain) is not { } key)
            {
                return PlainJson.Read(body, signature, request);
            }

            var error = isPlain ? PlainJson.Read(body, signature, request) : Rewrite(body, key, signature, request);
            request.IsScoring = true;
            return error;
        }
        catch (TensorException exception)
        {
            return exception.Error;
        }
        catch (JsonException exception)
        {
            return Json.Malformed(exception);
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException)
        {
            return new TensorError(TensorError.MalformedJson, "A text is not valid Unicode.");
        }
    }

    /// <summary>Which of the keys is there, once; null: none.</summary>
    /// <param name="isPlain">The body is the plain form as it is.</param>
    private static string? Find(ReadOnlySpan<byte> body, ModelSignature signature, out bool isPlain)
    {
        isPlain = true;
        string? found = null;
        var json = new Utf8JsonReader(body);
        json.Read();
        if (json.TokenType != JsonTokenType.StartObject)
        {
            return null;
        }

        while (Json.NextProperty(ref json))
        {
            foreach (var key in Keys)
            {
                if (json.ValueTextEquals(key))
                {
                    found = found is null ? key : throw Json.Bad($"A scoring body has one of {string.Join(", ", Keys)}, once.");
                    isPlain &= key == "inputs" && IsPlain(json, signature);
                }
            }

            isPlain &= found is not null && (json.ValueTextEquals("inputs"u8) || json.ValueTextEquals("outputs"u8));
            Json.Skip(ref json);
        }

        return found;
    }

    // An object may hold columns by name as well: the model's own names tell.
    private static bool IsPlain(Utf8JsonReader ahead, ModelSignature signature) =>
        ahead.Read() && (ahead.TokenType != JsonTokenType.StartObject || (ahead.Read() && ahead.TokenType == JsonTokenType.PropertyName && signature.FindInput(ahead.ValueSpan) >= 0));

    private static TensorError? Rewrite(ReadOnlySpan<byte> body, string key, ModelSignature signature, InferRequest request)
    {
        using var document = JsonDocument.Parse(body.ToArray());
        var value = document.RootElement.GetProperty(key);
        var text = new ArrayBufferWriter<byte>(body.Length);
        using (var json = new Utf8JsonWriter(text))
        {
            json.WriteStartObject();
            if (document.RootElement.TryGetProperty("outputs", out var outputs))
            {
                json.WritePropertyName("outputs");
                outputs.WriteTo(json);
            }

            json.WritePropertyName("inputs");
            Write(json, key, value, signature);
            json.WriteEndObject();
        }

        return PlainJson.Read(text.WrittenSpan, signature, request);
    }

    private static void Write(Utf8JsonWriter json, string key, JsonElement value, ModelSignature signature)
    {
        var isRecords = key == "dataframe_records" || (key == "instances" && value.ValueKind == JsonValueKind.Array && value.EnumerateArray().Any(r => r.ValueKind == JsonValueKind.Object));
        if (key == "dataframe_split")
        {
            Split(json, value, signature);
        }
        else if (isRecords)
        {
            Records(json, key, value, signature);
        }
        else if (value.ValueKind == JsonValueKind.Object && !value.EnumerateObject().Any(p => IsInput(p.Name, signature)))
        {
            var columns = value.EnumerateObject().ToList();
            var lists = columns.ConvertAll(c => c.Value.ValueKind == JsonValueKind.Array ? c.Value.EnumerateArray().ToList() : [c.Value]);
            if (lists.Count == 0 || lists.Exists(l => l.Count != lists[0].Count))
            {
                throw Json.Bad("The columns of inputs are lists of one length.");
            }

            Table(json, columns.ConvertAll(c => c.Name), [.. Enumerable.Range(0, lists[0].Count).Select(row => lists.ConvertAll(l => l[row]))], signature);
        }
        else
        {
            value.WriteTo(json);
        }
    }

    private static void Split(Utf8JsonWriter json, JsonElement value, ModelSignature signature)
    {
        if (value.ValueKind != JsonValueKind.Object || !value.TryGetProperty("data", out var data) || data.ValueKind != JsonValueKind.Array
            || data.EnumerateArray().Any(row => row.ValueKind != JsonValueKind.Array))
        {
            throw Json.Bad("dataframe_split has columns, a list of names, and data, a list of rows.");
        }

        if (!value.TryGetProperty("columns", out var columns))
        {
            data.WriteTo(json);
            return;
        }

        if (columns.ValueKind != JsonValueKind.Array || data.EnumerateArray().Any(row => row.GetArrayLength() != columns.GetArrayLength()))
        {
            throw Json.Bad("Each row of dataframe_split has as many values as there are columns.");
        }

        Table(
            json, [.. columns.EnumerateArray().Select(c => c.ValueKind == JsonValueKind.String ? c.GetString()! : c.GetRawText())],
            [.. data.EnumerateArray().Select(row => row.EnumerateArray().ToList())], signature);
    }

    private static void Records(Utf8JsonWriter json, string key, JsonElement value, ModelSignature signature)
    {
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() == 0 || value.EnumerateArray().Any(r => r.ValueKind != JsonValueKind.Object))
        {
            throw Json.Bad($"{key} is a list of objects, one for each row.");
        }

        List<string> columns = [.. value[0].EnumerateObject().Select(p => p.Name).Distinct(StringComparer.Ordinal)];
        Table(
            json, columns,
            [
                .. value.EnumerateArray().Select(row => columns.ConvertAll(
                    c => row.TryGetProperty(c, out var cell) ? cell : throw Json.Bad($"A row of {key} lacks the column {(c.Length > 64 ? c[..64] : c)}."))),
            ],
            signature);
    }

    private static void Table(Utf8JsonWriter json, List<string> columns, List<List<JsonElement>> rows, ModelSignature signature)
    {
        if (columns.TrueForAll(c => IsInput(c, signature)) && columns.Count > 0)
        {
            json.WriteStartObject();
            for (var at = 0; at < columns.Count; at++)
            {
                json.WritePropertyName(columns[at]);
                var isColumn = signature.Inputs.First(i => i.Name == columns[at]).Shape.Count == 2;
                json.WriteStartArray();
                foreach (var row in rows)
                {
                    Cell(json, row[at], isColumn && row[at].ValueKind != JsonValueKind.Array);
                }

                json.WriteEndArray();
            }

            json.WriteEndObject();
            return;
        }

        if (signature.Inputs is not [{ Shape.Count: 2 }])
        {
            throw new TensorException(
                TensorError.UnknownInput, $"The columns {string.Join(", ", columns.Take(8).Select(c => c.Length > 32 ? c[..32] : c))} are not the model's inputs; it takes {string.Join("; ", signature.Inputs.Take(8))}.");
        }

        json.WriteStartArray();
        foreach (var row in rows)
        {
            json.WriteStartArray();
            row.ForEach(cell => cell.WriteTo(json));
            json.WriteEndArray();
        }

        json.WriteEndArray();
    }

    private static void Cell(Utf8JsonWriter json, JsonElement value, bool inList)
    {
        if (inList)
        {
            json.WriteStartArray();
        }

        value.WriteTo(json);
        if (inList)
        {
            json.WriteEndArray();
        }
    }

    private static bool IsInput(string name, ModelSignature signature) => signature.Inputs.Any(i => i.Name == name);
}
