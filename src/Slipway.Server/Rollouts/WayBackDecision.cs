using Slipway.Server.Deployments;

namespace Slipway.Server.Rollouts;

/// <summary>The way back of a rolling rollout: replicas of the previous revision come back in batches, and each takes back its share of the traffic.</summary>
internal static class WayBackDecision
{
    public static NextStep Next(RolloutFacts facts)
    {
        var (rollout, total) = (facts.Rollout, facts.OldBase);
        var ready = facts.OldReadyShare;
        if (ready == Shares.Whole)
        {
            return new ReturnedStep($"All traffic is back on revision {rollout.FromRevision}.");
        }

        var weight = Math.Min(rollout.Weight, Shares.Whole - ready);
        var batch = Shares.Step(Math.Max(facts.Policy.SurgePercent, facts.Policy.UnavailablePercent), total);
        int? from = rollout.FromShare is { } bound ? Math.Max(bound, Shares.Of(Math.Min(total, Shares.Down(ready, total) + batch), total)) : null;
        var to = facts.Base == 0 ? rollout.ToShare : Math.Min(rollout.ToShare, Shares.Of(Shares.Up(weight, facts.Base), facts.Base));
        return weight == rollout.Weight && from == rollout.FromShare && to == rollout.ToShare
            ? new WaitStep(ForProgress: true)
            : new MoveStep(
                RolloutStatus.RampingDown, weight, from, to,
                $"{Shares.Down(ready, total)} of {RolloutDecision.Count(total)} of revision {rollout.FromRevision} are ready; {weight / 100} % of new traffic still goes to revision {rollout.ToRevision}.");
    }
}
