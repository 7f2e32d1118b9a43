using System.Net.Sockets;

namespace Slipway.Serving;

/// <summary>
/// The server's end of a connection to one replica: shakes hands, multiplexes requests, answers nothing itself. Any thread may call any method.
/// </summary>
/// <remarks>
/// Sends are batched: whoever queues a frame while nobody sends becomes the sender and takes along what others queue meanwhile. Frames are received with inline
/// completions, or by whoever looks (<see cref="Look"/>), and continuations of calls run on the receiving thread.
/// </remarks>
public sealed partial class ReplicaConnection : ReplicaChannel
{
    private readonly Socket socket;
    private readonly Queue<TaskCompletionSource<Pong>> pings = [];
    private readonly TaskCompletionSource<ReplicaHello> hello = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<LoadOutcome> loaded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SocketAsyncEventArgs watching = new(true);   // for something to read, and not for its bytes: whoever is there first takes those
    private readonly SocketAsyncEventArgs sending = new(true);
    private readonly byte[] received = new byte[2 * (4 + Frame.MaxLength)];
    private (ReplicaCall? Call, ulong Id) concerned; // whose frame is being taken
    private FrameBuffer queued = new();
    private FrameBuffer outgoing = new();
    private int outgoingSent;
    private int receivedLength;
    private long queuedBytes;
    private long sentBytes;
    private bool isSending;
    private int reading = Busy;

    private ReplicaConnection(Socket socket)
    {
        this.socket = socket;
        watching.SetBuffer(Memory<byte>.Empty);
        watching.Completed += (_, _) =>
        {
            if (Enter() && Read())
            {
                Watch();
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

    /// <inheritdoc/>
    public override Task<LoadOutcome> Loaded => loaded.Task;

    /// <summary>Connects and shakes hands.</summary>
    /// <param name="gathers">Whether requests that come right behind each other are sent together; null: a gateway's, where completions are inline and so an event loop has turns.</param>
    /// <exception cref="SocketException">Nobody listens there.</exception>
    /// <exception cref="ReplicaRefusedException">The replica refused: bad_token, stale_epoch, protocol_mismatch; or it closed the connection.</exception>
    public static async Task<ReplicaConnection> ConnectAsync(string socketPath, ServerHello hello, CancellationToken cancellationToken, bool? gathers = null)
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

        stream.Blocking = false;
        var connection = new ReplicaConnection(stream);
        connection.Enqueue(b => b.Json(FrameKind.Hello, hello, ServingJson.Default.ServerHello));
        connection.Watch();
        if (gathers ?? (HasInlineCompletions && hello.Role == "gateway"))
        {
            connection.StartGathering();
        }

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

    /// <inheritdoc/>
    public override ReplicaCall? TryStart(in PredictHead head, ReadOnlySpan<byte> extras, ReadOnlySpan<byte> body)
    {
        ReplicaCall call;
        bool send;
        bool ask;
        lock (Gate)
        {
            if (IsClosed)
            {
                return null;
            }

            call = Begin(body.Length);
            var before = queued.Length;
            queued.Predict(call.Id, head, extras, body);
            ask = Gather(out var waits);
            send = Queued(before, mayWait: waits);
            call.SentMark = head.More ? long.MaxValue : queuedBytes;
        }

        if (ask)
        {
            AskForTurn();
        }
        else if (send)
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
        lock (Gate)
        {
            if (IsClosed)
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
    public override ValueTask DisposeAsync()
    {
        Close("Closed by the server.");
        return default;
    }

    internal override void SendBody(ReplicaCall call, bool more, ReadOnlySpan<byte> body)
    {
        bool send;
        lock (Gate)
        {
            if (IsClosed)
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

    internal override void SendCredit(ulong id, int grant) => Enqueue(b => b.Credit(id, grant));

    internal override bool Abandon(ulong id)
    {
        bool send;
        lock (Gate)
        {
            if (!Forget(id))
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

    private void Enqueue(Action<FrameBuffer> write)
    {
        bool send;
        lock (Gate)
        {
            if (IsClosed)
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
    private bool Queued(int before, bool mayWait = false)
    {
        queuedBytes += queued.Length - before;
        if (isSending || mayWait)
        {
            return false;
        }

        isSending = true;
        return true;
    }

    private void OnPong(in Pong pong)
    {
        TaskCompletionSource<Pong>? ping;
        lock (Gate)
        {
            pings.TryDequeue(out ping);
        }

        ping?.TrySetResult(pong);
    }

    private void Close(string reason)
    {
        List<TaskCompletionSource<Pong>> unanswered;
        List<(ReplicaCall Call, ulong Id, long Mark)> lost;
        long handedOver;
        lock (Gate)
        {
            if (!MarkClosed(out var open))
            {
                return;
            }

            lost = [.. open.Select(o => (o.Value, o.Key, o.Value.SentMark))];
            handedOver = sentBytes;
            unanswered = [.. pings];
            pings.Clear();
        }

        socket.Dispose();
        turn?.Dispose();
        RaiseClosing();
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

        SetClosed(reason);
    }
}

/// <summary>A replica refused the connection.</summary>
/// <param name="code">bad_token, stale_epoch, protocol_mismatch or connection_closed.</param>
public sealed class ReplicaRefusedException(string code, string message) : Exception(message)
{
    public string Code { get; } = code;
}
