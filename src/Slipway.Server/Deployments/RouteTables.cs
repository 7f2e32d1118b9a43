using System.Collections.Frozen;
using System.Collections.Immutable;
using Slipway.Server.Identity;
using Slipway.Server.Replicas;
using Slipway.Server.Routing;

namespace Slipway.Server.Deployments;

/// <summary>Makes route tables: a pure function of desired state, replicas that are there, and keys.</summary>
internal static class RouteTables
{
    public const int FullWeight = 10_000;

    public static RouteTable Build(
        long version, ImmutableArray<DesiredDeployment> desired, ReplicaSnapshot replicas, FrozenDictionary<string, KeyIdentity> keys, DeploymentOptions options,
        IReadOnlyDictionary<Guid, VersionRoute>? versions = null)
    {
        var routes = new Dictionary<RouteKey, DeploymentRoute>();
        foreach (var deployment in desired)
        {
            var route = RouteOf(deployment, replicas, options, versions);
            routes[new RouteKey(route.Environment, route.Name)] = route;
            if (route.Environment is not (DeploymentEnvironment.Development or DeploymentEnvironment.Staging))
            {
                continue;
            }

            // A user's scope: development if it is live there, else staging.
            var own = new RouteKey(route.Owner, route.Name);
            if (!routes.TryGetValue(own, out var other) || Rank(route) > Rank(other))
            {
                routes[own] = route;
            }
        }

        return new RouteTable(
            version, routes.ToFrozenDictionary(),
            keys.ToFrozenDictionary(
                k => k.Key,
                k => new KeyRoute(k.Value.KeyId, k.Value.UserId, k.Value.User, k.Value.Role, k.Value.CanPredict, k.Value.DefaultEnvironment, k.Value.ExpiresAt),
                StringComparer.Ordinal));
    }

    /// <summary>The route of one deployment.</summary>
    /// <param name="versions">What is known of model versions, by id; of others nothing is.</param>
    public static DeploymentRoute RouteOf(
        DesiredDeployment desired, ReplicaSnapshot replicas, DeploymentOptions options, IReadOnlyDictionary<Guid, VersionRoute>? versions = null)
    {
        var deployment = desired.Deployment;
        var revisions = deployment.State == RunState.Stopped ? [] : Revisions(desired, replicas, versions ?? FrozenDictionary<Guid, VersionRoute>.Empty);
        var state = deployment.State == RunState.Stopped || desired.IsInactive ? RouteState.Stopped : revisions.IsEmpty ? RouteState.NotReady : RouteState.Serving;
        return new DeploymentRoute(
            deployment.Id, deployment.Environment.Name, deployment.Name, deployment.OwnerId, deployment.Owner, state, revisions,
            deployment.Balancer.Enabled ? deployment.LoadBalancing : LoadBalancing.RoundRobin, deployment.Idempotent, deployment.Timeout, options.MaxQueue, RecordBodies: true,
            deployment.Balancer.Enabled ? deployment.Balancer : null);
    }

    /// <summary>Whether two tables route alike, whatever their versions.</summary>
    public static bool Same(RouteTable left, RouteTable right) =>
        SameKeys(left.Keys, right.Keys)
        && left.Deployments.Count == right.Deployments.Count
        && left.Deployments.All(l => right.Deployments.TryGetValue(l.Key, out var r) && Same(l.Value, r));

    private static bool SameKeys(FrozenDictionary<string, KeyRoute> left, FrozenDictionary<string, KeyRoute> right) =>
        left.Count == right.Count && left.All(l => right.TryGetValue(l.Key, out var r) && l.Value == r);

    private static bool Same(DeploymentRoute left, DeploymentRoute right) =>
        left with { Revisions = right.Revisions } == right && Same(left.Revisions, right.Revisions, Same);

    private static bool Same(RevisionRoute left, RevisionRoute right) =>
        left with { Variants = right.Variants } == right && Same(left.Variants, right.Variants, Same);

    private static bool Same(VariantRoute left, VariantRoute right) =>
        left with { Set = right.Set, Version = right.Version } == right
        && left.Version with { Aliases = right.Version.Aliases } == right.Version && left.Version.Aliases.SequenceEqual(right.Version.Aliases)
        && left.Set with { Replicas = right.Set.Replicas } == right.Set
        && left.Set.Replicas.SequenceEqual(right.Set.Replicas);

    private static bool Same<T>(ImmutableArray<T> left, ImmutableArray<T> right, Func<T, T, bool> same) =>
        left.Length == right.Length && left.Zip(right).All(pair => same(pair.First, pair.Second));

