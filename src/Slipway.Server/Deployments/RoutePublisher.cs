using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Threading.Channels;
using Microsoft.Extensions.Options;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Deployments;

/// <summary>
/// Keeps the route table equal to desired state, replicas and keys: a change of any of them is published at once, and the database is looked at again at a
/// pace. A change of replicas or keys touches no database.
/// </summary>
internal sealed partial class RoutePublisher(
    DesiredState state, VersionRoutes versions, IReplicaSets sets, KeyDirectory keys, RouteTableFeed feed, RoutedSets routed, Changes changes, IOptions<DeploymentOptions> options,
    TimeProvider time, ILogger<RoutePublisher> logger) : HostedLoop
{
    private readonly Channel<bool> wakes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private ImmutableArray<DesiredDeployment> desired = [];
    private IReadOnlyDictionary<Guid, VersionRoute> known = FrozenDictionary<Guid, VersionRoute>.Empty;
    private int stale = 1;
    private long version;

    protected override async Task LoopAsync(CancellationToken stoppingToken)
    {
        using var subscription = changes.Subscribe(c => c is { IsNew: false, Kind: "deployment" or "rollout" or "alias" or "version" or "replica" });
        keys.Reach(0);
        keys.Swapped += Wake;
        var following = FollowAsync(subscription, stoppingToken);
        try
        {
            while (!stoppingToken.IsCancellationRequested)
            {
                await PassAsync(stoppingToken);
                await WaitAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
        finally
        {
            keys.Swapped -= Wake;
            keys.Reach(null);
            await following;
        }
    }

    private async Task PassAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (Interlocked.Exchange(ref stale, 0) == 1)
            {
                await ReadAsync(cancellationToken);
            }

            if (RouteTables.IsBehind(desired, sets.Current))
            {
                await ReadAsync(cancellationToken);
            }

            var ofKeys = keys.Version;
            var table = RouteTables.Build(version + 1, desired, sets.Current, keys.Current, options.Value, known);
            if (version == 0 || !RouteTables.Same(table, feed.Current))
            {
                version++;
                routed.Published(table, time.GetUtcNow());
                feed.Publish(table);
            }

            keys.Reach(ofKeys);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            Interlocked.Exchange(ref stale, 1);
            LogFailed(exception);
        }
    }

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        desired = await state.ReadAsync(cancellationToken);
        known = await versions.ReadAsync(VersionsOf(desired), cancellationToken);
    }

    private static HashSet<Guid> VersionsOf(ImmutableArray<DesiredDeployment> desired) =>
        [.. desired.SelectMany(d => new[] { d.Live, d.Target }).OfType<Revision>().SelectMany(r => r.Variants).Select(v => v.ModelVersionId)];

    private async Task FollowAsync(Changes.Subscription subscription, CancellationToken cancellationToken)
    {
        try
        {
            while (await subscription.Reader.WaitToReadAsync(cancellationToken))
            {
                while (subscription.Reader.TryRead(out var change))
                {
                    switch (change.Kind)
                    {
                        case "deployment" or "rollout" or "alias" or "version":
                            Interlocked.Exchange(ref stale, 1);
                            Wake();
                            break;
                        case "replica":
                            Wake();
                            break;
                    }
                }
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private async Task WaitAsync(CancellationToken cancellationToken)
    {
        using var pace = new CancellationTokenSource(options.Value.Pace, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(pace.Token, cancellationToken);
        try
        {
            await wakes.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            Interlocked.Exchange(ref stale, 1);
        }
    }

    private void Wake() => wakes.Writer.TryWrite(true);

    [LoggerMessage(LogLevel.Error, "The route table could not be renewed; the gateway goes on with the last one and the next try is at the next tick")]
    private partial void LogFailed(Exception exception);
}
