using System.Net.Sockets;
using Slipway.Serving;

namespace Slipway.Replica;

/// <summary>
/// The replica's thread: it accepts connections, serves the control connection, ends late requests and, in the end, the process. It reads the gateways' connections whenever no
/// worker does. It never runs the model, so it answers pings while one computes.
/// </summary>
internal sealed class ReplicaThread(Replica replica)
{
    private const int IdleTickMs = 250;
    private const int BusyTickMs = 50;
    private const int PartingTickMs = 5;
    private const int LongRunMs = 20;          // after which this thread reads in place of the worker
    private const int HelloMs = 5000;
    private const int FarewellMs = 3000;       // how long unsent frames may hold up the end of the process

    private readonly int epoll = Posix.NewEpoll();
    private readonly int wake = Posix.NewEvent();
    private readonly Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
    private readonly Dictionary<int, Newcomer> newcomers = [];
    private readonly Dictionary<int, Connection> controls = [];
    private readonly HashSet<Connection> writers = [];
    private readonly Lock writing = new();
    private int listening;
    private bool watchesGate;
    private ulong epoch;
    private volatile Ending? ending;
    private long partingSince;
    private long lastConnected = Environment.TickCount64;

    public void Listen()
    {
        File.Delete(replica.Spec.Socket);
        listener.Bind(new UnixDomainSocketEndPoint(replica.Spec.Socket));
        listener.Listen(64);
        listening = (int)listener.SafeHandle.DangerousGetHandle();
    }

    public void Start() => new Thread(Run, 512 * 1024) { IsBackground = true, Name = "replica" }.Start();

    /// <summary>From any thread.</summary>
    public void Wake() => Posix.Signal(wake);

    /// <summary>From any thread: ends the process as soon as what has been answered is sent.</summary>
    public void End(string reason, string? message)
    {
        ending ??= new Ending(reason, message, Environment.TickCount64);
        Wake();
    }

    /// <summary>From any thread: this connection has a backlog.</summary>
    public void WatchWriting(Connection connection)
    {
        lock (writing)
        {
            if (!writers.Add(connection))
            {
                return;
            }
        }

        Wake();
    }

    private void Run()
    {
        try
        {
            Posix.Watch(epoll, listening, Posix.In);
            Posix.Watch(epoll, wake, Posix.In);
            var events = new EpollEvent[64];
            while (true)
            {
                var ready = Posix.Wait(epoll, events, TickMs());
                for (var i = 0; i < ready; i++)
                {
                    Handle(events[i].Descriptor);
                }

                FlushWriters();
                Tick(Environment.TickCount64);
            }
        }
        catch (Exception exception)
        {
            ReplicaLog.Write("FATAL", exception.ToString());
            replica.Exit("crashed", $"{exception.GetType().Name}: {exception.Message}");
        }
    }

    private int TickMs()
    {
        if (partingSince != 0 || HasWriters())
        {
            return PartingTickMs;
        }

        if (watchesGate || ending is not null || replica.State == "draining" || replica.Queue.Waiting > 0 || replica.Workers.Any(w => w.Running.Size > 0))
        {
            return BusyTickMs;
        }

        return replica.Reading.HasConnections || newcomers.Count > 0 ? IdleTickMs : (int)Math.Min(5000, NoServerMs / 4);
    }

    private double NoServerMs => (replica.Spec.NoServerSeconds > 0 ? replica.Spec.NoServerSeconds : 600) * 1000;

    private void Handle(int descriptor)
    {
        if (descriptor == listening)
        {
            Accept();
        }
        else if (descriptor == wake)
        {
            Posix.TakeSignals(wake);
        }
        else if (descriptor == replica.Reading.Epoll)
        {
            ReadGate();
        }
        else if (newcomers.TryGetValue(descriptor, out var newcomer))
        {
            Greet(newcomer);
        }
        else if (controls.TryGetValue(descriptor, out var control) && !control.Read())
        {
            controls.Remove(descriptor);
            Posix.StopWatching(epoll, descriptor);
            control.Dispose();
        }
    }

    private void Accept()
    {
        try
        {
            while (true)
            {
                var socket = listener.Accept();
                socket.Blocking = false;
                var newcomer = new Newcomer(socket);
                newcomers[newcomer.Descriptor] = newcomer;
                Posix.Watch(epoll, newcomer.Descriptor, Posix.In);
            }
        }
        catch (SocketException)
        {
            // That was all of them.
        }
    }

