using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text.Json;
using Slipway.Serving;
using Slipway.Server.Platform;

namespace Slipway.Server.Replicas;

/// <summary>What a control connection knows of its replica; swapped whole.</summary>
/// <param name="HeardAt">Timestamp (<see cref="TimeProvider.GetTimestamp"/>) of the last frame, or of the connection object's beginning.</param>
internal sealed record LinkSeen(
    LinkPhase Phase, ReplicaLoaded? Loaded, string? FailureCode, string? FailureMessage, long? FailedAt, long HeardAt, Pong? Load);

/// <summary>
/// The control connection to one replica: connects and connects again, introduces the server, pings, and keeps what it hears. It decides nothing; each change wakes
/// the loop.
/// </summary>
internal sealed class ReplicaLink : IAsyncDisposable
{
    private readonly string socketPath;
    private readonly ServerHello hello;
    private readonly int pid;
    private readonly Func<TimeSpan> pingInterval;
    private readonly Func<byte[]> ping;
    private readonly TimeProvider time;
    private readonly Action changed;
    private readonly CancellationTokenSource stop = new();
    private readonly Task running;
    private LinkSeen seen;
    private volatile bool draining;
    private volatile bool drainSent;
    private volatile bool ended;
    private volatile CancellationTokenSource? pause;
    private readonly ConcurrentQueue<(ulong Id, ReplicaReload What)> unsent = new();
    private readonly ConcurrentDictionary<ulong, TaskCompletionSource<ReplicaReloaded?>> unanswered = new();
    private ulong lastReload;

    /// <param name="pingInterval">Asked before each pause: it may change.</param>
    /// <param name="ping">The payload of each ping: it may change.</param>
    /// <param name="pid">The process that must be listening; anything else on the socket is refused.</param>
    public ReplicaLink(string socketPath, ServerHello hello, int pid, Func<TimeSpan> pingInterval, Func<byte[]> ping, TimeProvider time, Action changed)
    {
        this.socketPath = socketPath;
        this.hello = hello;
        this.pid = pid;
        this.pingInterval = pingInterval;
        this.ping = ping;
        this.time = time;
        this.changed = changed;
        seen = new LinkSeen(LinkPhase.Connecting, null, null, null, null, time.GetTimestamp(), null);
        running = OffIoThreads.RunAsync(RunAsync);
    }

    public LinkSeen Seen => Volatile.Read(ref seen);

    /// <summary>Tells the replica to finish what it has and to end; once per connection however often it is called.</summary>
    public void Drain()
    {
        draining = true;
        if (!drainSent)
        {
            EndPause();
        }
    }

    /// <summary>Asks the replica to answer with the model of another folder from now on.</summary>
    /// <returns>What came of it; null when the connection was lost before the answer, so that nobody knows.</returns>
    public Task<ReplicaReloaded?> ReloadAsync(ReplicaReload what, CancellationToken cancellationToken)
    {
        if (Seen.Phase != LinkPhase.Loaded)
        {
            return Task.FromResult<ReplicaReloaded?>(null);
        }

        var id = Interlocked.Increment(ref lastReload);
        var answer = unanswered[id] = new TaskCompletionSource<ReplicaReloaded?>(TaskCreationOptions.RunContinuationsAsynchronously);
        unsent.Enqueue((id, what));
        EndPause();
        if (ended)
        {
            Answer(id, null);   // nobody is left who would send it
        }

        return answer.Task.WaitAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await running;
        stop.Dispose();
    }

    private async Task RunAsync()
    {
        var attempts = 0;
        while (!stop.IsCancellationRequested && Seen.Phase != LinkPhase.Refused)
        {
            try
            {
                using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), stop.Token);
                await ServeAsync(socket);
            }
            catch (OperationCanceledException)
            {
            }
            catch (Exception exception) when (exception is SocketException or ProtocolException or JsonException or IOException or ObjectDisposedException)
            {
                // Not listening yet, ending, or gone: the loop sees which by the process.
            }

            if (Seen.Phase != LinkPhase.Connecting)
            {
                changed();   // it was there, and its connection is lost: the loop looks whether its process is
            }

