using System.Buffers.Binary;

namespace Slipway.Serving;

/// <summary>Content types that have a number of their own in <c>predict</c> and <c>result</c>.</summary>
public enum BodyType : byte
{
    /// <summary>Named by <c>content_type</c> in the extras.</summary>
    Named = 0,
    Json = 1,
    OctetStream = 2,
    Text = 3,
}

/// <summary>A <c>predict</c>: a request, or the beginning of one.</summary>
/// <param name="DeadlineMs">Milliseconds left, counted from receipt; 0: none.</param>
/// <param name="More">More of the body follows in <c>body</c> frames.</param>
public readonly record struct PredictHead(Guid PredictionId, uint DeadlineMs, BodyType Type, bool More);

/// <summary>The payload of <c>predict</c>.</summary>
public readonly ref struct PredictPayload
{
    public PredictPayload(ReadOnlySpan<byte> payload)
    {
        Payload.Need(payload.Length >= 24, "predict");
        var extras = BinaryPrimitives.ReadUInt16LittleEndian(payload[22..]);
        Payload.Need(payload.Length >= 24 + extras, "predict");
        Head = new PredictHead(
            new Guid(payload.Slice(1, 16), bigEndian: true), BinaryPrimitives.ReadUInt32LittleEndian(payload[17..]), Payload.Type(payload[21]), (payload[0] & 1) != 0);
        Extras = payload.Slice(24, extras);
        Body = payload[(24 + extras)..];
    }

    public PredictHead Head { get; }

    /// <summary>Empty, or a JSON object.</summary>
    public ReadOnlySpan<byte> Extras { get; }

    public ReadOnlySpan<byte> Body { get; }
}

/// <summary>The payload of <c>body</c>.</summary>
public readonly ref struct BodyPayload
{
    public BodyPayload(ReadOnlySpan<byte> payload)
    {
        Payload.Need(payload.Length >= 1, "body");
        More = (payload[0] & 1) != 0;
        Body = payload[1..];
    }

    public bool More { get; }

    public ReadOnlySpan<byte> Body { get; }
}

/// <summary>The payload of <c>result</c>.</summary>
public readonly ref struct ResultPayload
{
    public ResultPayload(ReadOnlySpan<byte> payload)
    {
        Payload.Need(payload.Length >= 6, "result");
        var extras = BinaryPrimitives.ReadUInt16LittleEndian(payload[4..]);
        Payload.Need(payload.Length >= 6 + extras, "result");
        More = (payload[0] & 1) != 0;
        Status = BinaryPrimitives.ReadUInt16LittleEndian(payload[1..]);
        Type = Payload.Type(payload[3]);
        Extras = payload.Slice(6, extras);
        Body = payload[(6 + extras)..];
    }

    /// <summary>Chunks and an end follow.</summary>
    public bool More { get; }

    /// <summary>HTTP status of the answer.</summary>
    public int Status { get; }

    public BodyType Type { get; }

    /// <summary>Empty, or a JSON object: <c>content_type</c>, <c>length</c>, <c>stream</c>.</summary>
    public ReadOnlySpan<byte> Extras { get; }

    public ReadOnlySpan<byte> Body { get; }
}

/// <summary>The payload of <c>end</c>.</summary>
public readonly ref struct EndPayload
{
    public EndPayload(ReadOnlySpan<byte> payload)
    {
        Payload.Need(payload.Length >= 1 && payload[0] <= 1, "end");
        IsBroken = payload[0] == 1;
        Json = payload[1..];
    }

    /// <summary>The model raised after the first chunk.</summary>
    public bool IsBroken { get; }

    /// <summary>Empty, or a JSON object: <c>usage</c>, <c>message</c>.</summary>
    public ReadOnlySpan<byte> Json { get; }
}

/// <summary>The payload of <c>error</c>.</summary>
/// <param name="Status">HTTP status that it means.</param>
/// <param name="FromModel">The model raised it; false: the runner refused.</param>
/// <param name="Begun">The model's code has seen the request; false: another replica may have it.</param>
/// <param name="Code">Stable, snake_case.</param>
/// <param name="Message">A sentence; for <c>model_status</c> the detail as JSON.</param>
public sealed record ReplicaError(int Status, bool FromModel, bool Begun, string Code, string Message)
{
    public static ReplicaError Read(ReadOnlySpan<byte> payload)
    {
        Payload.Need(payload.Length >= 5 && payload.Length >= 5 + payload[4], "error");
        var code = payload[4];
        return new ReplicaError(
            BinaryPrimitives.ReadUInt16LittleEndian(payload), payload[2] == 1, payload[3] != 0, System.Text.Encoding.ASCII.GetString(payload.Slice(5, code)),
            System.Text.Encoding.UTF8.GetString(payload[(5 + code)..]));
    }
}

/// <summary>A <c>pong</c>: the replica's load.</summary>
/// <param name="InFlight">Requests inside calls of the model.</param>
/// <param name="Waiting">Requests that the replica holds and has not begun.</param>
/// <param name="Calls">Calls of the model completed since the start.</param>
/// <param name="Requests">Requests completed since the start.</param>
/// <param name="LongestMs">Age of the longest running call, milliseconds.</param>
[System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Auto)]
public readonly record struct Pong(uint InFlight, uint Waiting, ulong Calls, ulong Requests, ulong ResidentBytes, uint LongestMs)
{
    internal const int Size = 36;

    public static Pong Read(ReadOnlySpan<byte> payload)
    {
        Payload.Need(payload.Length >= Size, "pong");
        return new Pong(
            BinaryPrimitives.ReadUInt32LittleEndian(payload), BinaryPrimitives.ReadUInt32LittleEndian(payload[4..]),
            BinaryPrimitives.ReadUInt64LittleEndian(payload[8..]), BinaryPrimitives.ReadUInt64LittleEndian(payload[16..]),
            BinaryPrimitives.ReadUInt64LittleEndian(payload[24..]), BinaryPrimitives.ReadUInt32LittleEndian(payload[32..]));
    }
}

internal static class Payload
{
    /// <summary>The grant of a <c>credit</c>, bytes.</summary>
    public static uint Credit(ReadOnlySpan<byte> payload)
    {
        Need(payload.Length == 4, "credit");
        return BinaryPrimitives.ReadUInt32LittleEndian(payload);
    }

    public static BodyType Type(byte code) => code <= (byte)BodyType.Text ? (BodyType)code : throw new ProtocolException($"The unknown content type {code}.");

    public static void Need(bool holds, string kind)
    {
        if (!holds)
        {
            throw new ProtocolException($"A malformed {kind} frame.");
        }
    }
}
