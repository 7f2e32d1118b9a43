using System.Collections.Concurrent;
using Slipway.Contracts;
using Slipway.Server.Deployments;
using Slipway.Server.Platform;

namespace Slipway.Server.Rollouts;

/// <summary>What each rollout under way was last found to wait for. In memory: the loop finds it again with its next pass.</summary>
internal sealed class RolloutWaits(Changes changes)
{
    private readonly ConcurrentDictionary<Guid, RolloutWaitInfo> waits = new();

    /// <summary>Null: for nothing that makes progress.</summary>
    public RolloutWaitInfo? Of(Guid rollout) => waits.GetValueOrDefault(rollout);

    /// <summary>Tells the pages when it is another than before.</summary>
    public void Now(Rollout rollout, RolloutWaitInfo? wait)
    {
        var before = waits.GetValueOrDefault(rollout.Id);
        if (before == wait)
        {
            return;
        }

        if (wait is null)
        {
            waits.TryRemove(rollout.Id, out _);
        }
        else
        {
            waits[rollout.Id] = wait;
        }

        changes.Publish("rollout", RolloutInfos.Resource(rollout));
    }

    /// <summary>Forgets those that have ended.</summary>
    public void Keep(IReadOnlyCollection<Rollout> underWay)
    {
        foreach (var id in waits.Keys.Except(underWay.Select(r => r.Id)))
        {
            waits.TryRemove(id, out _);
        }
    }

    /// <summary>The sentence for a wait that ends with the progress deadline; null for one that the clock or a person ends.</summary>
    public static RolloutWaitInfo? Describe(RolloutFacts facts, WaitStep wait)
    {
        var rollout = facts.Rollout;
        if (!wait.ForProgress)
        {
            return null;
        }

        if (wait.ForRoom)
        {
            return new RolloutWaitInfo(
                Reasons.InsufficientCapacity,
                $"This machine has no memory left for another replica of revision {rollout.ToRevision}. It goes on as soon as there is room: lower memory_mib or the replicas of other deployments.",
                rollout.ProgressDeadline);
        }

        if (facts.Build.Progress != BuildProgress.Ready)
        {
            return new RolloutWaitInfo("build", $"Revision {rollout.ToRevision} is being built; its build log says how far it is.", rollout.ProgressDeadline);
        }

        var (sets, revision) = rollout.Status == RolloutStatus.RampingDown ? (facts.OldSets, rollout.FromRevision) : (facts.NewSets, rollout.ToRevision);
        var (ready, present) = (sets.Sum(s => s.Ready), sets.Sum(s => s.Present));
        return new RolloutWaitInfo(
            "replicas", ready < present ? $"Revision {revision} has {RolloutDecision.Count(present)}, {ready} of them ready." : $"Replicas of revision {revision} are being started.", rollout.ProgressDeadline);
    }
}
