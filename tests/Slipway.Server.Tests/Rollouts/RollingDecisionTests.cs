using Slipway.Server.Deployments;
using Slipway.Server.Replicas;
using Slipway.Server.Rollouts;

namespace Slipway.Server.Tests.Rollouts;

public sealed class RollingDecisionTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private static readonly RollingFacts ThreeReplicas = new(
        RolloutStatus.Releasing, FromRevision: 1, ToRevision: 2, Built: true, Weight: 0, FromReplicas: 3, ToReplicas: 1, new RevisionBuild(BuildProgress.Ready),
        FinalTarget: 3, [new NewSetFacts(0, 0, null)], MachineHolds: true, Now.AddMinutes(10));

    [Theory]
    [InlineData(0, 0, 3, 1)]       // nothing is ready: the old ones carry all, one new one is started
    [InlineData(1, 3333, 2, 2)]    // one new one replaces one old one, and the next may start
    [InlineData(2, 6666, 1, 3)]
    [InlineData(3, 10000, 1, 3)]   // all new ones are ready: all traffic moves, one old one stays until it has left
    [InlineData(4, 10000, 1, 3)]   // more than wanted counts as all
    public void Each_new_replica_that_is_ready_takes_its_share_and_the_place_of_an_old_one(int ready, int weight, int from, int to)
    {
        var step = RollingDecision.Next(ThreeReplicas with { Built = false, NewSets = [new NewSetFacts(ready, 0, null)] }, Now);

        var move = Assert.IsType<RollingMove>(step);
        Assert.Equal((weight, from, to), (move.Weight, move.FromReplicas, move.ToReplicas));
        Assert.Equal(ready == 0 ? RolloutStatus.Releasing : RolloutStatus.RampingUp, move.Status);
        Assert.True(move.FromReplicas + move.ToReplicas <= 4, "surge of one");
    }

    [Fact]
    public void A_step_that_is_taken_is_not_taken_again() => Assert.IsType<RollingWait>(RollingDecision.Next(ThreeReplicas, Now));

    [Fact]
    public void Nothing_happens_while_the_target_is_being_built() =>
        Assert.IsType<RollingWait>(RollingDecision.Next(ThreeReplicas with { Build = new RevisionBuild(BuildProgress.Building), Built = false, NewSets = [] }, Now));

    [Fact]
    public void With_all_traffic_on_ready_replicas_it_finishes() => Assert.IsType<RollingFinish>(
        RollingDecision.Next(ThreeReplicas with { Weight = 10_000, NewSets = [new NewSetFacts(3, 0, null)] }, Now));

    [Fact]
    public void It_does_not_finish_while_a_new_replica_is_down()
    {
        var move = Assert.IsType<RollingMove>(RollingDecision.Next(ThreeReplicas with { Weight = 10_000, NewSets = [new NewSetFacts(2, 0, null)] }, Now));
        Assert.Equal(6666, move.Weight);
    }

    [Fact]
    public void The_share_follows_the_least_ready_of_its_own_sets()
    {
        var move = Assert.IsType<RollingMove>(
            RollingDecision.Next(ThreeReplicas with { NewSets = [new NewSetFacts(3, 0, null), new NewSetFacts(1, 0, null)] }, Now));
        Assert.Equal(3333, move.Weight);
    }

    [Fact]
    public void When_every_set_is_shared_only_the_weights_move()
    {
        var shared = ThreeReplicas with { NewSets = [] };
        var move = Assert.IsType<RollingMove>(RollingDecision.Next(shared, Now));
        Assert.Equal(10_000, move.Weight);
        Assert.IsType<RollingFinish>(RollingDecision.Next(shared with { Weight = 10_000 }, Now));
    }

    [Fact]
    public void The_first_revision_starts_all_its_replicas_at_once()
    {
        var move = Assert.IsType<RollingMove>(RollingDecision.Next(ThreeReplicas with { FromRevision = null, FromReplicas = null, Built = false, ToReplicas = 0 }, Now));
        Assert.Equal(((int?)null, 3), (move.FromReplicas, move.ToReplicas));
    }

    [Theory]
    [InlineData("load_failed", 1, "load_failed")]     // would fail again: no second try
    [InlineData("import_failed", 1, "load_failed")]
    [InlineData("memory_limit", 1, "memory_limit")]
    [InlineData("crashed", 2, null)]                  // may be chance
    [InlineData("crashed", 3, "load_failed")]
    [InlineData("hung", 3, "load_failed")]
    public void A_target_that_does_not_start_fails_the_rollout_in_the_runners_words(string reason, int failures, string? code)
    {
        var exit = new ReplicaExit(reason, "ValueError: no such file", 1, null, Now);
        var step = RollingDecision.Next(ThreeReplicas with { NewSets = [new NewSetFacts(0, failures, exit)] }, Now);

        var fail = step as RollingFail;
        Assert.Equal(code, fail?.Code);
        Assert.True(fail is null || fail.Message.Contains("ValueError: no such file", StringComparison.Ordinal));
    }

    [Fact]
    public void A_failed_build_fails_the_rollout_and_names_the_requirement()
    {
        var facts = ThreeReplicas with { Build = new RevisionBuild(BuildProgress.Failed, "nosuchpackage==9 was not found"), Built = false, NewSets = [] };
        var fail = Assert.IsType<RollingFail>(RollingDecision.Next(facts, Now));
        Assert.Equal("build_failed", fail.Code);
        Assert.Contains("nosuchpackage==9", fail.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, "progress_deadline")]
    [InlineData(false, "insufficient_capacity")]
    public void Without_progress_until_the_deadline_it_fails_and_says_why(bool machineHolds, string code)
    {
        var facts = ThreeReplicas with { MachineHolds = machineHolds, ProgressDeadline = Now };
        Assert.Equal(code, Assert.IsType<RollingFail>(RollingDecision.Next(facts, Now)).Code);
    }

    [Fact]
    public void A_machine_that_is_full_starts_nothing_and_waits_for_room() => Assert.IsType<RollingWait>(
        RollingDecision.Next(ThreeReplicas with { Built = false, ToReplicas = 0, MachineHolds = false }, Now));
}
