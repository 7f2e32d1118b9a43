using System.Collections.Immutable;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Slipway.Server.Deployments;
using Slipway.Server.Platform;
using Slipway.Server.Replicas;

namespace Slipway.Server.Rollouts;

/// <summary>Gathers what a rollout decides on: builds, replicas of both sides, room on the machine, what the gate says.</summary>
internal sealed class GatherFacts(RevisionBuilds builds, IReplicaSets sets, RolloutEvidence evidence, Writes writes, IOptions<RolloutOptions> options)
{
    public async Task<RolloutFacts> GatherAsync(
        Rollout rollout, DesiredDeployment deployment, Revision target, ImmutableArray<DesiredDeployment> all, CancellationToken cancellationToken)
    {
        var build = await builds.EnsureAsync(target, rollout.BuildAgain, cancellationToken);
        if (rollout.BuildAgain)
        {
            await BuildsAreUnderWayAsync(rollout.Id, cancellationToken);
        }

        var ready = build.Progress == BuildProgress.Ready;
        var own = ready ? Only(target, deployment.Serving) : [];
        var policy = RolloutPolicy.Read(rollout.Settings);
        return new RolloutFacts(
            rollout, policy, build, Of(rollout, deployment, target, own), ready ? Of(rollout, deployment, deployment.Serving, Awake(deployment, target)) : [], Room(target, own, all), Judge(rollout, policy));
    }

    private static ImmutableArray<string> Only(Revision? revision, Revision? other) =>
        [.. (revision?.Sets ?? []).Except(other?.Sets ?? [], StringComparer.Ordinal)];

    /// <summary>Own sets of the live revision. One that is at zero has nothing to give or take.</summary>
    private static ImmutableArray<string> Awake(DesiredDeployment deployment, Revision target) =>
        [.. Only(deployment.Serving, target).Where(hash => ReplicaPlan.Targets(deployment, deployment.Serving)[hash] > 0)];

    private ImmutableArray<SetFacts> Of(Rollout rollout, DesiredDeployment deployment, Revision? revision, ImmutableArray<string> hashes)
    {
        var targets = ReplicaPlan.Targets(deployment, revision);
        return
        [
            .. hashes.Select(hash =>
            {
                var seen = sets.Current.Find(deployment.Id, hash);
                var exits = (seen?.Replicas.Select(r => r.LastExit) ?? []).Append(seen?.LastExit).OfType<ReplicaExit>();
                var exit = exits.Where(e => e.At >= rollout.StartedAt && e.Reason is not ("drained" or "no_server")).MaxBy(e => e.At);
                return new SetFacts(
                    Math.Max(1, targets[hash]), seen is { Desired: > 0 } ? seen.Ready : 0,
                    seen?.Replicas.Count(r => r.State is not (ReplicaState.Draining or ReplicaState.Ended or ReplicaState.BackingOff)) ?? 0,
                    exit is null ? 0 : seen!.ConsecutiveFailures, exit);
            }),
        ];
    }

    /// <summary>How many replicas more of each of these sets fit beside all that is planned.</summary>
    private int Room(Revision target, ImmutableArray<string> hashes, ImmutableArray<DesiredDeployment> all)
    {
        var each = target.Variants.Where(v => hashes.Contains(v.ReplicaSetHash ?? "")).DistinctBy(v => v.ReplicaSetHash).Sum(v => (long)v.MemoryMib);
        if (each == 0)
        {
            return int.MaxValue;
        }

        var planned = all.SelectMany(d => ReplicaPlan.Of(d).Values).Sum(s => (long)s.Replicas * s.Variant.MemoryMib);
        var free = ((GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 20) * options.Value.MemoryOvercommit) - planned;
        return (int)Math.Clamp(free / each, 0, int.MaxValue);
    }

    private GateVerdict Judge(Rollout rollout, RolloutPolicy policy) => evidence.Of(rollout, policy.Gate.MinRequests) is ({ } window, var compared)
        ? GateDecision.Judge(policy.Gate, window, compared, (rollout.ToRevision, rollout.FromRevision))
        : GateVerdict.None;

    private Task BuildsAreUnderWayAsync(Guid rolloutId, CancellationToken cancellationToken) => writes.RunAsync(
        async (db, token) =>
        {
            (await db.Set<Rollout>().SingleAsync(r => r.Id == rolloutId, token)).BuildAgain = false;
            return Result.Done;
        },
        cancellationToken);
}
