using Microsoft.Extensions.Options;
using Slipway.Contracts;
using Slipway.Server.Deployments.Drafts;
using Slipway.Server.Platform;
using Slipway.Server.Replicas;
using Slipway.Server.Runtimes;

namespace Slipway.Server.Deployments;

/// <summary>Turns what is stored and what is there into wire types.</summary>
internal sealed class DeploymentInfos(IReplicaSets sets, IRecentTraffic traffic, LiveTraffic live, IOptions<ReplicasOptions> replicas)
{
    /// <param name="rollout">The rollout under way; null when none is.</param>
    /// <param name="host">Scheme and host of the request, for addresses.</param>
    public DeploymentInfo Of(DesiredDeployment desired, RolloutInfo? rollout, Uri host)
    {
        var deployment = desired.Deployment;
        var snapshot = sets.Current;
        var standing = StandingOf(desired, snapshot);
        var route = $"{host.GetLeftPart(UriPartial.Authority)}/{deployment.Environment.Name}/models/{deployment.Name}";
        var minutes = traffic.Of(deployment.Id);
        var minute = live.OfDeployment(deployment.Id);
        return new DeploymentInfo(
            deployment.Name, deployment.Environment.Name, deployment.Kind == DeploymentKind.Model ? "model" : "prompt", deployment.Title, deployment.Description,
            deployment.Owner, standing.Word.ToWire(), standing.Reason, standing.Detail, $"{route}/predict", $"{route}/invocations",
            desired.Live is { } revision ? Of(revision, revision.Id, null) : null, rollout, Ready(desired, snapshot), ReplicaPlan.Of(desired).Values.Sum(s => s.Replicas),
            deployment.MinReplicas, deployment.MaxReplicas, deployment.LoadBalancing.ToWire(), deployment.Timeout.TotalSeconds, deployment.Idempotent, deployment.Labels,
            minutes.Requests, minutes.Failures, Etag.Of(deployment.Edit), deployment.CreatedAt, deployment.UpdatedAt,
            deployment.Scaling.ToInfo(deployment.MinReplicas, deployment.MaxReplicas), deployment.Balancer.ToInfo(deployment.LoadBalancing), minute?.QuantileMs(0.95), minute?.ErrorRate, deployment.Health.ToInfo(replicas.Value),
            Mode: deployment.Mode.ToWire(),
            Draft: desired.Draft is { } draft ? new DraftSummary(draft.Name, draft.RunningHash == draft.BaseHash, draft.LastChanged.Count > 0 ? draft.PatchedAt : null, FindDraft.ErrorOf(draft)) : null,
            Strategy: deployment.Strategy is { } strategy ? PromotionSettings.Word(strategy) : null);
    }

    /// <param name="ledger">All rollouts of its deployment; null: only that it is live is told of its fate.</param>
    public static RevisionInfo Of(Revision revision, Guid? liveRevisionId, IReadOnlyList<RolloutOutcome>? ledger) => Of(
        revision, revision.Id == liveRevisionId, RevisionFate.Of(revision, liveRevisionId, ledger ?? []));

    private static RevisionInfo Of(Revision revision, bool isLive, RevisionFate fate) => new(
        revision.Number, revision.Name!, revision.Labels,
        [
            .. revision.Variants.InOrder().Select(v => new VariantInfo(
                v.Name, v.IsDefault, v.Model, v.ModelVersion, v.VersionLabel, v.BaseImage, v.Runtime, new ResourcesInfo(v.CpuCores, v.MemoryMib, v.Extra.GpuCount, v.Extra.GpuType, v.Extra.StorageGb, v.Extra.NetworkMbps), v.ReplicaSetHash ?? "",
                v.Placement.ToWire(), v.Fallback, v.Retries, v.BuildNumber, PackageAsk.Of(v))),
        ],
        revision.CreatedBy, revision.CreatedAt, isLive, PlainVariables.Read(revision.Variables), revision.Secrets, fate.Status, fate.Detail,
        [.. fate.Periods.Select(p => new LivePeriodInfo(p.From, p.Until))], revision.ApprovalId?.ToString(), RoutingOf.Read(revision.Routing));

    public static Standing StandingOf(DesiredDeployment desired, ReplicaSnapshot snapshot)
    {
        var deployment = desired.Deployment;
        var live = desired.Serving is { } l ? RevisionFacts.Of(l, desired, snapshot) : null;
        var target = desired is { Rollout.UnderWay: true, Target: { } t } ? RevisionFacts.Of(t, desired, snapshot) : null;
        var mine = Mine(desired);
        var others = snapshot.Sets.Values.Where(s => s.DeploymentId == deployment.Id && !mine.Contains(s.Hash))
            .Sum(s => s.Replicas.Count(r => r.State is not (ReplicaState.Ended or ReplicaState.BackingOff)));
        var inactive = desired.IsInactive && deployment.State == RunState.Running;
        var standing = DeploymentStatus.Of(inactive ? RunState.Stopped : deployment.State, live, desired.Rollout, target, others);
        return inactive && standing.Word == StatusWord.Stopped ? new Standing(StatusWord.Inactive) : standing;
    }

    private static int Ready(DesiredDeployment desired, ReplicaSnapshot snapshot) => Mine(desired).Sum(hash => snapshot.Find(desired.Id, hash)?.Ready ?? 0);

    private static HashSet<string> Mine(DesiredDeployment desired) =>
        [.. desired.Serving?.Sets ?? [], .. desired is { Rollout.UnderWay: true, Target: { } target } ? target.Sets : [], .. desired.Kept?.Sets ?? []];
}