    private void Greet(Newcomer newcomer)
    {
        try
        {
            if (newcomer.Read() is not { } hello)
            {
                return;
            }

            newcomers.Remove(newcomer.Descriptor);
            Posix.StopWatching(epoll, newcomer.Descriptor);
            if (Newcomer.Refusal(hello, replica.Spec.Token, epoch) is { } refusal)
            {
                using var frames = new FrameBuffer();
                frames.Error(0, refusal);
                Posix.Send(newcomer.Descriptor, frames.Written.Span);
                newcomer.Socket.Dispose();
                return;
            }

            epoch = Math.Max(epoch, hello.Epoch);
            Admit(new Connection(newcomer.Socket, hello.Role, hello.Peer, replica));
        }
        catch (ProtocolException)
        {
            Forget(newcomer);
        }
    }

    private void Forget(Newcomer newcomer)
    {
        newcomers.Remove(newcomer.Descriptor);
        Posix.StopWatching(epoll, newcomer.Descriptor);
        newcomer.Socket.Dispose();
    }

    private void Admit(Connection connection)
    {
        lock (replica.Gate)
        {
            foreach (var earlier in replica.Connections.Where(c => c.Role == connection.Role && c.Peer == connection.Peer && !c.IsClosed))
            {
                earlier.HangUp();
            }

            if (!connection.IsGateway)
            {
                replica.AskToLoad();
            }

            using var frames = new FrameBuffer();
            frames.Json(FrameKind.Hello, new ReplicaHello(ServerHello.Version, replica.Spec.Replica, Environment.ProcessId, replica.State), ServingJson.Default.ReplicaHello);
            connection.Send(frames);
            if (replica.Outcome is { } outcome)
            {
                connection.Send(outcome);
            }

            replica.Connections.Add(connection);
        }

        if (connection.IsGateway)
        {
            replica.Reading.Add(connection);
        }
        else
        {
            controls[connection.Descriptor] = connection;
            Posix.Watch(epoll, connection.Descriptor, Posix.In);
        }
    }

    private void ReadGate()
    {
        if (!MustRead() || !replica.Reading.Leader.TryEnter())
        {
            Posix.StopWatching(epoll, replica.Reading.Epoll);   // the worker is back
            watchesGate = false;
            return;
        }

        try
        {
            replica.Reading.Poll(0);
        }
        finally
        {
            replica.Reading.Leader.Exit();
        }
    }

    private bool MustRead()
    {
        if (!replica.WorkerReads)
        {
            return true;
        }

        var (size, since) = replica.Workers[0].Running;
        return size > 0 && Environment.TickCount64 - since > LongRunMs;
    }

    private bool HasWriters()
    {
        lock (writing)
        {
            return writers.Count > 0;
        }
    }

    private void FlushWriters()
    {
        Connection[] waiting;
        lock (writing)
        {
            if (writers.Count == 0)
            {
                return;
            }

            waiting = [.. writers];
            writers.Clear();
        }

        foreach (var connection in waiting)
        {
            if (!connection.Flush())
            {
                lock (writing)
                {
                    writers.Add(connection);
                }
            }
        }
    }

    private void Tick(long now)
    {
        if (!watchesGate && MustRead())
        {
            watchesGate = true;
            Posix.Watch(epoll, replica.Reading.Epoll, Posix.In);
        }

        Connection[] connections;
        lock (replica.Gate)
        {
            replica.Connections.RemoveAll(c => c.IsClosed);
            connections = [.. replica.Connections];
        }

        foreach (var connection in connections)
        {
            connection.Expire(now);
        }

        foreach (var late in newcomers.Values.Where(n => now - n.Since > HelloMs).ToList())
        {
            Forget(late);
        }

        if (connections.Length > 0)
        {
            lastConnected = now;
        }
        else if (now - lastConnected > NoServerMs)
        {
            End("no_server", null);
        }

        if (replica.State == "draining" && connections.All(c => c.IsIdle) && replica.Outcome is not null)
        {
            Part(now, connections);
        }
        else if (replica.State == "draining" && replica.Outcome is null && replica.Queue.Waiting == 0)
        {
            End("drained", null);   // it never began to load, or loads still: nobody waits for it
        }

        if (ending is { } end && (now - end.Since > FarewellMs || !connections.Any(c => c.HasBacklog)))
        {
            replica.Exit(end.Reason, end.Message);
        }
    }

    /// <summary>
    /// The last step of a drain: no byte that the kernel accepts from now on is lost unseen. The gateways can send no more; what has come before is refused, and their
    /// connections close. What a gateway could not send was not begun.
    /// </summary>
    private void Part(long now, Connection[] connections)
    {
        if (partingSince == 0)
        {
            partingSince = now;
            foreach (var connection in connections.Where(c => c.IsGateway))
            {
                connection.StopReceiving();
            }
        }
        else if (!connections.Any(c => c.IsGateway) || now - partingSince > FarewellMs)
        {
            End("drained", null);
        }
    }

    private sealed record Ending(string Reason, string? Message, long Since);
}
