using Slipway.Server.Deployments;

namespace Slipway.Server.Rollouts;

/// <summary>Decides the next step of a rollout: what holds for every strategy, then the strategy's own rule.</summary>
internal static class RolloutDecision
{
    private static readonly WaitStep Wait = new();

    public static NextStep Next(RolloutFacts facts, DateTimeOffset now)
    {
        var rollout = facts.Rollout;
        if (rollout.FinishedAt is not null || rollout.Status == RolloutStatus.Paused)
        {
            return Wait;
        }

        if (Failure(facts) is { } failure)
        {
            return rollout.Status == RolloutStatus.RampingDown ? new ReturnedStep($"All traffic is back on revision {rollout.FromRevision}: {failure.Message}") : failure;
        }

        var next = rollout.Status == RolloutStatus.RampingDown ? WayBackDecision.Next(facts) : Forward(facts, now);
        return next is WaitStep { ForProgress: true } wait && now >= rollout.ProgressDeadline ? Overdue(facts, wait) : next;
    }

    /// <summary>When what the strategy waits for by the clock is over; null while nothing has moved yet.</summary>
    public static DateTimeOffset? HoldUntil(Rollout rollout, RolloutPolicy policy)
    {
        if (rollout.Weight == 0)
        {
            return null;
        }

        var all = rollout.Weight == ReplicaPlan.Whole;
        return rollout.WindowAt + (policy.Strategy switch
        {
            _ when rollout.FromRevisionId is null => policy.Bake,
            RolloutStrategy.Canary => policy.StepTime + (all ? policy.Bake : TimeSpan.Zero),
            RolloutStrategy.BlueGreen => policy.Bake,
            _ => all && policy.Bake > policy.Stabilization ? policy.Bake : policy.Stabilization,
        });
    }

    /// <summary>What stands between a shift of traffic and the next one, or the end: time, and evidence where it is needed. Null: nothing.</summary>
    internal static NextStep? Hold(RolloutFacts facts, DateTimeOffset now)
    {
        if (HoldUntil(facts.Rollout, facts.Policy) is not { } until)
        {
            return null;
        }

        if (now < until)
        {
            return Wait;
        }

        if (facts.Gate.Verdict != Verdict.Inconclusive || !facts.Policy.NeedsEvidence || facts.Rollout.FromRevisionId is null)
        {
            return null;
        }

        return now < until + facts.Policy.Gate.Wait ? Wait : new PauseStep($"Paused, because nobody can say whether revision {facts.Rollout.ToRevision} is good. {facts.Gate.What}");
    }

    /// <summary>The end, once all traffic is on the target and has been watched there.</summary>
    internal static NextStep Settle(RolloutFacts facts, DateTimeOffset now) =>
        Hold(facts, now) ?? new FinishStep($"Revision {facts.Rollout.ToRevision} is live{(facts.Base == 0 ? "" : $" with {Count(facts.Base)}")}.");

    internal static string Count(int replicas) => replicas == 1 ? "1 replica" : $"{replicas} replicas";

    private static NextStep Forward(RolloutFacts facts, DateTimeOffset now)
    {
        var rollout = facts.Rollout;
        if (facts.Build.Progress != BuildProgress.Ready)
        {
            return new WaitStep(ForProgress: true);
        }

        if (rollout.Forced)
        {
            return Force(facts);
        }

        if (rollout.Weight > 0 && facts.Gate is { Verdict: Verdict.Fail, Code: { } code, What: var what })
        {
            return new FailStep(code, what);
        }

        return rollout switch
        {
            { FromRevisionId: null } => First(facts, now),
            { Strategy: RolloutStrategy.BlueGreen } => BlueGreenDecision.Next(facts, now),
            { Strategy: RolloutStrategy.Canary } => CanaryDecision.Next(facts, now),
            { Strategy: RolloutStrategy.Recreate } => RecreateDecision.Next(facts, now),
            _ => RollingDecision.Next(facts, now),
        };
    }

