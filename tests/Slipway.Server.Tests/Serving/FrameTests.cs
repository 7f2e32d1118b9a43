using System.Text.Json;
using Slipway.Serving;

namespace Slipway.Server.Tests.Serving;

/// <summary>The codec against the vectors that every runtime's tests read.</summary>
public sealed class FrameTests
{
    private static readonly JsonElement Vectors = JsonDocument.Parse(File.ReadAllText(VectorsFile())).RootElement;

    // The vectors keep apostrophes that our writer escapes: both are the same JSON.
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static TheoryData<string> Names(string list) => new(Vectors.GetProperty(list).EnumerateArray().Select(v => v.GetProperty("name").GetString()!));

    /// <summary>As hexadecimal text.</summary>
    public static IEnumerable<string> InvalidFrames() => Vectors.GetProperty("invalid").EnumerateArray().Select(v => v.GetProperty("hex").GetString()!);

    [Theory]
    [MemberData(nameof(Names), "frames")]
    public void A_frame_of_the_vectors_is_written_as_it_is_there(string name)
    {
        var vector = Vector("frames", name);
        using var buffer = new FrameBuffer();
        Write(buffer, vector);
        Assert.Equal(vector.GetProperty("hex").GetString(), Convert.ToHexStringLower(buffer.Written.Span));
    }

    [Theory]
    [MemberData(nameof(Names), "frames")]
    public void A_frame_of_the_vectors_reads_back_as_what_it_says(string name)
    {
        var vector = Vector("frames", name);
        var bytes = Convert.FromHexString(vector.GetProperty("hex").GetString()!);
        for (var cut = 0; cut < bytes.Length; cut++)
        {
            Assert.False(Frame.TryRead(bytes.AsSpan(0, cut), out _, out _), "a cut frame is not a frame");
        }

        Assert.True(Frame.TryRead(bytes, out var frame, out var consumed));
        Assert.Equal(bytes.Length, consumed);
        Assert.Equal(vector.GetProperty("kind_code").GetByte(), (byte)frame.Kind);
        Assert.Equal(vector.GetProperty("request").GetUInt64(), frame.RequestId);
        using var again = new FrameBuffer();
        WriteAgain(again, frame);
        Assert.Equal(bytes, again.Written.ToArray());
    }

    [Theory]
    [MemberData(nameof(Names), "invalid")]
    public void An_invalid_frame_is_refused(string name)
    {
        var bytes = Convert.FromHexString(Vector("invalid", name).GetProperty("hex").GetString()!);
        Assert.Throws<ProtocolException>(() =>
        {
            Assert.True(Frame.TryRead(bytes, out var frame, out _), "the length must be refused before the payload has come");
            _ = frame.Kind switch
            {
                FrameKind.Predict => new PredictPayload(frame.Payload).Body.Length,
                FrameKind.Credit => (int)Payload.Credit(frame.Payload),
                _ => 0,
            };
        });
    }

    [Fact]
    public void A_payload_over_the_limit_is_not_written()
    {
        using var buffer = new FrameBuffer();
        buffer.Chunk(1, new byte[Frame.MaxPayload]);
        Assert.Equal(4 + Frame.MaxLength, buffer.Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.Chunk(1, new byte[Frame.MaxPayload + 1]));
    }

