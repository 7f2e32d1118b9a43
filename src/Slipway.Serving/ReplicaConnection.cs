using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Slipway.Serving;

/// <summary>
/// The server's end of a connection to one replica: shakes hands, multiplexes requests, answers nothing itself. Any thread may call any method.
/// </summary>
/// <remarks>
/// Sends are batched: whoever queues a frame while nobody sends becomes the sender and takes along what others queue meanwhile. Frames are received with inline
/// completions, and continuations of calls run on the receiving thread. No lock is held across I/O.
/// </remarks>
public sealed class ReplicaConnection : IAsyncDisposable
{
    private readonly Socket socket;
    private readonly Lock gate = new();
    private readonly Dictionary<ulong, ReplicaCall> open = [];
    private readonly Stack<ReplicaCall> idle = [];
    private readonly Queue<TaskCompletionSource<Pong>> pings = [];
    private readonly List<(ReplicaCall Call, ulong Id, long Mark)> lost = [];
    private readonly TaskCompletionSource<ReplicaHello> hello = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<LoadOutcome> loaded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<string> closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SocketAsyncEventArgs receiving = new(true);
    private readonly SocketAsyncEventArgs sending = new(true);
    private readonly byte[] received = new byte[2 * (4 + Frame.MaxLength)];
    private ReplicaCall? dispatching; // whose frame is being taken: a malformed one must still end it
    private ulong dispatchingId;
    private FrameBuffer queued = new();
    private FrameBuffer outgoing = new();
    private int outgoingSent;
    private int receivedLength;
    private ulong lastId;
    private long queuedBytes;
    private long sentBytes;
    private bool isSending;
    private bool isClosed;

    private ReplicaConnection(Socket socket)
    {
        this.socket = socket;
        receiving.Completed += (_, _) =>
        {
            if (OnReceived())
            {
                Receive();
            }
        };
        sending.Completed += (_, _) =>
        {
            if (OnSent())
            {
                Send();
            }
        };
    }

    /// <summary>What the replica said of itself.</summary>
    public ReplicaHello Replica => hello.Task.GetAwaiter().GetResult();

    /// <summary>Completes when the model is ready or has failed; is cancelled when the connection closes before.</summary>
    public Task<LoadOutcome> Loaded => loaded.Task;

    /// <summary>Completes with the reason, a sentence, when the connection is gone.</summary>
    public Task<string> Closed => closed.Task;

    public bool IsClosed => Volatile.Read(ref isClosed);

    /// <summary>Raised once, before the open calls end as <see cref="CallOutcome.Lost"/>; handlers return at once.</summary>
    public event Action<ReplicaConnection>? Closing;

