using System.Net.Sockets;
using System.Text.Json;
using Slipway.Serving;
using Slipway.Serving.Hosting;

namespace Slipway.Replica;

/// <summary>
/// One accepted connection. Reading belongs to one thread at a time; sending to any, never blocking: what the socket does not take at once waits in the backlog, which the
/// replica's thread sends and the credit of the requests bounds.
/// </summary>
internal sealed class Connection(Socket socket, string role, string peer, Replica replica) : ICaller
{
    private readonly Lock gate = new();
    private readonly Dictionary<ulong, PredictRequest> open = [];
    private readonly byte[] received = new byte[2 * (4 + Frame.MaxLength)];
    private readonly FrameBuffer own = new();
    private byte[] extrasBytes = [];
    private PredictExtras extras = new(null, null, null);
    private int receivedLength;
    private byte[] backlog = [];
    private int backlogStart;
    private int backlogLength;

    public int Descriptor { get; } = (int)socket.SafeHandle.DangerousGetHandle();

    public string Role { get; } = role;

    public string Peer { get; } = peer;

    public bool IsClosed { get; private set; }

    public bool IsGateway { get; } = role == "gateway";

    /// <summary>Whether nothing is open and nothing waits to be sent.</summary>
    public bool IsIdle
    {
        get
        {
            lock (gate)
            {
                return IsClosed || (open.Count == 0 && backlogLength == 0);
            }
        }
    }

    public bool HasBacklog => Volatile.Read(ref backlogLength) > 0 && !IsClosed;

    /// <summary>Takes a request out; true for exactly one caller.</summary>
    public bool Close(PredictRequest request)
    {
        lock (gate)
        {
            return open.Remove(request.Id);
        }
    }

    /// <summary>Takes every frame that one read brings.</summary>
    /// <returns>False: the connection is lost or broke the protocol, and its reader has to close it.</returns>
    public bool Read()
    {
        var got = Posix.Receive(Descriptor, received.AsSpan(receivedLength));
        if (got <= 0)
        {
            return got is -Posix.Again or -Posix.Interrupted;
        }

        receivedLength += got;
        var start = 0;
        try
        {
            while (Frame.TryRead(received.AsSpan(start, receivedLength - start), out var frame, out var consumed))
            {
                start += consumed;
                if (IsGateway)
                {
                    TakeGateway(frame);
                }
                else
                {
                    TakeControl(frame);
                }
            }
        }
        catch (Exception exception) when (exception is ProtocolException or JsonException)
        {
            return false;
        }

        received.AsSpan(start, receivedLength - start).CopyTo(received);
        receivedLength -= start;
        return true;
    }

    /// <summary>Sends whole frames in the order of the calls. On a lost connection nothing happens: its reader finds out.</summary>
    public void Send(FrameBuffer frames)
    {
        var bytes = frames.Written.Span;
        if (bytes.IsEmpty)
        {
            return;
        }

        var waits = false;
        lock (gate)
        {
            if (IsClosed)
            {
                return;
            }

            if (backlogLength == 0)
            {
                var sent = Posix.Send(Descriptor, bytes);
                if (sent < 0 && sent is not (-Posix.Again or -Posix.Interrupted))
                {
                    return;
                }

                bytes = bytes[Math.Max(0, sent)..];
                waits = !bytes.IsEmpty;
            }

            Keep(bytes);
        }

        if (waits)
        {
            replica.WatchWriting(this);
        }
    }

    public void Send(ulong id, ReplicaError error)
    {
        using var frames = new FrameBuffer();
        frames.Error(id, error);
        Send(frames);
    }

    /// <summary>Sends what waits.</summary>
    /// <returns>True: nothing is left.</returns>
    public bool Flush()
    {
        lock (gate)
        {
            while (backlogLength > 0 && !IsClosed)
            {
                var sent = Posix.Send(Descriptor, backlog.AsSpan(backlogStart, backlogLength));
                if (sent is -Posix.Again or -Posix.Interrupted)
                {
                    return false;
                }

                backlogStart += Math.Max(0, sent);
                backlogLength = sent < 0 ? 0 : backlogLength - sent;
            }

            (backlogStart, backlogLength, backlog) = (0, 0, backlog.Length > 1 << 20 ? [] : backlog);
            return true;
        }
    }

    /// <summary>Ends what is late.</summary>
    public void Expire(long now)
    {
        foreach (var request in Open().Where(r => now > r.Deadline))
        {
            replica.Abandon(request, request.Late());
        }
    }

    /// <summary>From any thread: the other side can send no more; what it has sent is read to the end.</summary>
    public void StopReceiving() => Posix.Shutdown(Descriptor, Posix.ShutReceive);

