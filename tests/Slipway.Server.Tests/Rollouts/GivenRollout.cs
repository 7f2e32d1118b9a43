using System.Collections.Immutable;
using Slipway.Contracts;
using Slipway.Server.Deployments;
using Slipway.Server.Replicas;
using Slipway.Server.Rollouts;

namespace Slipway.Server.Tests.Rollouts;

/// <summary>Builders of facts for tests of decisions.</summary>
internal static class GivenRollout
{
    public static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    /// <summary>A rollout of so many replicas from revision 1 to 2, of which nothing but the build is there.</summary>
    /// <param name="replicas">Base of each side.</param>
    /// <param name="ready">Of the target.</param>
    /// <param name="oldReady">Of the previous revision; null: all.</param>
    public static RolloutFacts Facts(
        RolloutSettings? settings = null, int replicas = 3, int ready = 0, int? oldReady = null, int weight = 0, int? fromShare = null, int toShare = 0, bool built = true,
        RolloutStatus status = RolloutStatus.Releasing, int windowAgoSeconds = 0, GateVerdict? gate = null, int room = 1000)
    {
        var policy = RolloutPolicy.Of(settings, null);
        var rollout = new Rollout
        {
            Id = Guid.NewGuid(), DeploymentId = Guid.NewGuid(), FromRevisionId = Guid.NewGuid(), FromRevision = 1, ToRevisionId = Guid.NewGuid(), ToRevision = 2,
            Strategy = policy.Strategy, Status = status, Built = built, Weight = weight, HighestWeight = weight, FromShare = fromShare, ToShare = toShare, StartedBy = "ada",
            StartedAt = Now.AddHours(-1), WindowAt = Now.AddSeconds(-windowAgoSeconds), ProgressDeadline = Now.AddMinutes(10),
        };
        return new RolloutFacts(
            rollout, policy, new RevisionBuild(BuildProgress.Ready), [Set(replicas, ready)], [Set(replicas, oldReady ?? replicas)], room, gate ?? GateVerdict.None);
    }

    public static SetFacts Set(int target, int ready, int failures = 0, ReplicaExit? exit = null) => new(target, ready, ready, failures, exit);

    public static RolloutFacts With(this RolloutFacts facts, Action<Rollout> change)
    {
        change(facts.Rollout);
        return facts;
    }

    public static RolloutFacts Shared(this RolloutFacts facts) => facts with { NewSets = [], OldSets = [] };

    /// <summary>What the step is, in a line: <c>weight/old replicas/new replicas</c>, <c>wait</c>, <c>room</c>, or <c>name: sentence</c>.</summary>
    public static string Said(this NextStep step, int replicas = 3) => step switch
    {
        MoveStep move => $"{move.Weight / 100}/{(move.FromShare is { } from ? ReplicaPlan.OfShare(replicas, from).ToString() : "all")}/{ReplicaPlan.OfShare(replicas, move.ToShare)}",
        WaitStep { ForRoom: true } => "room",
        WaitStep { ForProgress: true } => "replicas",
        WaitStep => "time",
        FinishStep => "finish",
        ReturnedStep => "back",
        PauseStep => "pause",
        FailStep fail => $"{(fail.Gently ? "gently " : "")}{fail.Code}",
        _ => "?",
    };

    public static ImmutableArray<SetFacts> One(SetFacts set) => [set];

    /// <summary>Runs a rollout to its end in a world where what is asked for becomes ready when <paramref name="ready"/> says; every step in a line.</summary>
    public static List<string> Run(RolloutFacts facts, int replicas, Func<int, int>? ready = null, Action<RolloutFacts>? watch = null)
    {
        var lines = new List<string>();
        var now = Now;
        var last = facts.Rollout;
        for (var i = 0; i < 200; i++)
        {
            var asked = ReplicaPlan.OfShare(replicas, last.ToShare);
            var kept = last.FromShare is { } from ? ReplicaPlan.OfShare(replicas, from) : replicas;
            facts = facts with { NewSets = [Set(replicas, ready?.Invoke(asked) ?? asked)], OldSets = [Set(replicas, kept)] };
            watch?.Invoke(facts);
            var step = RolloutDecision.Next(facts, now);
            switch (step)
            {
                case MoveStep move:
                    lines.Add(step.Said(replicas));
                    last.Take(move, now, TimeSpan.FromMinutes(10));
                    break;
                case WaitStep:
                    now = now.AddSeconds(1);
                    break;
                default:
                    lines.Add(step.Said(replicas));
                    return lines;
            }
        }

        lines.Add("never ends");
        return lines;
    }
}
