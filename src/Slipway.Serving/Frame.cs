using System.Buffers.Binary;

namespace Slipway.Serving;

/// <summary>One frame inside a receive buffer: a view, valid as long as the bytes are.</summary>
public readonly ref struct Frame(FrameKind kind, ulong requestId, ReadOnlySpan<byte> payload)
{
    /// <summary>Bytes before the payload: length, kind, request id.</summary>
    public const int HeaderSize = 13;

    /// <summary>Greatest value of the length field, which covers kind, request id and payload.</summary>
    public const int MaxLength = 65_536;

    /// <summary>Greatest payload, bytes.</summary>
    public const int MaxPayload = MaxLength - 9;

    /// <summary>Body bytes that may be under way per request and direction before the receiver grants more.</summary>
    public const int Credit = 262_144;

    /// <summary>Body bytes that a sender puts into one frame at most; leaves room for the fields and extras of any kind.</summary>
    public const int MaxBody = 65_000;

    public FrameKind Kind { get; } = kind;

    /// <summary>0 where the frame belongs to no request.</summary>
    public ulong RequestId { get; } = requestId;

    public ReadOnlySpan<byte> Payload { get; } = payload;

    /// <summary>Takes the first frame of <paramref name="buffer"/>.</summary>
    /// <param name="consumed">Bytes of the frame, 0 when it is not whole yet.</param>
    /// <returns>False when more bytes are needed.</returns>
    /// <exception cref="ProtocolException">A length or kind that no frame has; seen as soon as the header is there.</exception>
    public static bool TryRead(ReadOnlySpan<byte> buffer, out Frame frame, out int consumed)
    {
        frame = default;
        consumed = 0;
        if (buffer.Length < 5)
        {
            return false;
        }

        var length = BinaryPrimitives.ReadUInt32LittleEndian(buffer);
        if (length is < 9 or > MaxLength)
        {
            throw new ProtocolException($"A frame of {length} bytes; 9 to {MaxLength} are allowed.");
        }

        var kind = buffer[4];
        if (kind is < (byte)FrameKind.Hello or > (byte)FrameKind.Reload)
        {
            throw new ProtocolException($"A frame of the unknown kind {kind}.");
        }

        var whole = 4 + (int)length;
        if (buffer.Length < whole)
        {
            return false;
        }

        frame = new Frame((FrameKind)kind, BinaryPrimitives.ReadUInt64LittleEndian(buffer[5..]), buffer[HeaderSize..whole]);
        consumed = whole;
        return true;
    }
}

/// <summary>The peer broke the replica protocol; the connection closes.</summary>
public sealed class ProtocolException(string message) : Exception(message);
