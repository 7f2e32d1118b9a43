using System.Text.Json;

namespace Slipway.Serving.Tensors;

/// <summary>
/// The plain form of the predict routes: <c>{"inputs": {name: nested list}}</c>, or just the nested list where the model has one input. Datatypes are the
/// signature's, shapes those of the lists. One row may stand for a list of one row where the first dimension is free. <c>"outputs": [name]</c> may choose outputs.
/// </summary>
public static class PlainJson
{
    /// <returns>Null, or why the request is refused.</returns>
    public static TensorError? Read(ReadOnlySpan<byte> body, ModelSignature signature, InferRequest request) => Read(body, body, signature, request);

    /// <param name="runs">The body; empty: its numbers are read one by one, to say where it is no JSON.</param>
    internal static TensorError? Read(ReadOnlySpan<byte> body, ReadOnlySpan<byte> runs, ModelSignature signature, InferRequest request)
    {
        request.Clear();
        try
        {
            var json = new Utf8JsonReader(body);
            json.Read();
            if (json.TokenType == JsonTokenType.StartObject)
            {
                Request(ref json, runs, signature, request, body.Length);
            }
            else
            {
                Only(ref json, runs, signature, request, body.Length);
            }

            return json.Read() ? new TensorError(TensorError.MalformedJson, "Something follows the JSON text.") : null;
        }
        catch (TensorException exception)
        {
            return exception.Error;
        }
        catch (JsonException exception)
        {
            return runs.IsEmpty ? Json.Malformed(exception) : Read(body, default, signature, request);
        }
        catch (InvalidOperationException)
        {
            return new TensorError(TensorError.MalformedJson, "A text is not valid Unicode.");
        }
    }

    private static void Request(ref Utf8JsonReader json, ReadOnlySpan<byte> runs, ModelSignature signature, InferRequest request, int most)
    {
        bool hasInputs = false, hasOutputs = false;
        while (Json.NextProperty(ref json))
        {
            if (json.ValueTextEquals("inputs"u8))
            {
                Json.Once(ref hasInputs, "inputs");
                json.Read();
                if (json.TokenType != JsonTokenType.StartObject)
                {
                    Only(ref json, runs, signature, request, most);
                    continue;
                }

                while (Json.NextProperty(ref json))
                {
                    var name = json.GetString()!;
                    var spec = signature.Inputs.FirstOrDefault(i => i.Name == name) ?? throw Signatures.Unknown(name, signature);
                    Signatures.NotTwice(name, request);
                    json.Read();
                    Tensor(ref json, runs, spec, request, most);
                }
            }
            else if (json.ValueTextEquals("outputs"u8))
            {
                Json.Once(ref hasOutputs, "outputs");
                Json.BeginList(ref json, "outputs");
                while (json.Read() && json.TokenType != JsonTokenType.EndArray)
                {
                    var name = json.TokenType == JsonTokenType.String ? json.GetString()! : throw Json.Bad("The field outputs is a list of names.");
                    var index = signature.FindOutput(System.Text.Encoding.UTF8.GetBytes(name));
                    request.Outputs.Add(index >= 0 && !request.Outputs.Exists(o => o.Index == index)
                        ? new RequestedOutput(index, name, null)
                        : throw new TensorException(TensorError.UnknownOutput, $"Each name of outputs is, once, one of {string.Join(", ", signature.Outputs.Select(o => o.Name))}."));
                }
            }
            else
            {
                throw Json.Bad("The request has the fields inputs and, to choose, outputs; there is another.");
            }
        }

        if (!hasInputs)
        {
            throw Json.Bad("The request has no field inputs.");
        }

        Signatures.RequireAll(signature, request);
    }

    private static void Only(ref Utf8JsonReader json, ReadOnlySpan<byte> runs, ModelSignature signature, InferRequest request, int most)
    {
        if (signature.Inputs is not [var only])
        {
            throw new TensorException(
                TensorError.MissingInput, $"The model takes {signature.Inputs.Count} inputs ({string.Join("; ", signature.Inputs.Take(8))}); send {{\"inputs\": {{name: nested list}}}}.");
        }

        Tensor(ref json, runs, only, request, most);
    }

