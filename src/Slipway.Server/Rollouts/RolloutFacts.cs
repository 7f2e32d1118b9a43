using System.Collections.Immutable;
using Slipway.Server.Deployments;
using Slipway.Server.Replicas;

namespace Slipway.Server.Rollouts;

/// <summary>What a rollout decides on.</summary>
/// <param name="Rollout">As stored; the decision changes nothing of it.</param>
/// <param name="NewSets">Sets of the target that the live revision does not share.</param>
/// <param name="OldSets">Sets of the live revision that the target does not share.</param>
/// <param name="Room">Replicas of each new set that this machine has memory for, on top of all that is planned.</param>
/// <param name="Gate">What the gate concludes from the window since the last shift of traffic.</param>
internal sealed record RolloutFacts(
    Rollout Rollout, RolloutPolicy Policy, RevisionBuild Build, ImmutableArray<SetFacts> NewSets, ImmutableArray<SetFacts> OldSets, int Room, GateVerdict Gate)
{
    /// <summary>Most replicas that one new set should have in the end; what percentages are of.</summary>
    public int Base => NewSets.IsEmpty ? 0 : NewSets.Max(s => s.Target);

    public int OldBase => OldSets.IsEmpty ? 0 : OldSets.Max(s => s.Target);

    /// <summary>The least of ready over final target, in 1/10,000; all of it where every set is shared.</summary>
    public int ReadyShare => Share(NewSets);

    /// <summary>The same of the previous revision's own sets.</summary>
    public int OldReadyShare => Share(OldSets);

    private static int Share(ImmutableArray<SetFacts> sets) =>
        sets.IsEmpty ? ReplicaPlan.Whole : sets.Min(s => Math.Min(s.Ready, s.Target) * ReplicaPlan.Whole / s.Target);
}

/// <summary>One replica set that only one side of a rollout has.</summary>
/// <param name="Target">Replicas that it should have outside the rollout; at least 1.</param>
/// <param name="Present">Replicas that are there and not on their way out.</param>
/// <param name="ConsecutiveFailures">Starts in a row that never became ready.</param>
/// <param name="LastExit">The newest bad exit since the rollout began; null: none.</param>
internal sealed record SetFacts(int Target, int Ready, int Present, int ConsecutiveFailures, ReplicaExit? LastExit);

/// <summary>Shares, in 1/10,000, and the whole replicas that they mean.</summary>
internal static class Shares
{
    public const int Whole = ReplicaPlan.Whole;

    /// <summary>The share that <paramref name="replicas"/> of <paramref name="of"/> are: the largest that <see cref="ReplicaPlan.OfShare"/> makes just so many of.</summary>
    public static int Of(int replicas, int of) => of == 0 ? Whole : (int)((long)replicas * Whole / of);

    /// <summary>Whole replicas that a share is at least worth.</summary>
    public static int Down(int share, int of) => Math.Min(of, (int)(((long)share + 1) * of / Whole));

    /// <summary>Whole replicas that a share needs.</summary>
    public static int Up(int share, int of) => share <= 0 ? 0 : (int)Math.Ceiling((share - 1) * (double)of / Whole);

    /// <summary>Replicas of a step: ceil(percent x base), at least 1.</summary>
    public static int Step(int percent, int of) => Math.Max(1, ((percent * of) + 99) / 100);
}
