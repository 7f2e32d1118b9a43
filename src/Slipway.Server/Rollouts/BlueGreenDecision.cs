using Slipway.Server.Deployments;

namespace Slipway.Server.Rollouts;

/// <summary>The blue-green strategy: a full set beside the old one, then one switch. The old set stays whole to the end, for a quick way back.</summary>
internal static class BlueGreenDecision
{
    public static NextStep Next(RolloutFacts facts, DateTimeOffset now)
    {
        var rollout = facts.Rollout;
        if (rollout.Weight == Shares.Whole)
        {
            return RolloutDecision.Settle(facts, now);
        }

        if (!facts.NewSets.IsEmpty && rollout.ToShare < Shares.Whole)
        {
            return facts.Room < facts.Base
                ? new WaitStep(ForProgress: true, ForRoom: true)
                : new MoveStep(
                    rollout.Status, 0, null, Shares.Whole,
                    $"{RolloutDecision.Count(facts.Base)} of revision {rollout.ToRevision} {(facts.Base == 1 ? "is" : "are")} being started beside revision {rollout.FromRevision}.");
        }

        return facts.ReadyShare < Shares.Whole
            ? new WaitStep(ForProgress: true)
            : new MoveStep(RolloutStatus.RampingUp, Shares.Whole, null, Shares.Whole, $"All new traffic is switched to revision {rollout.ToRevision}.");
    }
}