    private static void Tensor(ref Utf8JsonReader json, ReadOnlySpan<byte> runs, TensorSpec spec, InferRequest request, int most)
    {
        var depth = 0;
        for (var ahead = json; ahead.TokenType == JsonTokenType.StartArray && depth <= Shapes.MaxRank; ahead.Read())
        {
            depth++;
        }

        var isRow = depth == spec.Dims.Length - 1 && spec.Dims[0] < 0;
        var shape = new long[isRow ? depth : spec.Dims.Length];
        Array.Fill(shape, -1);
        if (depth != shape.Length && !(depth < shape.Length && IsEmpty(json)))
        {
            throw new TensorException(TensorError.ShapeMismatch, $"Input {spec.Name} comes as lists nested {depth} deep; the model takes {spec}.");
        }

        JsonTensorReader.Read(ref json, runs, request.Inputs, spec.Name, spec.Type, shape, mayBeFlat: false, most);
        if (isRow)
        {
            shape = [1, .. shape];
            request.Inputs.Reshape(request.Inputs.Count - 1, shape);
        }

        Signatures.CheckShape(spec, shape);
    }

    /// <summary>Whether the lists end before an element: <c>[]</c>, <c>[[]]</c>.</summary>
    private static bool IsEmpty(Utf8JsonReader ahead)
    {
        while (ahead.TokenType == JsonTokenType.StartArray)
        {
            ahead.Read();
        }

        return ahead.TokenType == JsonTokenType.EndArray;
    }
}

/// <summary>Writes an answer in the plain form: <c>{name: nested list, …}</c>. Reused; not for several threads at a time.</summary>
public sealed class PlainJsonWriter
{
    private readonly AnswerLimit limit;
    private readonly AnswerBuffer text;
    private readonly Utf8JsonWriter json;
    private bool isInner;

    /// <param name="limit">Null: that of a replica with a process of its own.</param>
    public PlainJsonWriter(AnswerLimit? limit = null)
    {
        this.limit = limit ?? AnswerLimit.Isolated;
        text = new AnswerBuffer(this.limit);
        json = new Utf8JsonWriter(text, OpenInferenceWriter.Options);
    }

    /// <param name="predictions">As MLflow has it: <c>{"predictions": {name: nested list, …}}</c>.</param>
    public void Begin(bool predictions = false)
    {
        text.Clear();
        json.Reset(text);
        json.WriteStartObject();
        isInner = predictions;
        if (predictions)
        {
            json.WriteStartObject("predictions"u8);
        }
    }

    /// <returns>Null, or bad_answer: JSON cannot carry it; or model_error: it is too long. What was begun is then of no use.</returns>
    public TensorError? Output(in Tensor tensor)
    {
        try
        {
            limit.Check(tensor, isBinary: false, text.Length + (long)json.BytesPending);
            json.WritePropertyName(tensor.Name);
            JsonTensorWriter.Nested(json, tensor);
            return null;
        }
        catch (TensorException exception)
        {
            return exception.Error;
        }
    }

    /// <summary>A sequence of maps: a list with one object per row.</summary>
    /// <param name="keys">One-dimensional; written as texts.</param>
    /// <param name="values"><c>[rows, keys]</c>.</param>
    public TensorError? Maps(string name, IReadOnlyList<string> keys, in Tensor values)
    {
        try
        {
            limit.Check(values, isBinary: false, text.Length + (long)json.BytesPending);
            json.WritePropertyName(name);
            json.WriteStartArray();
            var rowBytes = values.Type.Size() * keys.Count;
            for (var row = 0; row < values.Shape[0]; row++)
            {
                json.WriteStartObject();
                for (var key = 0; key < keys.Count; key++)
                {
                    json.WritePropertyName(keys[key]);
                    JsonTensorWriter.Nested(json, new Tensor(name, values.Type, [], values.Data.Slice((row * rowBytes) + (key * values.Type.Size()), values.Type.Size())));
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
            return null;
        }
        catch (TensorException exception)
        {
            return exception.Error;
        }
    }

    /// <returns>The whole body, valid until the next <see cref="Begin"/>.</returns>
    public ReadOnlyMemory<byte> End()
    {
        if (isInner)
        {
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.Flush();
        return text.Written;
    }
}