    /// <summary>The first revision of a deployment replaces nobody: all its replicas start at once, and those that are ready answer.</summary>
    private static NextStep First(RolloutFacts facts, DateTimeOffset now)
    {
        var rollout = facts.Rollout;
        var ready = facts.ReadyShare;
        if (!rollout.Built || rollout.ToShare < Shares.Whole)
        {
            return facts.Room == 0
                ? new WaitStep(ForProgress: true, ForRoom: true)
                : new MoveStep(rollout.Status, rollout.Weight, null, Shares.Whole, $"Revision {rollout.ToRevision} is built; its first replicas are being started.");
        }

        if (ready != rollout.Weight)
        {
            return new MoveStep(RolloutStatus.RampingUp, ready, null, Shares.Whole, RollingDecision.Sentence(facts, ready));
        }

        return ready == Shares.Whole ? Settle(facts, now) : new WaitStep(ForProgress: true);
    }

    /// <summary>All traffic to the target as soon as each of its sets can answer at all.</summary>
    private static NextStep Force(RolloutFacts facts)
    {
        var rollout = facts.Rollout;
        if (facts.NewSets.Any(s => s.Ready == 0))
        {
            return rollout.ToShare > 0 && rollout.Built
                ? new WaitStep(ForProgress: true)
                : new MoveStep(rollout.Status, rollout.Weight, rollout.FromShare, Shares.Whole, $"Revision {rollout.ToRevision} is being started with {Count(facts.Base)}.");
        }

        if (rollout.Weight < Shares.Whole || !rollout.Built)
        {
            return new MoveStep(RolloutStatus.RampingUp, Shares.Whole, rollout.FromShare, Shares.Whole, $"All new traffic goes to revision {rollout.ToRevision}, by force.");
        }

        var ready = Shares.Down(facts.ReadyShare, facts.Base);
        return new FinishStep($"Revision {rollout.ToRevision} is live, by force{(facts.Base == 0 ? "" : $", with {ready} of {Count(facts.Base)} ready")}.");
    }

    private static FailStep? Failure(RolloutFacts facts)
    {
        var rollout = facts.Rollout;
        if (facts.Build is { Progress: BuildProgress.Failed, Error: var error })
        {
            return new FailStep(
                Reasons.SaysDiskFull(error) ? Reasons.OutOfDisk : Reasons.BuildFailed, $"The build of revision {rollout.ToRevision} failed: {error}");
        }

        foreach (var set in facts.NewSets)
        {
            if (set.LastExit is not { } exit)
            {
                continue;
            }

            var code = Reasons.OfExit(exit);
            if (exit.WasReady)
            {
                return new FailStep(code, $"A replica of revision {rollout.ToRevision} ended while it served: {exit.Detail}");
            }

            // A load that fails or needs too much memory or storage would do so again; a crash may be chance, so it is tried some times.
            if (set.ConsecutiveFailures > 0
                && (exit.Reason is "load_failed" or "import_failed" or "memory_limit" or "storage_limit" || set.ConsecutiveFailures >= DeploymentStatus.FailuresThatCount))
            {
                return new FailStep(
                    code is Reasons.MemoryLimit or Reasons.StorageLimit or Reasons.OutOfDisk ? code : Reasons.LoadFailed,
                    $"A replica of revision {rollout.ToRevision} did not become ready: {exit.Detail}");
            }
        }

        return null;
    }

    /// <summary>No progress until the deadline. The candidate does no harm, so what it has of the traffic goes back gently where replicas must come back first.</summary>
    private static NextStep Overdue(RolloutFacts facts, WaitStep wait)
    {
        var rollout = facts.Rollout;
        if (rollout.Status == RolloutStatus.RampingDown)
        {
            return new ReturnedStep($"All traffic is back on revision {rollout.FromRevision}, whose replicas did not come back in time.");
        }

        var gently = rollout is { Weight: > 0, Strategy: RolloutStrategy.Rolling, FromRevisionId: not null };
        if (wait.ForRoom)
        {
            return new FailStep(
                Reasons.InsufficientCapacity,
                $"This machine has no memory left for another replica of revision {rollout.ToRevision}; lower memory_mib or the replicas of other deployments.", gently);
        }

        return new FailStep(
            Reasons.ProgressDeadline,
            facts.Build.Progress == BuildProgress.Building
                ? $"The build of revision {rollout.ToRevision} was not finished before the progress deadline."
                : $"No further replica of revision {rollout.ToRevision} became ready before the progress deadline.",
            gently);
    }
}
