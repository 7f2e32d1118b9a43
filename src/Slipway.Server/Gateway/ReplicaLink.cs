using System.Collections.Immutable;
using System.Net.Sockets;
using Microsoft.Extensions.Options;
using Slipway.Serving;
using Slipway.Server.Deployments;

namespace Slipway.Server.Gateway;

/// <summary>Keeps one connection to one replica: opened when a table names it, opened again when lost, closed when no table names it and nothing is in flight.</summary>
internal sealed partial class ReplicaLink : IAsyncDisposable
{
    private static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(5);
    private readonly ReplicaRoute replica;
    private readonly ServerHello hello;
    private readonly GatewayOptions options;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly Func<Guid, ReplicaChannel?> hosted;
    private readonly CancellationTokenSource ending = new();
    private readonly Task keeping;
    private ReplicaChannel? connection;
    private bool isConnecting = true;
    private readonly long[] latency = new long[LatencyBuckets.Count];
    private readonly long[] reportedLatency = new long[LatencyBuckets.Count];
    private long requests;
    private long failedCalls;
    private int inFlight;

    /// <param name="hosted">A way to a model of this process by its replica; null: it is not there.</param>
    public ReplicaLink(
        ReplicaRoute replica, ServerHello hello, Func<Guid, ReplicaChannel?> hosted, IOptions<GatewayOptions> options, TimeProvider time, ILogger logger)
    {
        this.hosted = hosted;
        this.replica = replica;
        this.hello = hello;
        this.options = options.Value;
        this.time = time;
        this.logger = logger;
        keeping = Task.Run(() => KeepAsync(ending.Token));
    }

    public Guid ReplicaId => replica.ReplicaId;

    /// <summary>A loaded replica answers on it.</summary>
    public bool IsConnected => Volatile.Read(ref connection) is { IsClosed: false };

    /// <summary>The connection is being made, for the first time or again after a loss that is not noticed yet, and has not failed.</summary>
    public bool IsConnecting => Volatile.Read(ref isConnecting) || Volatile.Read(ref connection) is { IsClosed: true };

    /// <summary>Requests that have a place here.</summary>
    public int InFlight => Volatile.Read(ref inFlight);

    /// <summary>Raised when <see cref="IsConnected"/> or <see cref="IsConnecting"/> has changed.</summary>
    public event Action? Changed;

    public bool IsFor(ReplicaRoute route) => replica.Socket == route.Socket && replica.Token == route.Token;

    /// <summary>Starts a call; null when the replica cannot be reached and nothing was sent.</summary>
    public ReplicaCall? TryStart(in PredictHead head, ReadOnlySpan<byte> extras, ReadOnlySpan<byte> body) => Volatile.Read(ref connection)?.TryStart(head, extras, body);

    /// <summary>Takes answers that have come and wait for their turn behind other sockets.</summary>
    public void Look() => Volatile.Read(ref connection)?.Look();

    /// <summary>A request has a place here: from before its call starts, so that a link which no table names any more is not closed between the two.</summary>
    public void Hold() => Interlocked.Increment(ref inFlight);

    /// <summary>The request has given its place back.</summary>
    public void Release() => Interlocked.Decrement(ref inFlight);

    /// <summary>A call's last frame has been taken.</summary>
    public void Ended() => Interlocked.Increment(ref requests);

    /// <summary>Counts what came of a call.</summary>
    public void Count(TimeSpan took, bool failed)
    {
        Interlocked.Increment(ref latency[LatencyBuckets.Of(took)]);
        if (failed)
        {
            Interlocked.Increment(ref failedCalls);
        }
    }

    /// <summary>Load since the last call, for the report.</summary>
    public ReplicaLoad Report()
    {
        var now = InFlight;
        var asked = Interlocked.Exchange(ref requests, 0);
        return new ReplicaLoad(ReplicaId, now, now, asked, Interlocked.Exchange(ref failedCalls, 0), asked == 0 ? [] : LatencySinceLast());
    }

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        await keeping;
        ending.Dispose();
    }

    /// <summary>No table names the replica any more, so that nobody gets a place: closes once those who have one have given it back.</summary>
    public async Task CloseWhenIdleAsync()
    {
        while (InFlight > 0 && IsConnected)
        {
            await Task.Delay(options.ReconnectPause, time);
        }

        await DisposeAsync();
    }

    private ImmutableArray<long> LatencySinceLast()
    {
        var counts = ImmutableArray.CreateBuilder<long>(latency.Length);
        for (var i = 0; i < latency.Length; i++)
        {
            var total = Volatile.Read(ref latency[i]);
            counts.Add(total - reportedLatency[i]);
            reportedLatency[i] = total;
        }

        return counts.MoveToImmutable();
    }

    private async Task KeepAsync(CancellationToken cancellationToken)
    {
        var failures = 0;
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await KeepOnceAsync(cancellationToken);
                failures = 0;
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception) when (exception is SocketException or ReplicaRefusedException or OperationCanceledException or IOException)
            {
                if (failures++ == 0)
                {
                    LogUnreachable(replica.ReplicaId, exception.Message);
                }

                Volatile.Write(ref isConnecting, false);
                Changed?.Invoke();
            }

            // A lost connection is tried again at once, one that cannot be made at a growing pace.
            var pause = failures == 0 ? TimeSpan.Zero : options.ReconnectPause * Math.Min(4, failures);
            await Task.Delay(pause, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task KeepOnceAsync(CancellationToken cancellationToken)
    {
        var made = replica.Hosted
            ? hosted(replica.ReplicaId) ?? throw new ReplicaRefusedException("not_hosted", "This process does not host it.")
            : await ConnectAsync(cancellationToken);
        await using (made)
        {
            var outcome = await made.Loaded.WaitAsync(cancellationToken);
            if (outcome.Failed is { } failed)
            {
                throw new ReplicaRefusedException(failed.Code, failed.Message);
            }

            made.Closing += OnClosing;
            Volatile.Write(ref connection, made);
            Volatile.Write(ref isConnecting, false);
            Changed?.Invoke();
            try
            {
                var reason = await made.Closed.WaitAsync(cancellationToken);
                LogLost(replica.ReplicaId, reason);
            }
            finally
            {
                Volatile.Write(ref connection, null);
            }
        }
    }

    private async Task<ReplicaChannel> ConnectAsync(CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(HandshakeTimeout);
        return await ReplicaConnection.ConnectAsync(replica.Socket, hello, patience.Token);
    }

    private void OnClosing(ReplicaChannel lost)
    {
        if (Volatile.Read(ref connection) == lost)
        {
            Volatile.Write(ref isConnecting, true);   // before it is gone, so that nobody sees neither
            Interlocked.CompareExchange(ref connection, null, lost);
            Changed?.Invoke();
        }
    }

    [LoggerMessage(LogLevel.Warning, "Replica {Replica} cannot be reached: {Reason}")]
    private partial void LogUnreachable(Guid replica, string reason);

    [LoggerMessage(LogLevel.Information, "The connection to replica {Replica} is gone: {Reason}")]
    private partial void LogLost(Guid replica, string reason);
}