    /// <summary>Connects and shakes hands.</summary>
    /// <exception cref="SocketException">Nobody listens there.</exception>
    /// <exception cref="ReplicaRefusedException">The replica refused: bad_token, stale_epoch, protocol_mismatch; or it closed the connection.</exception>
    public static async Task<ReplicaConnection> ConnectAsync(string socketPath, ServerHello hello, CancellationToken cancellationToken)
    {
        var stream = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await stream.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), cancellationToken);
        }
        catch
        {
            stream.Dispose();
            throw;
        }

        var connection = new ReplicaConnection(stream);
        connection.Enqueue(b => b.Json(FrameKind.Hello, hello, ServingJson.Default.ServerHello));
        connection.Receive();
        try
        {
            await connection.hello.Task.WaitAsync(cancellationToken);
            return connection;
        }
        catch
        {
            connection.Close("The handshake failed.");
            throw;
        }
    }

    /// <summary>Sends a request, or its beginning.</summary>
    /// <param name="extras">Empty, or a JSON object of <see cref="PredictExtras"/>.</param>
    /// <param name="body">At most <see cref="Frame.MaxBody"/> bytes less the extras; the rest goes with <see cref="ReplicaCall.SendBodyAsync"/> when <see cref="PredictHead.More"/> is set.</param>
    /// <returns>Null when the connection is gone: nothing was sent.</returns>
    public ReplicaCall? TryStart(in PredictHead head, ReadOnlySpan<byte> extras, ReadOnlySpan<byte> body)
    {
        ReplicaCall call;
        bool send;
        lock (gate)
        {
            if (isClosed)
            {
                return null;
            }

            call = idle.TryPop(out var pooled) ? pooled : new ReplicaCall(this);
            var id = ++lastId;
            call.Begin(id, body.Length);
            open.Add(id, call);
            var before = queued.Length;
            queued.Predict(id, head, extras, body);
            send = Queued(before);
            call.SentMark = head.More ? long.MaxValue : queuedBytes;
        }

        if (send)
        {
            Send();
        }

        return call;
    }

    /// <summary>Asks for a sign of life; pongs come in order.</summary>
    /// <exception cref="IOException">The connection is gone.</exception>
    public Task<Pong> PingAsync(CancellationToken cancellationToken)
    {
        var pong = new TaskCompletionSource<Pong>(TaskCreationOptions.RunContinuationsAsynchronously);
        bool send;
        lock (gate)
        {
            if (isClosed)
            {
                return Task.FromException<Pong>(new IOException("The connection to the replica is gone."));
            }

            pings.Enqueue(pong);
            var before = queued.Length;
            queued.Raw(FrameKind.Ping, 0);
            send = Queued(before);
        }

        if (send)
        {
            Send();
        }

        return pong.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Asks the replica to take no new requests, finish and end. For a control connection.</summary>
    public void Drain() => Enqueue(b => b.Raw(FrameKind.Drain, 0));

    /// <summary>Closes the connection: open calls end as lost.</summary>
    public ValueTask DisposeAsync()
    {
        Close("Closed by the server.");
        return default;
    }

    internal void SendBody(ReplicaCall call, bool more, ReadOnlySpan<byte> body)
    {
        bool send;
        lock (gate)
        {
            if (isClosed)
            {
                return;
            }

            var before = queued.Length;
            queued.Body(call.Id, more, body);
            send = Queued(before);
            call.SentMark = more ? long.MaxValue : queuedBytes;
        }

        if (send)
        {
            Send();
        }
    }

    internal void SendCredit(ulong id, int grant) => Enqueue(b => b.Credit(id, grant));

    /// <summary>Forgets an open request and tells the replica; false when its last frame has come.</summary>
    internal bool Abandon(ulong id)
    {
        bool send;
        lock (gate)
        {
            if (!open.Remove(id))
            {
                return false;
            }

            var before = queued.Length;
            queued.Raw(FrameKind.Cancel, id);
            send = Queued(before);
        }

        if (send)
        {
            Send();
        }

        return true;
    }

    internal void Return(ReplicaCall call)
    {
        lock (gate)
        {
            idle.Push(call);
        }
    }

    private void Enqueue(Action<FrameBuffer> write)
    {
        bool send;
        lock (gate)
        {
            if (isClosed)
            {
                return;
            }

            var before = queued.Length;
            write(queued);
            send = Queued(before);
        }

        if (send)
        {
            Send();
        }
    }

    /// <summary>Under the lock: counts what was queued; true when the caller has become the sender.</summary>
    private bool Queued(int before)
    {
        queuedBytes += queued.Length - before;
        if (isSending)
        {
            return false;
        }

        isSending = true;
        return true;
    }

    /// <summary>The sender: sends until nothing is queued. Only one thread is in here, and it may go on as a completion.</summary>
    private void Send()
    {
        while (true)
        {
            if (outgoingSent == outgoing.Length)
            {
                lock (gate)
                {
                    outgoing.Clear();
                    outgoingSent = 0;
                    if (queued.Length == 0 || isClosed)
                    {
                        isSending = false;
                        return;
                    }

                    (queued, outgoing) = (outgoing, queued);
                    sentBytes += outgoing.Length;
                }
            }

            try
            {
                sending.SetBuffer(MemoryMarshal.AsMemory(outgoing.Written[outgoingSent..]));
                if (socket.SendAsync(sending))
                {
                    return;
                }
            }
            catch (Exception exception) when (exception is ObjectDisposedException or SocketException)
            {
                Close("The connection to the replica is gone.");
                return;
            }

            if (!OnSent())
            {
                return;
            }
        }
    }

    private bool OnSent()
    {
        if (sending.SocketError != SocketError.Success)
        {
            // What the kernel did not take has not been seen by anybody.
            lock (gate)
            {
                sentBytes -= outgoing.Length - outgoingSent - sending.BytesTransferred;
            }

            Close($"Sending failed: {sending.SocketError}.");
            return false;
        }

        outgoingSent += sending.BytesTransferred;
        return true;
    }

    private void Receive()
    {
        try
        {
            do
            {
                receiving.SetBuffer(received, receivedLength, received.Length - receivedLength);
                if (socket.ReceiveAsync(receiving))
                {
                    return;
                }
            }
            while (OnReceived());
        }
        catch (Exception exception) when (exception is ObjectDisposedException or SocketException)
        {
            Close("The connection to the replica is gone.");
        }
    }

    /// <summary>Takes the frames that are whole; false when the connection is over.</summary>
    private bool OnReceived()
    {
        if (receiving.SocketError != SocketError.Success || receiving.BytesTransferred == 0)
        {
            Close(receiving.SocketError == SocketError.Success ? "The replica closed the connection." : $"Receiving failed: {receiving.SocketError}.");
            return false;
        }

        receivedLength += receiving.BytesTransferred;
        var start = 0;
        try
        {
            while (!isClosed && Frame.TryRead(received.AsSpan(start, receivedLength - start), out var frame, out var consumed))
            {
                start += consumed;
                Dispatch(frame);
            }
        }
        catch (Exception exception) when (exception is ProtocolException or JsonException)
        {
            Close($"The replica broke the protocol: {exception.Message}");
            dispatching?.Finish(dispatchingId, CallOutcome.Lost, null, mayHaveBegun: true);
        }

        if (isClosed)
        {
            return false;
        }

        received.AsSpan(start, receivedLength - start).CopyTo(received);
        receivedLength -= start;
        return true;
    }

    private void Dispatch(Frame frame)
    {
        if (!hello.Task.IsCompleted && frame.Kind is not (FrameKind.Hello or FrameKind.Error))
        {
            throw new ProtocolException($"A {frame.Kind} before the hello.");
        }

        var id = frame.RequestId;
        switch (frame.Kind)
        {
            case FrameKind.Hello:
                var answer = JsonSerializer.Deserialize(frame.Payload, ServingJson.Default.ReplicaHello) ?? throw new ProtocolException("An empty hello.");
                if (!hello.TrySetResult(answer))
                {
                    throw new ProtocolException("A second hello.");
                }

                break;
            case FrameKind.Loaded:
                loaded.TrySetResult(new LoadOutcome(JsonSerializer.Deserialize(frame.Payload, ServingJson.Default.ReplicaLoaded), null));
                break;
            case FrameKind.Failed:
                loaded.TrySetResult(new LoadOutcome(null, JsonSerializer.Deserialize(frame.Payload, ServingJson.Default.ReplicaFailed)));
                break;
            case FrameKind.Result:
                var result = new ResultPayload(frame.Payload);
                Find(id, remove: !result.More)?.OnResult(id, result);
                break;
            case FrameKind.Chunk:
                Find(id, remove: false)?.OnChunk(id, frame.Payload);
                break;
            case FrameKind.End:
                var end = new EndPayload(frame.Payload);
                Find(id, remove: true)?.Finish(id, end.IsBroken ? CallOutcome.Broken : CallOutcome.Complete, null, mayHaveBegun: true);
                break;
            case FrameKind.Error when id == 0:
                var refusal = ReplicaError.Read(frame.Payload);
                hello.TrySetException(new ReplicaRefusedException(refusal.Code, refusal.Message));
                break;
            case FrameKind.Error:
                var error = ReplicaError.Read(frame.Payload);
                Find(id, remove: true)?.Finish(id, CallOutcome.Error, error, error.Begun);
                break;
            case FrameKind.Credit:
                Find(id, remove: false)?.OnCredit(id, Payload.Credit(frame.Payload));
                break;
            case FrameKind.Pong:
                OnPong(Pong.Read(frame.Payload));
                break;
            default:
                throw new ProtocolException($"A {frame.Kind} from a replica.");
        }
    }

    private ReplicaCall? Find(ulong id, bool remove)
    {
        lock (gate)
        {
            dispatching = remove ? open.Remove(id, out var last) ? last : null : open.GetValueOrDefault(id);
        }

        dispatchingId = id;
        return dispatching;
    }

    private void OnPong(in Pong pong)
    {
        TaskCompletionSource<Pong>? ping;
        lock (gate)
        {
            pings.TryDequeue(out ping);
        }

        ping?.TrySetResult(pong);
    }

    private void Close(string reason)
    {
        List<TaskCompletionSource<Pong>> unanswered;
        long handedOver;
        lock (gate)
        {
            if (isClosed)
            {
                return;
            }

            isClosed = true;
            handedOver = sentBytes;
            unanswered = [.. pings];
            pings.Clear();
            foreach (var (id, call) in open)
            {
                lost.Add((call, id, call.SentMark));
            }

            open.Clear();
        }

        socket.Dispose();
        Closing?.Invoke(this);
        hello.TrySetException(new ReplicaRefusedException("connection_closed", reason));
        loaded.TrySetCanceled();
        foreach (var ping in unanswered)
        {
            ping.TrySetException(new IOException(reason));
        }

        foreach (var (call, id, mark) in lost)
        {
            call.Finish(id, CallOutcome.Lost, null, mayHaveBegun: mark <= handedOver);
        }

        closed.TrySetResult(reason);
    }
}

/// <summary>A replica refused the connection.</summary>
/// <param name="code">bad_token, stale_epoch, protocol_mismatch or connection_closed.</param>
public sealed class ReplicaRefusedException(string code, string message) : Exception(message)
{
    public string Code { get; } = code;
}
