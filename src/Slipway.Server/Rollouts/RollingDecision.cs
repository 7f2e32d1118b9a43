using Slipway.Server.Deployments;

namespace Slipway.Server.Rollouts;

/// <summary>The rolling strategy: a batch of replicas, their share of the traffic, the same number of the previous revision's away; and again.</summary>
/// <remarks>
/// A batch is ceil(percent x base), at least 1. With surge the candidate's replicas come first, with unavailable the previous revision's go first; then at most base +
/// surge replicas run, or at least base - unavailable are there. Only as many of the previous revision go as became ready, and one of them stays to the end.
/// </remarks>
internal static class RollingDecision
{
    public static NextStep Next(RolloutFacts facts, DateTimeOffset now)
    {
        var rollout = facts.Rollout;
        var ready = facts.ReadyShare;

        // 1. More of the previous revision before anything moves.
        if (Overhead(facts) is { } overhead)
        {
            return overhead;
        }

        // 2. Replicas were lost, or more are wanted: their share goes back at once.
        if (ready < rollout.Weight)
        {
            return new MoveStep(RolloutStatus.RampingUp, ready, From(facts, ready), rollout.ToShare, Sentence(facts, ready));
        }

        // 3. What became ready takes its share, when the shift before it has settled.
        if (RolloutDecision.Hold(facts, now) is { } hold && (ready > rollout.Weight || ready < Shares.Whole))
        {
            return hold;
        }

        if (ready > rollout.Weight || !rollout.Built)
        {
            // The next batch comes with the shift where nothing has to settle first.
            var separate = facts.Policy.UnavailablePercent > 0
                || (rollout.ToShare > 0 && (facts.Policy.Stabilization > TimeSpan.Zero || facts.Policy.NeedsEvidence));
            var to = separate ? rollout.ToShare : Next(facts, ready);
            return ready > rollout.Weight || to > rollout.ToShare || separate
                ? new MoveStep(ready == 0 ? rollout.Status : RolloutStatus.RampingUp, ready, Left(facts, ready), to, Sentence(facts, ready))
                : new WaitStep(ForProgress: true, ForRoom: true);
        }

        // 4. All of it is there.
        return ready == Shares.Whole ? RolloutDecision.Settle(facts, now) : Batch(facts, ready);
    }

    internal static string Sentence(RolloutFacts facts, int share)
    {
        var (to, total) = (facts.Rollout.ToRevision, facts.Base);
        var ready = Shares.Down(share, total);
        return share switch
        {
            0 when facts.Rollout.Weight == 0 => $"Revision {to} is built; its first replicas are being started.",
            Shares.Whole => $"All new traffic goes to revision {to}.",
            _ => $"{ready} of {RolloutDecision.Count(total)} of revision {to} {(ready == 1 ? "is" : "are")} ready; {share / 100} % of new traffic goes there.",
        };
    }

    /// <summary>What the previous revision keeps: what is not ready of the target, and the overhead; at least one replica.</summary>
    private static int? From(RolloutFacts facts, int ready)
    {
        var total = facts.OldBase;
        var units = ready == Shares.Whole ? 1 : Shares.Up(Shares.Whole - ready, total) + Extra(facts);
        return total == 0 ? null : Shares.Of(Math.Max(1, units), total);
    }

    // Where it has made place already, that place is the candidate's.
    private static int? Left(RolloutFacts facts, int ready) =>
        From(facts, ready) is { } from && facts.Policy.UnavailablePercent > 0 && facts.Rollout.FromShare is { } fewer ? Math.Min(fewer, from) : From(facts, ready);

    private static int Extra(RolloutFacts facts) => facts.Policy.OverheadPercent == 0 ? 0 : Shares.Step(facts.Policy.OverheadPercent, facts.OldBase);

    private static int StepSize(RolloutFacts facts) =>
        Shares.Step(facts.Policy.UnavailablePercent > 0 ? facts.Policy.UnavailablePercent : facts.Policy.SurgePercent, Math.Max(1, facts.Base));

    private static NextStep? Overhead(RolloutFacts facts)
    {
        var rollout = facts.Rollout;
        if (Extra(facts) is 0 || facts.OldSets.IsEmpty || facts.NewSets.IsEmpty || rollout.ToShare > 0)
        {
            return null;
        }

        var more = Shares.Of(facts.OldBase + Extra(facts), facts.OldBase);
        if (rollout.FromShare != more)
        {
            return new MoveStep(
                rollout.Status, rollout.Weight, more, 0, $"Revision {rollout.FromRevision} gets {RolloutDecision.Count(Extra(facts))} more before traffic moves.");
        }

        return facts.OldSets.Any(s => s.Ready < ReplicaPlan.OfShare(s.Target, more)) ? new WaitStep(ForProgress: true) : null;
    }

    /// <summary>The next batch, after the previous revision has made place for it where it may be short of replicas.</summary>
    private static NextStep Batch(RolloutFacts facts, int ready)
    {
        var rollout = facts.Rollout;
        var wanted = Math.Min(facts.Base, Shares.Down(ready, facts.Base) + StepSize(facts));
        if (wanted <= ReplicaPlan.OfShare(facts.Base, rollout.ToShare))
        {
            return new WaitStep(ForProgress: true);
        }

        if (facts.Policy.UnavailablePercent > 0 && From(facts, Shares.Of(wanted, facts.Base)) is { } fewer)
        {
            if (rollout.FromShare is null || rollout.FromShare > fewer)
            {
                return new MoveStep(
                    rollout.Status, rollout.Weight, fewer, rollout.ToShare, $"Revision {rollout.FromRevision} makes place: it keeps {RolloutDecision.Count(ReplicaPlan.OfShare(facts.OldBase, fewer))}.");
            }

            if (facts.OldSets.Any(s => s.Present > ReplicaPlan.OfShare(s.Target, fewer)))
            {
                return new WaitStep(ForProgress: true);
            }
        }

        var to = Next(facts, ready);
        return to > rollout.ToShare
            ? new MoveStep(rollout.Status, rollout.Weight, rollout.FromShare, to, $"{RolloutDecision.Count(ReplicaPlan.OfShare(facts.Base, to))} of revision {rollout.ToRevision} {(wanted == 1 ? "is" : "are")} being started.")
            : new WaitStep(ForProgress: true, ForRoom: true);
    }

    /// <summary>The target's share once the next batch may come: what is ready and one batch more, as far as the machine has room.</summary>
    private static int Next(RolloutFacts facts, int ready)
    {
        var current = ReplicaPlan.OfShare(facts.Base, facts.Rollout.ToShare);
        var wanted = Math.Min(facts.Base, Shares.Down(ready, facts.Base) + StepSize(facts));
        var possible = (int)Math.Min(wanted, (long)current + facts.Room);
        return facts.Base == 0 ? Shares.Whole : possible > current ? Shares.Of(possible, facts.Base) : facts.Rollout.ToShare;
    }
}