    /// <summary>From any thread: the reader will see the end of the connection and close it.</summary>
    public void HangUp() => Posix.Shutdown(Descriptor, Posix.ShutBoth);

    /// <summary>By its reader. What was in flight on it is cancelled.</summary>
    public void Dispose()
    {
        foreach (var request in Open())
        {
            if (Close(request))
            {
                request.IsGone = true;
                replica.Left(request);
            }
        }

        lock (gate)
        {
            IsClosed = true;
            backlogLength = 0;
            socket.Dispose();
            own.Dispose();
        }
    }

    private PredictRequest[] Open()
    {
        lock (gate)
        {
            return [.. open.Values];
        }
    }

    private void TakeControl(in Frame frame)
    {
        own.Clear();
        switch (frame.Kind)
        {
            case FrameKind.Ping:
                own.Pong(replica.Pong());
                break;
            case FrameKind.Drain:
                replica.Drain();
                break;
            case FrameKind.Reload:
                own.Error(frame.RequestId, new ReplicaError(415, false, false, "not_supported", "An ONNX replica does not reload its model; it is replaced."));
                break;
            default:
                throw new ProtocolException($"A {frame.Kind} on the control connection.");
        }

        Send(own);
    }

    private void TakeGateway(in Frame frame)
    {
        switch (frame.Kind)
        {
            case FrameKind.Predict:
                Begin(frame.RequestId, new PredictPayload(frame.Payload));
                break;
            case FrameKind.Body:
                var body = new BodyPayload(frame.Payload);
                if (Find(frame.RequestId) is { } arriving)
                {
                    TakeBody(arriving, body);
                }

                break;
            case FrameKind.Credit:
                var grant = Payload.Credit(frame.Payload);
                if (Find(frame.RequestId) is { } answered)
                {
                    answered.Granted += grant;
                    answered.Answering?.Advance();
                }

                break;
            case FrameKind.Cancel:
                if (Find(frame.RequestId) is { } cancelled)
                {
                    replica.Abandon(cancelled, new ReplicaError(499, false, cancelled.HasBegun, "cancelled", "The caller cancelled the request."));
                }

                break;
            case FrameKind.Ping:
                own.Clear();
                own.Pong(replica.Pong());
                Send(own);
                break;
            default:
                throw new ProtocolException($"A {frame.Kind} on a gateway's connection.");
        }
    }

    private void Begin(ulong id, in PredictPayload predict)
    {
        var request = new PredictRequest(this, id, predict.Head, Extras(predict.Extras));
        lock (gate)
        {
            if (!open.TryAdd(id, request))
            {
                throw new ProtocolException("A request id that is still open.");
            }
        }

        if (replica.Refusal is { } refusal)
        {
            Close(request);
            Send(id, refusal);
            return;
        }

        request.Append(predict.Body);
        if (!request.IsArriving)
        {
            replica.Queue.Add(request);
        }
    }

    private void TakeBody(PredictRequest request, in BodyPayload body)
    {
        if (!request.IsArriving)
        {
            throw new ProtocolException("The body was whole.");
        }

        request.IsArriving = body.More;
        var grant = request.Append(body.Body);
        if (!body.More)
        {
            replica.Queue.Add(request);
        }
        else if (grant > 0)
        {
            own.Clear();
            own.Credit(request.Id, grant);
            Send(own);
        }
    }

    private PredictRequest? Find(ulong id)
    {
        lock (gate)
        {
            return open.GetValueOrDefault(id);
        }
    }

    /// <summary>The parsed extras; those of one deployment are the same again and again.</summary>
    private PredictExtras Extras(ReadOnlySpan<byte> json)
    {
        if (!json.SequenceEqual(extrasBytes))
        {
            extras = (json.IsEmpty ? null : JsonSerializer.Deserialize(json, ServingJson.Default.PredictExtras)) ?? new PredictExtras(null, null, null);
            extrasBytes = json.ToArray();
        }

        return extras;
    }

    /// <summary>Under the lock: puts bytes behind the backlog.</summary>
    private void Keep(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return;
        }

        if (backlog.Length - backlogStart - backlogLength < bytes.Length)
        {
            var larger = new byte[Math.Max(2 * backlogLength, backlogLength + bytes.Length)];
            backlog.AsSpan(backlogStart, backlogLength).CopyTo(larger);
            (backlog, backlogStart) = (larger, 0);
        }

        bytes.CopyTo(backlog.AsSpan(backlogStart + backlogLength));
        backlogLength += bytes.Length;
    }
}