    /// <summary>
    /// Who answers, with which weight. A revision may take traffic when each of its sets has a ready replica; the weight of one that may not goes to the
    /// other. When neither may, the live revision keeps its requests waiting, unless it fails at every start.
    /// </summary>
    private static ImmutableArray<RevisionRoute> Revisions(DesiredDeployment desired, ReplicaSnapshot replicas, IReadOnlyDictionary<Guid, VersionRoute> versions)
    {
        var (live, target, rollout) = (desired.Serving, desired.Target, desired.Rollout);
        if (rollout is not { UnderWay: true } || target is null || target.Id == desired.Live?.Id)
        {
            target = null;
        }

        var liveAnswers = live is not null && Answers(live, desired, replicas);
        var targetAnswers = target is not null && Answers(target, desired, replicas);
        var weight = (liveAnswers, targetAnswers) switch
        {
            (true, true) => rollout!.Weight,
            (false, true) when live is null || rollout!.Weight > 0 => FullWeight,
            _ => 0,
        };
        var answering = ImmutableArray.CreateBuilder<RevisionRoute>(2);
        if (live is not null && weight < FullWeight && (liveAnswers || !FailsAlways(live, desired.Id, replicas)))
        {
            answering.Add(RouteOf(live, FullWeight - weight, desired, replicas, versions));
        }

        if (target is not null && weight > 0)
        {
            answering.Add(RouteOf(target, weight, desired, replicas, versions));
        }

        return answering.ToImmutable();
    }

    // Each of its sets has a ready replica, or is at zero or waking and keeps its requests.
    private static bool Answers(Revision revision, DesiredDeployment desired, ReplicaSnapshot replicas) =>
        revision.Sets.Count > 0 && revision.Sets.All(hash => replicas.Find(desired.Id, hash) is { Ready: > 0 } || MayPark(hash, desired, replicas));

    /// <summary>
    /// Whether replicas follow a later state than the one at hand: a set that should have some was told to have none. A table of the two would answer 503 where the later state lets
    /// requests wait. A set that is just being woken looks the same; reading once more is all that it costs.
    /// </summary>
    public static bool IsBehind(ImmutableArray<DesiredDeployment> desired, ReplicaSnapshot replicas) =>
        desired.Any(d => ReplicaPlan.Of(d).Any(s => s.Value.Replicas > 0 && replicas.Find(d.Id, s.Key) is { Desired: 0, IsRemoving: false }));

    // A set that was woken and fails at every start keeps nobody waiting.
    private static bool MayPark(string hash, DesiredDeployment desired, ReplicaSnapshot replicas) =>
        desired.MayPark(hash) && (desired.IsAtZero(hash) || replicas.Find(desired.Id, hash) is not { ConsecutiveFailures: >= DeploymentStatus.FailuresThatCount });

    // One variant that fails at every start takes nothing from the others: its own requests are answered 503, or by its fallback.
    private static bool FailsAlways(Revision revision, Guid deployment, ReplicaSnapshot replicas) => revision.Sets.Count > 0
        && revision.Sets.All(hash => RevisionFacts.Of([hash], deployment, replicas).ConsecutiveFailures >= DeploymentStatus.FailuresThatCount);

    private static RevisionRoute RouteOf(
        Revision revision, int weight, DesiredDeployment desired, ReplicaSnapshot replicas, IReadOnlyDictionary<Guid, VersionRoute> versions) => new(
        revision.Id, revision.Number, weight,
        [
            .. revision.Variants.InOrder().Select(v => new VariantRoute(
                v.Name, v.IsDefault, v.Model, v.ModelVersion, v.Runtime, SetOf(v.ReplicaSetHash ?? "", desired, replicas),
                versions.GetValueOrDefault(v.ModelVersionId) ?? VersionRoute.Plain, v.Fallback, v.Retries,
                desired.Draft?.RevisionId == revision.Id ? desired.Draft.Name : null)),
        ],
        revision.Routing is { } routing ? RoutingReader.Compile(routing, desired.Deployment.Name) : null);

    private static ReplicaSetRoute SetOf(string hash, DesiredDeployment desired, ReplicaSnapshot replicas)
    {
        var reachable = (replicas.Find(desired.Id, hash)?.Replicas ?? []).Where(r => r.State is ReplicaState.Ready or ReplicaState.Draining or ReplicaState.Unresponsive).ToList();
        var like = reachable.Find(r => r.State == ReplicaState.Ready) ?? reachable.FirstOrDefault();
        return new ReplicaSetRoute(
            desired.Id, hash, like?.Concurrency ?? 1, like?.Batch ?? false, like?.MaxBatch ?? 1,
            [.. reachable.OrderBy(r => r.Id).Select(r => new ReplicaRoute(r.Id, r.Socket, r.Token, r.State == ReplicaState.Ready, r.Hosted))],
            MayPark(hash, desired, replicas));
    }

    // Serving before not ready before stopped, and of equals development.
    private static int Rank(DeploymentRoute route) => (-2 * (int)route.State) + (route.Environment == DeploymentEnvironment.Development ? 1 : 0);
}
