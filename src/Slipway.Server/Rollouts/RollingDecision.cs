using System.Collections.Immutable;
using Slipway.Server.Deployments;
using Slipway.Server.Replicas;

namespace Slipway.Server.Rollouts;

/// <summary>What a rolling rollout decides on.</summary>
/// <param name="FinalTarget">Replicas that each set of the target should have in the end; at least 1.</param>
/// <param name="NewSets">Sets of the target that the live revision does not share.</param>
/// <param name="MachineHolds">Whether the machine has room for one replica more of each new set.</param>
internal sealed record RollingFacts(
    RolloutStatus Status, int? FromRevision, int ToRevision, bool Built, int Weight, int? FromReplicas, int ToReplicas, RevisionBuild Build, int FinalTarget,
    ImmutableArray<NewSetFacts> NewSets, bool MachineHolds, DateTimeOffset ProgressDeadline);

/// <param name="ConsecutiveFailures">Starts in a row that never became ready.</param>
internal sealed record NewSetFacts(int Ready, int ConsecutiveFailures, ReplicaExit? LastExit);

/// <summary>The one next step of a rollout.</summary>
internal abstract record RollingStep;

/// <summary>Nothing to do until the facts change.</summary>
internal sealed record RollingWait : RollingStep;

/// <summary>New shares and new bounds.</summary>
internal sealed record RollingMove(RolloutStatus Status, int Weight, int? FromReplicas, int ToReplicas, string What) : RollingStep;

/// <summary>The target becomes the live revision.</summary>
internal sealed record RollingFinish(string What) : RollingStep;

/// <summary>The live revision keeps everything; the new sets go.</summary>
/// <param name="Code">One of <see cref="Reasons"/>.</param>
internal sealed record RollingFail(string Code, string Message) : RollingStep;

/// <summary>Decides the next step of a rolling rollout with a surge of one and without a gate.</summary>
/// <remarks>
/// With k of n new replicas ready, k/n of new traffic goes to the target, n - k old replicas stay (at least one until the end) and one more new replica than
/// are ready may be there. So at most n + 1 replicas run, and an old one goes only when a new one has taken its place.
/// </remarks>
internal static class RollingDecision
{
    private static readonly RollingWait Wait = new();

    public static RollingStep Next(RollingFacts facts, DateTimeOffset now)
    {
        if (Failure(facts, now) is { } failure)
        {
            return failure;
        }

        if (facts.Build.Progress != BuildProgress.Ready)
        {
            return Wait;
        }

        // With every set shared there is nothing to start: only the weights move.
        var target = Math.Max(1, facts.FinalTarget);
        var ready = facts.NewSets.IsEmpty ? target : Math.Min(target, facts.NewSets.Min(s => s.Ready));
        if (ready == target)
        {
            return facts.Weight == RouteTables.FullWeight && facts.Built
                ? new RollingFinish($"Revision {facts.ToRevision} is live with {Count(target)}.")
                : new RollingMove(
                    RolloutStatus.RampingUp, RouteTables.FullWeight, From(facts, 1), target, $"All new traffic goes to revision {facts.ToRevision}.");
        }

        var weight = ready * RouteTables.FullWeight / target;
        var from = From(facts, target - ready);
        var to = facts.FromRevision is null ? target : Math.Min(target, ready + 1);
        var unchanged = facts.Built && facts.Weight == weight && facts.FromReplicas == from && facts.ToReplicas == to;
        if (unchanged || (to > facts.ToReplicas && !facts.MachineHolds))
        {
            return Wait;
        }

        return new RollingMove(ready == 0 ? facts.Status : RolloutStatus.RampingUp, weight, from, to, Sentence(facts, ready, target, weight));
    }

    private static RollingFail? Failure(RollingFacts facts, DateTimeOffset now)
    {
        if (facts.Build is { Progress: BuildProgress.Failed, Error: var error })
        {
            return new RollingFail(Reasons.BuildFailed, $"The build of revision {facts.ToRevision} failed: {error}");
        }

        foreach (var set in facts.NewSets)
        {
            // A load that fails or needs too much memory would do so again; a crash may be chance, so it is tried some times.
            if (set is { ConsecutiveFailures: > 0, LastExit: { } exit }
                && (exit.Reason is "load_failed" or "import_failed" or "memory_limit" || set.ConsecutiveFailures >= DeploymentStatus.FailuresThatCount))
            {
                var code = Reasons.OfExit(exit) == Reasons.MemoryLimit ? Reasons.MemoryLimit : Reasons.LoadFailed;
                return new RollingFail(code, $"A replica of revision {facts.ToRevision} did not become ready: {exit.Detail}");
            }
        }

        if (now < facts.ProgressDeadline)
        {
            return null;
        }

        return facts.MachineHolds
            ? new RollingFail(
                Reasons.ProgressDeadline,
                facts.Build.Progress == BuildProgress.Building
                    ? $"The build of revision {facts.ToRevision} was not finished before the progress deadline."
                    : $"No further replica of revision {facts.ToRevision} became ready before the progress deadline.")
            : new RollingFail(
                Reasons.InsufficientCapacity,
                $"This machine has no memory left for another replica of revision {facts.ToRevision}; lower memory_mib or the replicas of other deployments.");
    }

    // The first revision replaces nobody. At least one old replica stays until the new ones carry everything.
    private static int? From(RollingFacts facts, int count) => facts.FromRevision is null ? null : Math.Max(1, count);

    private static string Sentence(RollingFacts facts, int ready, int target, int weight) => ready == 0
        ? $"Revision {facts.ToRevision} is built; its first replicas are being started."
        : $"{ready} of {Count(target)} of revision {facts.ToRevision} {(ready == 1 ? "is" : "are")} ready; {weight / 100} % of new traffic goes there.";

    private static string Count(int replicas) => replicas == 1 ? "1 replica" : $"{replicas} replicas";
}
