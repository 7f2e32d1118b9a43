using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Gateway;

/// <summary>Constants and shapes of the Open Inference Protocol v2, REST.</summary>
internal static class OpenInference
{
    /// <summary>Bytes of JSON before the binary tensors, in requests and answers.</summary>
    public const string JsonLengthHeader = "Inference-Header-Content-Length";

    public static readonly string[] Extensions = ["binary_tensor_data", "statistics"];

    /// <summary>For every address below /v2, whether or not there is a route.</summary>
    public static readonly ErrorShape Errors = new((writer, refusal) => WriteError(writer, refusal.Code, refusal.Detail));

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Whether a path is <c>[/{scope}]/v2</c> or below it, in any case, as the router reads it.</summary>
    public static bool Covers(PathString path)
    {
        if (IsBelow(path))
        {
            return true;
        }

        var text = path.Value.AsSpan();
        var scope = text.IsEmpty ? -1 : text[1..].IndexOf('/');
        return scope > 0 && IsBelow(text[(scope + 1)..].ToString()) && !ScopeNames.Reserved.Contains(text.Slice(1, scope).ToString());

        static bool IsBelow(PathString path) => path.StartsWithSegments("/v2", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The protocol's error, <c>{"error": text}</c>, with our stable code beside it.</summary>
    /// <param name="detail">A model's own error body, JSON; null: there is none.</param>
    public static void WriteError(IBufferWriter<byte> writer, string code, string message, string? detail = null)
    {
        using var json = new Utf8JsonWriter(writer, Options);
        json.WriteStartObject();
        json.WriteString("error"u8, message);
        json.WriteString("code"u8, code);
        if (detail is not null)
        {
            json.WritePropertyName("detail"u8);
            json.WriteRawValue(detail);
        }

        json.WriteEndObject();
    }
}
