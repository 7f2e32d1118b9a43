using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Slipway.Serving.Tensors;

/// <summary>
/// Writes the answer to an infer request of the Open Inference Protocol v2: <see cref="Begin"/>, each output, <see cref="End"/>. Reused; not for several threads at a time.
/// </summary>
public sealed class OpenInferenceWriter
{
    internal static readonly JsonWriterOptions Options = new() { SkipValidation = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly AnswerLimit limit;
    private readonly AnswerBuffer binary;
    private readonly AnswerBuffer text;
    private readonly Utf8JsonWriter json;

    /// <param name="limit">Null: that of a replica with a process of its own.</param>
    public OpenInferenceWriter(AnswerLimit? limit = null)
    {
        this.limit = limit ?? AnswerLimit.Isolated;
        (binary, text) = (new AnswerBuffer(this.limit), new AnswerBuffer(this.limit));
        json = new Utf8JsonWriter(text, Options);
    }

    /// <param name="modelName">As the caller knows the model: the deployment's name.</param>
    /// <param name="modelVersion">The version that answers; null: not told.</param>
    /// <param name="id">The request's own id; null: it had none.</param>
    public void Begin(string modelName, string? modelVersion, string? id)
    {
        text.Clear();
        binary.Clear();
        json.Reset(text);
        json.WriteStartObject();
        json.WriteString("model_name"u8, modelName);
        if (modelVersion is not null)
        {
            json.WriteString("model_version"u8, modelVersion);
        }

        if (id is not null)
        {
            json.WriteString("id"u8, id);
        }

        json.WriteStartArray("outputs"u8);
    }

    /// <param name="keys">What the last dimension stands for, where the output is a sequence of maps: the parameter <c>keys</c>, a JSON list as text.</param>
    /// <returns>Null, or bad_answer: JSON cannot carry it; or model_error: it is too long. What was begun is then of no use.</returns>
    public TensorError? Output(in Tensor tensor, bool isBinary, IReadOnlyList<string>? keys = null)
    {
        try
        {
            limit.Check(tensor, isBinary, text.Length + (long)json.BytesPending + binary.Length);
            Write(tensor, isBinary, keys);
            return null;
        }
        catch (TensorException exception)
        {
            return exception.Error;
        }
    }

    /// <summary>Ends the answer.</summary>
    /// <param name="jsonLength">What <c>Inference-Header-Content-Length</c> of the answer says; null when it is all JSON, <c>application/json</c>.</param>
    /// <returns>The whole body, valid until the next <see cref="Begin"/>.</returns>
    public ReadOnlyMemory<byte> End(out int? jsonLength)
    {
        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        jsonLength = null;
        if (binary.Length > 0)
        {
            jsonLength = text.Length;
            text.Write(binary.Written.Span);
        }

        return text.Written;
    }

    private void Write(in Tensor tensor, bool isBinary, IReadOnlyList<string>? keys)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, tensor.Name);
        json.WriteString("datatype"u8, tensor.Type.Name());
        json.WriteStartArray("shape"u8);
        foreach (var size in tensor.Shape)
        {
            json.WriteNumberValue(size);
        }

        json.WriteEndArray();
        if (isBinary || keys is not null)
        {
            json.WriteStartObject("parameters"u8);
            if (keys is not null)
            {
                json.WriteString("keys"u8, $"[{string.Join(',', keys.Select(k => $"\"{JsonEncodedText.Encode(k, Options.Encoder)}\""))}]");
            }

            if (isBinary)
            {
                json.WriteNumber("binary_data_size"u8, tensor.Data.Length);
            }

            json.WriteEndObject();
        }

        if (isBinary)
        {
            binary.Write(tensor.Data);
        }
        else
        {
            json.WritePropertyName("data"u8);
            JsonTensorWriter.Flat(json, tensor);
        }

        json.WriteEndObject();
    }
}