    private static void Write(FrameBuffer buffer, JsonElement vector)
    {
        var id = vector.GetProperty("request").GetUInt64();
        var kind = (FrameKind)vector.GetProperty("kind_code").GetByte();
        switch (kind)
        {
            case FrameKind.Hello when Json(vector).TryGetProperty("token", out _):
                buffer.Json(kind, Json(vector).Deserialize(ServingJson.Default.ServerHello)!, ServingJson.Default.ServerHello);
                break;
            case FrameKind.Hello:
                buffer.Json(kind, Json(vector).Deserialize(ServingJson.Default.ReplicaHello)!, ServingJson.Default.ReplicaHello);
                break;
            case FrameKind.Reload when vector.GetProperty("direction").GetString() == "to_replica":
                buffer.Json(kind, Json(vector).Deserialize(ServingJson.Default.ReplicaReload)!, ServingJson.Default.ReplicaReload, id);
                break;
            case FrameKind.Reload:
                buffer.Json(kind, Json(vector).Deserialize(ServingJson.Default.ReplicaReloaded)!, ServingJson.Default.ReplicaReloaded, id);
                break;
            case FrameKind.Loaded:
                buffer.Json(kind, Json(vector).Deserialize(ServingJson.Default.ReplicaLoaded)!, ServingJson.Default.ReplicaLoaded);
                break;
            case FrameKind.Predict:
                buffer.Predict(
                    id, new PredictHead(Guid.Parse(vector.GetProperty("prediction_id").GetString()!), vector.GetProperty("deadline_ms").GetUInt32(), Type(vector), More(vector)),
                    Extras(vector, ServingJson.Default.PredictExtras), Body(vector));
                break;
            case FrameKind.Body:
                buffer.Body(id, More(vector), Body(vector));
                break;
            case FrameKind.Result when vector.GetProperty("extras").TryGetProperty("stream", out _):
                buffer.Result(id, More(vector), vector.GetProperty("status").GetInt32(), Type(vector), """{"stream":true,"content_type":"application/x-ndjson"}"""u8, Body(vector));
                break;
            case FrameKind.Result:
                buffer.Result(id, More(vector), vector.GetProperty("status").GetInt32(), Type(vector), Extras(vector, ServingJson.Default.ResultExtras), Body(vector));
                break;
            case FrameKind.Chunk:
                buffer.Chunk(id, Body(vector));
                break;
            case FrameKind.End:
                buffer.End(id, vector.GetProperty("outcome").GetInt32() == 1, JsonBytes(vector));
                break;
            case FrameKind.Credit:
                buffer.Credit(id, vector.GetProperty("bytes").GetInt32());
                break;
            case FrameKind.Error:
                buffer.Error(id, new ReplicaError(
                    vector.GetProperty("status").GetInt32(), vector.GetProperty("source").GetInt32() == 1, vector.GetProperty("begun").GetInt32() == 1,
                    vector.GetProperty("code").GetString()!, vector.GetProperty("message").GetString()!));
                break;
            case FrameKind.Pong:
                buffer.Pong(new Pong(
                    vector.GetProperty("in_flight").GetUInt32(), vector.GetProperty("waiting").GetUInt32(), vector.GetProperty("calls").GetUInt64(),
                    vector.GetProperty("requests").GetUInt64(), vector.GetProperty("resident_bytes").GetUInt64(), vector.GetProperty("longest_ms").GetUInt32()));
                break;
            default:
                buffer.Raw(kind, id, JsonBytes(vector));
                break;
        }
    }

    private static void WriteAgain(FrameBuffer buffer, Frame frame)
    {
        switch (frame.Kind)
        {
            case FrameKind.Predict:
                var predict = new PredictPayload(frame.Payload);
                buffer.Predict(frame.RequestId, predict.Head, predict.Extras, predict.Body);
                break;
            case FrameKind.Body:
                var body = new BodyPayload(frame.Payload);
                buffer.Body(frame.RequestId, body.More, body.Body);
                break;
            case FrameKind.Result:
                var result = new ResultPayload(frame.Payload);
                buffer.Result(frame.RequestId, result.More, result.Status, result.Type, result.Extras, result.Body);
                break;
            case FrameKind.End:
                var end = new EndPayload(frame.Payload);
                buffer.End(frame.RequestId, end.IsBroken, end.Json);
                break;
            case FrameKind.Credit:
                buffer.Credit(frame.RequestId, (int)Payload.Credit(frame.Payload));
                break;
            case FrameKind.Error:
                buffer.Error(frame.RequestId, ReplicaError.Read(frame.Payload));
                break;
            case FrameKind.Pong:
                buffer.Pong(Pong.Read(frame.Payload));
                break;
            default:
                buffer.Raw(frame.Kind, frame.RequestId, frame.Payload);
                break;
        }
    }

    private static JsonElement Vector(string list, string name) =>
        Vectors.GetProperty(list).EnumerateArray().Single(v => v.GetProperty("name").GetString() == name);

    private static JsonElement Json(JsonElement vector) => vector.GetProperty("json");

    private static byte[] JsonBytes(JsonElement vector) =>
        vector.TryGetProperty("json", out var json) && json.ValueKind == JsonValueKind.Object ? JsonSerializer.SerializeToUtf8Bytes(json, Relaxed) : [];

    private static bool More(JsonElement vector) => vector.GetProperty("more").GetBoolean();

    private static BodyType Type(JsonElement vector) => (BodyType)vector.GetProperty("content_type_code").GetByte();

    private static byte[] Body(JsonElement vector) => Convert.FromHexString(vector.GetProperty("body_hex").GetString()!);

    private static byte[] Extras<T>(JsonElement vector, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
    {
        var extras = vector.GetProperty("extras");
        return extras.EnumerateObject().Any() ? JsonSerializer.SerializeToUtf8Bytes(extras.Deserialize(type)!, type) : [];
    }

    private static string VectorsFile()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Slipway.slnx")))
        {
            folder = folder.Parent ?? throw new FileNotFoundException("Slipway.slnx above the tests");
        }

        return Path.Combine(folder.FullName, "docs", "replica-protocol-vectors.json");
    }
}
