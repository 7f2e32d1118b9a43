using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Slipway.Serving;

/// <summary>Frames one after another in one pooled array: what a sender hands to its socket. Not for use by several threads at a time.</summary>
public sealed class FrameBuffer : IDisposable
{
    private const int InitialSize = 16_384;
    private byte[] bytes = ArrayPool<byte>.Shared.Rent(InitialSize);

    /// <summary>Bytes written.</summary>
    public int Length { get; private set; }

    public ReadOnlyMemory<byte> Written => bytes.AsMemory(0, Length);

    /// <summary>Forgets what was written. An array that one burst made large goes back to the pool.</summary>
    public void Clear()
    {
        Length = 0;
        if (bytes.Length > 16 * InitialSize)
        {
            ArrayPool<byte>.Shared.Return(bytes);
            bytes = ArrayPool<byte>.Shared.Rent(InitialSize);
        }
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(bytes);
        bytes = [];
    }

    /// <summary>Writes a frame whose payload is one JSON object: hello, loaded, failed, reload.</summary>
    /// <param name="requestId">0 where the frame belongs to no request.</param>
    public void Json<T>(FrameKind kind, T value, JsonTypeInfo<T> type, ulong requestId = 0) => Raw(kind, requestId, JsonSerializer.SerializeToUtf8Bytes(value, type));

    /// <param name="extras">Empty, or a JSON object of <see cref="PredictExtras"/>.</param>
    /// <param name="body">The body, or its beginning; with the extras at most <see cref="Frame.MaxPayload"/> - 24 bytes.</param>
    public void Predict(ulong requestId, in PredictHead head, ReadOnlySpan<byte> extras, ReadOnlySpan<byte> body)
    {
        var payload = Begin(FrameKind.Predict, requestId, 24 + extras.Length + body.Length);
        payload[0] = head.More ? (byte)1 : (byte)0;
        head.PredictionId.TryWriteBytes(payload[1..], bigEndian: true, out _);
        BinaryPrimitives.WriteUInt32LittleEndian(payload[17..], head.DeadlineMs);
        payload[21] = (byte)head.Type;
        BinaryPrimitives.WriteUInt16LittleEndian(payload[22..], (ushort)extras.Length);
        extras.CopyTo(payload[24..]);
        body.CopyTo(payload[(24 + extras.Length)..]);
    }

    public void Body(ulong requestId, bool more, ReadOnlySpan<byte> body)
    {
        var payload = Begin(FrameKind.Body, requestId, 1 + body.Length);
        payload[0] = more ? (byte)1 : (byte)0;
        body.CopyTo(payload[1..]);
    }

    /// <param name="extras">Empty, or a JSON object of <see cref="ResultExtras"/>.</param>
    public void Result(ulong requestId, bool more, int status, BodyType type, ReadOnlySpan<byte> extras, ReadOnlySpan<byte> body)
    {
        var payload = Begin(FrameKind.Result, requestId, 6 + extras.Length + body.Length);
        payload[0] = more ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteUInt16LittleEndian(payload[1..], (ushort)status);
        payload[3] = (byte)type;
        BinaryPrimitives.WriteUInt16LittleEndian(payload[4..], (ushort)extras.Length);
        extras.CopyTo(payload[6..]);
        body.CopyTo(payload[(6 + extras.Length)..]);
    }

    public void Chunk(ulong requestId, ReadOnlySpan<byte> bytes) => Raw(FrameKind.Chunk, requestId, bytes);

    /// <param name="json">Empty, or a JSON object with <c>usage</c>, <c>message</c>.</param>
    public void End(ulong requestId, bool broken, ReadOnlySpan<byte> json)
    {
        var payload = Begin(FrameKind.End, requestId, 1 + json.Length);
        payload[0] = broken ? (byte)1 : (byte)0;
        json.CopyTo(payload[1..]);
    }

    /// <param name="grant">Bytes that the peer may send on top.</param>
    public void Credit(ulong requestId, int grant) => BinaryPrimitives.WriteUInt32LittleEndian(Begin(FrameKind.Credit, requestId, 4), (uint)grant);

    public void Error(ulong requestId, ReplicaError error)
    {
        var code = Encoding.ASCII.GetBytes(error.Code);
        var message = Encoding.UTF8.GetBytes(error.Message).AsSpan();
        message = message[..Math.Min(message.Length, Frame.MaxPayload - 5 - code.Length)];
        var payload = Begin(FrameKind.Error, requestId, 5 + code.Length + message.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(payload, (ushort)error.Status);
        payload[2] = error.FromModel ? (byte)1 : (byte)0;
        payload[3] = error.Begun ? (byte)1 : (byte)0;
        payload[4] = (byte)code.Length;
        code.CopyTo(payload[5..]);
        message.CopyTo(payload[(5 + code.Length)..]);
    }

    public void Pong(in Pong pong)
    {
        var payload = Begin(FrameKind.Pong, 0, Serving.Pong.Size);
        BinaryPrimitives.WriteUInt32LittleEndian(payload, pong.InFlight);
        BinaryPrimitives.WriteUInt32LittleEndian(payload[4..], pong.Waiting);
        BinaryPrimitives.WriteUInt64LittleEndian(payload[8..], pong.Calls);
        BinaryPrimitives.WriteUInt64LittleEndian(payload[16..], pong.Requests);
        BinaryPrimitives.WriteUInt64LittleEndian(payload[24..], pong.ResidentBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(payload[32..], pong.LongestMs);
    }

    /// <summary>Writes a frame with a ready payload, or none: chunk, cancel, ping, drain.</summary>
    public void Raw(FrameKind kind, ulong requestId, ReadOnlySpan<byte> payload = default) => payload.CopyTo(Begin(kind, requestId, payload.Length));

    private Span<byte> Begin(FrameKind kind, ulong requestId, int payload)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(payload, Frame.MaxPayload);
        var whole = Frame.HeaderSize + payload;
        if (bytes.Length - Length < whole)
        {
            Grow(whole);
        }

        var frame = bytes.AsSpan(Length, whole);
        Length += whole;
        BinaryPrimitives.WriteUInt32LittleEndian(frame, (uint)(9 + payload));
        frame[4] = (byte)kind;
        BinaryPrimitives.WriteUInt64LittleEndian(frame[5..], requestId);
        return frame[Frame.HeaderSize..];
    }

    private void Grow(int more)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(bytes.Length * 2, Length + more));
        bytes.AsSpan(0, Length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(bytes);
        bytes = larger;
    }
}
