using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace Slipway.Server.Gateway;

/// <summary>Promote's answer (wire.md 1.3): written around the model's bytes, which are JSON already and not read again.</summary>
internal static class Envelope
{
    private const int TimeLength = 24;
    private const int IdLength = 36;
    private const string TimeFormat = "yyyy-MM-ddTHH:mm:ss.fffZ";

    /// <summary>Bytes around the result.</summary>
    public static int Size(VariantTarget variant) => """{"status":"OK","timestamp":"","result":,"promote_id":" """.Length - 1 + TimeLength + IdLength + variant.EnvelopeTail.Length;

    public static void WriteHead(IBufferWriter<byte> writer, DateTimeOffset at)
    {
        writer.Write("""{"status":"OK","timestamp":" """u8[..^1]);
        var time = writer.GetSpan(TimeLength);
        at.TryFormat(time, out _, TimeFormat, CultureInfo.InvariantCulture);
        writer.Advance(TimeLength);
        writer.Write("\",\"result\":"u8);
    }

    public static void WriteTail(IBufferWriter<byte> writer, Guid predictionId, VariantTarget variant)
    {
        writer.Write(",\"promote_id\":\""u8);
        predictionId.TryFormat(writer.GetSpan(IdLength), out _);
        writer.Advance(IdLength);
        writer.Write(variant.EnvelopeTail);
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
