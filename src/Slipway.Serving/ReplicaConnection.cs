using System.Net.Sockets;

namespace Slipway.Serving;

/// <summary>
/// The server's end of a connection to one replica: shakes hands, multiplexes requests, answers nothing itself. Any thread may call any method.
/// </summary>
/// <remarks>
/// Sends are batched: whoever queues a frame while nobody sends becomes the sender and takes along what others queue meanwhile. Frames are received with inline
/// completions, and continuations of calls run on the receiving thread. No lock is held across I/O.
/// </remarks>
public sealed partial class ReplicaConnection : IAsyncDisposable
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