            // A replica that has just been forked listens within some milliseconds, and a request may be waiting for it.
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(50, 4 * ++attempts)), stop.Token).ContinueWith(_ => { }, TaskScheduler.Default);
        }

        ended = true;
        Lose();
    }

    /// <summary>Nobody will answer what was asked on the connection that is gone.</summary>
    private void Lose()
    {
        unsent.Clear();
        foreach (var id in unanswered.Keys)
        {
            Answer(id, null);
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        if (PeerPid(socket) != pid)
        {
            Set(Seen with { Phase = LinkPhase.Refused, FailureCode = "wrong_process", FailureMessage = "Another process listens on the replica's socket." });
            return;
        }

        using var out_ = new FrameBuffer();
        out_.Json(FrameKind.Hello, hello, ServingJson.Default.ServerHello);
        await SendAsync(socket, out_);
        using var connection = CancellationTokenSource.CreateLinkedTokenSource(stop.Token);
        drainSent = false;
        var pinging = PingAsync(socket, out_, connection.Token);
        try
        {
            await ReadAsync(socket, connection.Token);
        }
        finally
        {
            await connection.CancelAsync();
            await pinging;
            Lose();
        }
    }

    private async Task PingAsync(Socket socket, FrameBuffer frames, CancellationToken cancellationToken)
    {
        try
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                using var pausing = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                pause = pausing;
                if (!(draining && !drainSent) && unsent.IsEmpty)
                {
                    await Task.Delay(pingInterval(), time, pausing.Token).ContinueWith(_ => { }, TaskScheduler.Default);
                }

                pause = null;
                if (cancellationToken.IsCancellationRequested)
                {
                    return;
                }

                if (draining && !drainSent)
                {
                    drainSent = true;
                    frames.Raw(FrameKind.Drain, 0);
                }

                while (unsent.TryDequeue(out var reload))
                {
                    frames.Json(FrameKind.Reload, reload.What, ServingJson.Default.ReplicaReload, reload.Id);
                }

                frames.Raw(FrameKind.Ping, 0, ping());
                await SendAsync(socket, frames);
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            socket.Dispose();   // the reader ends, and a new connection is tried
        }
    }

    private async Task SendAsync(Socket socket, FrameBuffer frames)
    {
        var rest = frames.Written;
        while (rest.Length > 0)
        {
            rest = rest[await socket.SendAsync(rest, stop.Token)..];
        }

        frames.Clear();
    }

    private async Task ReadAsync(Socket socket, CancellationToken cancellationToken)
    {
        var buffer = new byte[4 + Frame.MaxLength];
        var filled = 0;
        while (await socket.ReceiveAsync(buffer.AsMemory(filled), cancellationToken) is > 0 and var read)
        {
            filled += read;
            var used = 0;
            while (Frame.TryRead(buffer.AsSpan(used, filled - used), out var frame, out var consumed))
            {
                Take(frame);
                used += consumed;
            }

            buffer.AsSpan(used, filled - used).CopyTo(buffer);
            filled -= used;
        }
    }

    private void Take(in Frame frame)
    {
        var now = Seen with { HeardAt = time.GetTimestamp() };
        switch (frame.Kind)
        {
            case FrameKind.Hello:
                Set(now.Phase == LinkPhase.Connecting ? now with { Phase = LinkPhase.Connected } : now);
                break;
            case FrameKind.Loaded:
                Set(now with { Phase = LinkPhase.Loaded, Loaded = JsonSerializer.Deserialize(frame.Payload, ServingJson.Default.ReplicaLoaded) });
                break;
            case FrameKind.Failed:
                var failed = JsonSerializer.Deserialize(frame.Payload, ServingJson.Default.ReplicaFailed)!;
                Set(now with { Phase = LinkPhase.Failed, FailureCode = failed.Code, FailureMessage = failed.Message, FailedAt = time.GetTimestamp() });
                break;
            case FrameKind.Reload:
                Volatile.Write(ref seen, now);
                Answer(frame.RequestId, JsonSerializer.Deserialize(frame.Payload, ServingJson.Default.ReplicaReloaded));
                break;
            case FrameKind.Error when frame.RequestId != 0:
                var refused = ReplicaError.Read(frame.Payload);
                Answer(frame.RequestId, refused.Status == 503
                    ? null   // it is ending: the next replica says what comes of it
                    : new ReplicaReloaded(refused.Status == 415 ? ReplicaReloaded.FullPushRequired : ReplicaReloaded.Failed, Code: refused.Code, Message: refused.Message));
                break;
            case FrameKind.Error:
                var error = ReplicaError.Read(frame.Payload);
                Set(now with { Phase = LinkPhase.Refused, FailureCode = error.Code, FailureMessage = error.Message });
                break;
            case FrameKind.Pong:
                Volatile.Write(ref seen, now with { Load = Pong.Read(frame.Payload) });
                break;
            default:
                throw new ProtocolException($"A {frame.Kind} frame on a control connection.");
        }
    }

    private void Answer(ulong id, ReplicaReloaded? answer)
    {
        if (unanswered.TryRemove(id, out var waiting))
        {
            waiting.TrySetResult(answer);
        }
    }

    private void EndPause()
    {
        try
        {
            pause?.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // the pause has just ended by itself
        }
    }

    private void Set(LinkSeen value)
    {
        Volatile.Write(ref seen, value);
        changed();
    }

    /// <summary>SO_PEERCRED: the kernel's word on which process called listen().</summary>
    private static int PeerPid(Socket socket)
    {
        const int solSocket = 1, soPeerCred = 17;
        Span<byte> credentials = stackalloc byte[12];
        socket.GetRawSocketOption(solSocket, soPeerCred, credentials);
        return BinaryPrimitives.ReadInt32LittleEndian(credentials);
    }
}
