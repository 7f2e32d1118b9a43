using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Slipway.Serving;

namespace Slipway.Replica;

/// <summary>A connection before its hello: read exactly to the end of its first frame, since what follows belongs to whoever reads it later.</summary>
internal sealed class Newcomer(Socket socket)
{
    private const int MaxHello = 4096;
    private readonly byte[] bytes = new byte[4 + MaxHello];
    private int length;

    public Socket Socket { get; } = socket;

    public int Descriptor { get; } = (int)socket.SafeHandle.DangerousGetHandle();

    public long Since { get; } = Environment.TickCount64;

    /// <returns>The hello; null while it is not whole.</returns>
    /// <exception cref="ProtocolException">Something else, or the connection is lost.</exception>
    public ServerHello? Read()
    {
        while (true)
        {
            var whole = Frame.HeaderSize;
            if (length >= Frame.HeaderSize)
            {
                whole = 4 + BitConverter.ToInt32(bytes);
                if (bytes[4] != (byte)FrameKind.Hello || whole is < Frame.HeaderSize or > 4 + MaxHello)
                {
                    throw new ProtocolException("Not a hello.");
                }

                if (length == whole)
                {
                    return Parse(bytes.AsSpan(Frame.HeaderSize, length - Frame.HeaderSize));
                }
            }

            var got = Posix.Receive(Descriptor, bytes.AsSpan(length, whole - length));
            if (got is -Posix.Again or -Posix.Interrupted)
            {
                return null;
            }

            length += got > 0 ? got : throw new ProtocolException("The connection was lost.");
        }
    }

    /// <summary>Null when it is welcome.</summary>
    public static ReplicaError? Refusal(ServerHello hello, string token, ulong highestEpoch)
    {
        if (!CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(hello.Token), Encoding.UTF8.GetBytes(token)))
        {
            return new ReplicaError(401, false, false, "bad_token", "The token is not this replica's.");
        }

        if (hello.Epoch < highestEpoch)
        {
            return new ReplicaError(409, false, false, "stale_epoch", $"A server of epoch {highestEpoch} has been here; this is {hello.Epoch}.");
        }

        return hello.Protocol == ServerHello.Version
            ? null
            : new ReplicaError(400, false, false, "protocol_mismatch", $"This replica speaks version {ServerHello.Version} of the protocol.");
    }

    private static ServerHello Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, ServingJson.Default.ServerHello) is { Token: not null, Peer: not null, Role: "control" or "gateway" } hello
                ? hello
                : throw new ProtocolException("Not a hello.");
        }
        catch (JsonException)
        {
            throw new ProtocolException("Not a hello.");
        }
    }
}
