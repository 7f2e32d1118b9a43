using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace Slipway.Server.Gateway;

/// <summary>The answer in an envelope, as Promote gives it: written around the model's bytes, which are JSON already and not read again.</summary>
internal static class Envelope
{
    private const int TimeLength = 24;
    private const int IdLength = 36;
    private const string TimeFormat = "yyyy-MM-ddTHH:mm:ss.fffZ";

    private static ReadOnlySpan<byte> Start => "{\"status\":\"OK\",\"timestamp\":\""u8;

    private static ReadOnlySpan<byte> Result => "\",\"result\":"u8;

    private static ReadOnlySpan<byte> Id => ",\"promote_id\":\""u8;

    /// <summary>Bytes around the result.</summary>
    public static int Size(VariantTarget variant) => Start.Length + TimeLength + Result.Length + Id.Length + IdLength + variant.EnvelopeTail.Length;

    public static void WriteHead(IBufferWriter<byte> writer, DateTimeOffset at)
    {
        var whole = Start.Length + TimeLength + Result.Length;
        var span = writer.GetSpan(whole);
        Start.CopyTo(span);
        at.TryFormat(span[Start.Length..], out _, TimeFormat, CultureInfo.InvariantCulture);
        Result.CopyTo(span[(Start.Length + TimeLength)..]);
        writer.Advance(whole);
    }

    public static void WriteTail(IBufferWriter<byte> writer, Guid predictionId, VariantTarget variant)
    {
        var whole = Id.Length + IdLength + variant.EnvelopeTail.Length;
        var span = writer.GetSpan(whole);
        Id.CopyTo(span);
        predictionId.TryFormat(span[Id.Length..], out _);
        variant.EnvelopeTail.CopyTo(span[(Id.Length + IdLength)..]);
        writer.Advance(whole);
    }

    public static void WriteError(
        IBufferWriter<byte> writer, GatewayError error, Guid predictionId, DateTimeOffset at, DeploymentTarget? target, VariantTarget? variant)
    {
        using var json = new Utf8JsonWriter(writer);
        json.WriteStartObject();
        json.WriteString("status"u8, "error"u8);
        json.WriteString("code"u8, error.Code);
        json.WriteString("message"u8, error.Message);
        if (error.Detail is not null)
        {
            json.WritePropertyName("detail"u8);
            json.WriteRawValue(error.Detail);
        }

        json.WriteString("promote_id"u8, predictionId);
        json.WriteString("timestamp"u8, at.ToString(TimeFormat, CultureInfo.InvariantCulture));
        json.WriteString("model_name"u8, variant?.Route.Model ?? target?.Route.Name);
        json.WriteString("model_version"u8, variant?.Route.ModelVersion.ToString(CultureInfo.InvariantCulture));
        json.WriteEndObject();
    }
}
