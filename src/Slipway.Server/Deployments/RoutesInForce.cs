using Microsoft.Extensions.Options;
using Slipway.Server.Replicas;

namespace Slipway.Server.Deployments;

/// <summary>
/// Keeps what is told from being ahead of what requests meet: who reads that replicas are ready, or that a revision is live, is answered by them. The table follows
/// within milliseconds; where it does not, what is known is told after <see cref="DeploymentOptions.RoutesWait"/>.
/// </summary>
internal sealed class RoutesInForce(RouteTableFeed feed, IReplicaSets sets, IOptions<DeploymentOptions> options)
{
    /// <summary>Waits until requests meet the replicas of the live revision that are ready now; not at all where none is.</summary>
    public Task CatchUpAsync(DesiredDeployment deployment, CancellationToken cancellationToken)
    {
        if (deployment.Deployment.State == RunState.Stopped || deployment.IsInactive || deployment.Serving is not { } live)
        {
            return Task.CompletedTask;
        }

        var snapshot = sets.Current;
        var ready = live.Sets.SelectMany(hash => snapshot.Find(deployment.Id, hash)?.Replicas ?? []).Where(r => r.State == ReplicaState.Ready).ToLookup(r => r.SetHash, r => r.Id);
        return ready.Count == 0
            ? Task.CompletedTask
            : feed.UntilAsync(table => Shows(table, new RouteKey(deployment.Deployment.Environment.Name, deployment.Deployment.Name), live.Id, ready), options.Value.RoutesWait, cancellationToken);
    }

    /// <summary>Waits until every new request meets this revision.</summary>
    public Task UntilLiveAsync(Guid deployment, Guid revision, CancellationToken cancellationToken) => feed.UntilAsync(
        table => table.Deployments.Values.Any(d => d.DeploymentId == deployment && d.Revisions.Any(r => r.RevisionId == revision && r.Weight == RouteTables.FullWeight)),
        options.Value.RoutesWait, cancellationToken);

    private static bool Shows(RouteTable table, RouteKey key, Guid revision, ILookup<string, Guid> ready) =>
        table.Deployments.TryGetValue(key, out var route)
        && route.State == RouteState.Serving
        && route.Revisions.Where(r => r.RevisionId == revision).SelectMany(r => r.Variants).All(
            v => ready[v.Set.Hash].All(id => v.Set.Replicas.Any(r => r.ReplicaId == id && r.Ready)));
}
