using Slipway.Server.Deployments;

namespace Slipway.Server.Rollouts;

/// <summary>The canary strategy: a small share first, then more at each step, while the gate finds nothing wrong. The old set stays whole to the end.</summary>
/// <remarks>A step begins once the candidate has the replicas that it needs; those of the next step are started meanwhile.</remarks>
internal static class CanaryDecision
{
    public static NextStep Next(RolloutFacts facts, DateTimeOffset now)
    {
        var rollout = facts.Rollout;
        var next = facts.Policy.Steps.Select(s => s * 100).FirstOrDefault(share => share > rollout.Weight);
        if (next == 0)
        {
            return RolloutDecision.Settle(facts, now);
        }

        if (RolloutDecision.Hold(facts, now) is { } hold)
        {
            return hold;
        }

        if (rollout.ToShare < next)
        {
            return Fits(facts, next)
                ? new MoveStep(rollout.Status, rollout.Weight, null, next, $"The replicas that revision {rollout.ToRevision} needs for {next / 100} % of the traffic are being started.")
                : new WaitStep(ForProgress: true, ForRoom: true);
        }

        if (facts.NewSets.Any(s => s.Ready < ReplicaPlan.OfShare(s.Target, next)))
        {
            return new WaitStep(ForProgress: true);
        }

        var after = facts.Policy.Steps.Select(s => s * 100).FirstOrDefault(share => share > next, next);
        var to = Math.Max(rollout.ToShare, Fits(facts, after) ? after : next);
        var step = facts.Policy.Steps.Count(s => s * 100 <= next);
        return new MoveStep(
            RolloutStatus.RampingUp, next, null, to, $"Step {step} of {facts.Policy.Steps.Length}: {next / 100} % of new traffic goes to revision {rollout.ToRevision}.");
    }

    private static bool Fits(RolloutFacts facts, int share) =>
        ReplicaPlan.OfShare(facts.Base, share) - ReplicaPlan.OfShare(facts.Base, facts.Rollout.ToShare) <= facts.Room;
}
