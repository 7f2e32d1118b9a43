using Slipway.Server.Deployments;

namespace Slipway.Server.Rollouts;

/// <summary>The strategy of live deployments: the old replica goes, then the new one comes, and requests wait in between. No two of them run at a time.</summary>
internal static class RecreateDecision
{
    public static NextStep Next(RolloutFacts facts, DateTimeOffset now)
    {
        var rollout = facts.Rollout;
        if (rollout.Weight == Shares.Whole)
        {
            return RolloutDecision.Settle(facts, now);
        }

        if (!facts.OldSets.IsEmpty && rollout.FromShare != 0)
        {
            return new MoveStep(rollout.Status, 0, 0, 0, $"The replica of revision {rollout.FromRevision} makes place.");
        }

        if (facts.OldSets.Any(s => s.Present > 0))
        {
            return new WaitStep(ForProgress: true);
        }

        if (!facts.NewSets.IsEmpty && rollout.ToShare < Shares.Whole)
        {
            return new MoveStep(rollout.Status, 0, 0, Shares.Whole, $"The replica of revision {rollout.ToRevision} is being started.");
        }

        return facts.ReadyShare < Shares.Whole
            ? new WaitStep(ForProgress: true)
            : new MoveStep(RolloutStatus.RampingUp, Shares.Whole, 0, Shares.Whole, $"All traffic goes to revision {rollout.ToRevision}.");
    }
}
