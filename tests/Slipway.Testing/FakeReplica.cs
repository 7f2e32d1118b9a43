using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Slipway.Server.Deployments;
using Slipway.Serving;

namespace Slipway.Testing;

/// <summary>
/// A replica that speaks the whole protocol on a real socket and does what the test says: <c>behave</c> gets each request when its body is whole and answers it, late, wrongly or
/// not at all. Credit is kept in both directions.
/// </summary>
internal sealed class FakeReplica : IAsyncDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("slipway-fake-").FullName;
    private readonly Func<FakeRequest, Task> behave;
    private readonly ConcurrentDictionary<Connection, byte> connections = new();
    private readonly CancellationTokenSource ending = new();
    private readonly Task accepting;
    private Socket listener;

    /// <param name="behave">Null: <see cref="Echo"/>.</param>
    public FakeReplica(Func<FakeRequest, Task>? behave = null, bool loads = true, TimeSpan? loadTime = null)
    {
        this.behave = behave ?? Echo;
        Loads = loads;
        LoadTime = loadTime ?? TimeSpan.Zero;
        SocketPath = Path.Combine(folder, "r.sock");
        listener = Listen();
        accepting = Task.Run(AcceptAsync);
    }

    public Guid Id { get; } = Guid.NewGuid();

    public string SocketPath { get; }

    public string Token { get; } = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    public bool Loads { get; }

    public TimeSpan LoadTime { get; }

    /// <summary>Requests in the order of their <c>predict</c> frames.</summary>
    public ConcurrentQueue<FakeRequest> Requests { get; } = new();

    /// <summary>Hellos that were accepted.</summary>
    public ConcurrentQueue<ServerHello> Hellos { get; } = new();

    /// <summary>Bytes of request bodies received so far.</summary>
    public long BodyBytes;

    /// <summary>False: body bytes are taken and never granted again.</summary>
    public bool GrantsCredit { get; set; } = true;

    /// <summary>Answers the body itself, with its content type.</summary>
    public static Task Echo(FakeRequest request) => request.AnswerAsync(request.Body, request.Head.Type);

    public ReplicaRoute Route(bool ready = true) => new(Id, SocketPath, Token, ready);

    /// <summary>What <c>kill -9</c> does: the socket and all connections are gone at once.</summary>
    public void Kill()
    {
        listener.Dispose();
        File.Delete(SocketPath);
        DropConnections();
    }

    /// <summary>Loses the connections; the replica lives and listens.</summary>
    public void DropConnections()
    {
        foreach (var connection in connections.Keys)
        {
            connection.Dispose();
        }
    }

    /// <summary>Waits for the request that comes as number <paramref name="count"/>, from 1.</summary>
    public async Task<FakeRequest> ReceivedAsync(int count = 1)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (Requests.Count < count)
        {
            await Task.Delay(2, patience.Token);
        }

        return Requests.ElementAt(count - 1);
    }

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        Kill();
        await accepting;
        ending.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    internal void Forget(Connection connection) => connections.TryRemove(connection, out _);

    internal Task BehaveAsync(FakeRequest request) => behave(request);

    private Socket Listen()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(SocketPath));
        socket.Listen(64);
        return socket;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var connection = new Connection(this, await listener.AcceptAsync(ending.Token));
                connections.TryAdd(connection, 0);
                _ = connection.RunAsync();
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Killed.
        }
    }

    internal sealed class Connection(FakeReplica replica, Socket socket) : IDisposable
    {
        private readonly ConcurrentDictionary<ulong, FakeRequest> open = new();
        private readonly Lock sending = new();

        public async Task RunAsync()
        {
            var buffer = new byte[2 * (Frame.MaxLength + 4)];
            var length = 0;
            try
            {
                while (true)
                {
                    var read = await socket.ReceiveAsync(buffer.AsMemory(length));
                    if (read == 0)
                    {
                        break;
                    }

                    length += read;
                    var start = 0;
                    while (Take(buffer.AsSpan(start, length - start), out var consumed))
                    {
                        start += consumed;
                    }

                    buffer.AsSpan(start, length - start).CopyTo(buffer);
                    length -= start;
                }
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException or ProtocolException)
            {
                // The connection is over.
            }

            Dispose();
        }

        public void Send(Action<FrameBuffer> write)
        {
            using var frames = new FrameBuffer();
            write(frames);
            try
            {
                lock (sending)
                {
                    var rest = frames.Written.Span;
                    while (!rest.IsEmpty)
                    {
                        rest = rest[socket.Send(rest)..];
                    }
                }
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                // The connection is over.
            }
        }

        public void Close(ulong id) => open.TryRemove(id, out _);

        public void Dispose()
        {
            socket.Dispose();
            replica.Forget(this);
            foreach (var request in open.Values)
            {
                request.Cancel();
            }
        }

        private bool Take(ReadOnlySpan<byte> bytes, out int consumed)
        {
            if (!Frame.TryRead(bytes, out var frame, out consumed))
            {
                return false;
            }

            switch (frame.Kind)
            {
                case FrameKind.Hello:
                    OnHello(JsonSerializer.Deserialize(frame.Payload, ServingJson.Default.ServerHello)!);
                    break;
                case FrameKind.Ping:
                    Send(f => f.Pong(new Pong((uint)open.Count, 0, 0, 0, 0, 0)));
                    break;
                case FrameKind.Predict:
                    var predict = new PredictPayload(frame.Payload);
                    var request = new FakeRequest(this, frame.RequestId, predict.Head, Encoding.UTF8.GetString(predict.Extras));
                    open[frame.RequestId] = request;
                    replica.Requests.Enqueue(request);
                    OnBody(request, predict.Body, predict.Head.More);
                    break;
                case FrameKind.Body when open.TryGetValue(frame.RequestId, out var uploading):
                    var body = new BodyPayload(frame.Payload);
                    OnBody(uploading, body.Body, body.More);
                    break;
                case FrameKind.Credit when open.TryGetValue(frame.RequestId, out var answering):
                    answering.Granted(System.Buffers.Binary.BinaryPrimitives.ReadInt32LittleEndian(frame.Payload));
                    break;
                case FrameKind.Cancel when open.TryGetValue(frame.RequestId, out var cancelled):
                    cancelled.Cancel();
                    break;
            }

            return true;
        }

        private void OnHello(ServerHello hello)
        {
            if (hello.Token != replica.Token)
            {
                Send(f => f.Error(0, new ReplicaError(401, false, false, "bad_token", "The token is not this replica's.")));
                Dispose();
                return;
            }

            replica.Hellos.Enqueue(hello);
            Send(f => f.Json(FrameKind.Hello, new ReplicaHello(1, replica.Id.ToString(), Environment.ProcessId, "loading"), ServingJson.Default.ReplicaHello));
            if (replica.Loads)
            {
                _ = LoadAsync();
            }
        }

        private async Task LoadAsync()
        {
            await Task.Delay(replica.LoadTime);
            Send(f => f.Json(FrameKind.Loaded, new ReplicaLoaded(1, 1, false, 1, true, ["predict"]), ServingJson.Default.ReplicaLoaded));
        }

        private void OnBody(FakeRequest request, ReadOnlySpan<byte> body, bool more)
        {
            request.Append(body);
            Interlocked.Add(ref replica.BodyBytes, body.Length);
            if (replica.GrantsCredit && more && body.Length > 0)
            {
                var grant = body.Length;
                Send(f => f.Credit(request.Id, grant));
            }

            if (!more)
            {
                _ = Task.Run(() => replica.BehaveAsync(request));
            }
        }
    }
}
