using Slipway.Contracts;
using Slipway.Server.Deployments;
using Slipway.Server.Rollouts;
using static Slipway.Server.Tests.Rollouts.GivenRollout;

namespace Slipway.Server.Tests.Rollouts;

public sealed class RollingDecisionTests
{
    [Theory]
    [InlineData(0, "0/3/1")]      // nothing is ready: the old ones carry all, one new one is started
    [InlineData(1, "33/2/2")]     // one new one replaces one old one, and the next may start
    [InlineData(2, "66/1/3")]
    [InlineData(3, "100/1/3")]    // all new ones are ready: all traffic moves, one old one stays until it has left
    [InlineData(4, "100/1/3")]    // more than wanted counts as all
    public void Each_new_replica_that_is_ready_takes_its_share_and_the_place_of_an_old_one(int ready, string step) =>
        Assert.Equal(step, RolloutDecision.Next(Facts(ready: ready, built: false), Now).Said());

    [Theory]
    [InlineData(3, 10, 1)]        // 0.3 of a replica is one
    [InlineData(10, 10, 1)]
    [InlineData(10, 11, 2)]       // 1.1 are two
    [InlineData(10, 50, 5)]
    [InlineData(64, 10, 7)]       // 6.4 are seven
    [InlineData(1, 50, 1)]
    public void A_batch_is_the_percentage_of_the_base_rounded_up_and_at_least_one(int replicas, int percent, int batch) =>
        Assert.Equal($"0/{replicas}/{batch}", RolloutDecision.Next(Facts(new RolloutSettings(MaxSurgePercent: percent), replicas, built: false), Now).Said(replicas));

    [Fact]
    public void With_surge_a_rollout_of_ten_never_has_more_than_base_and_batch_nor_fewer_than_the_base()
    {
        var facts = Facts(new RolloutSettings(MaxSurgePercent: 30), replicas: 10, built: false);
        var steps = Run(facts, 10, watch: f => Assert.InRange(Total(f, 10), 10, 13));
        Assert.Equal(["0/10/3", "30/7/6", "60/4/9", "90/1/10", "100/1/10", "finish"], steps);
    }

    [Fact]
    public void With_unavailable_the_previous_revision_goes_first_and_the_total_never_passes_the_base()
    {
        var facts = Facts(new RolloutSettings(MaxUnavailablePercent: 30), replicas: 10, built: false);
        var steps = Run(facts, 10, watch: f => Assert.InRange(Total(f, 10), 7, f.Rollout.Weight >= 9000 ? 11 : 10));
        Assert.Equal(["0/10/0", "0/7/0", "0/7/3", "30/7/3", "30/4/3", "30/4/6", "60/4/6", "60/1/6", "60/1/9", "90/1/9", "90/1/10", "100/1/10", "finish"], steps);
    }

    [Fact]
    public void With_unavailable_the_candidate_waits_until_the_previous_replicas_have_gone()
    {
        var facts = Facts(new RolloutSettings(MaxUnavailablePercent: 34), fromShare: Shares.Of(1, 3), oldReady: 3);
        Assert.Equal("replicas", RolloutDecision.Next(facts, Now).Said());
        Assert.Equal("0/1/2", RolloutDecision.Next(facts with { OldSets = One(Set(3, 1)) }, Now).Said());
    }

    [Fact]
    public void Only_as_many_previous_replicas_go_as_became_ready()
    {
        // Two were asked for, one came.
        var facts = Facts(new RolloutSettings(MaxSurgePercent: 50), replicas: 4, ready: 1, toShare: Shares.Of(2, 4), fromShare: Shares.Whole);
        Assert.Equal("25/3/3", RolloutDecision.Next(facts, Now).Said(4));
    }

    [Fact]
    public void Overhead_is_there_and_ready_before_anything_moves_and_stays_until_all_has_moved()
    {
        var settings = new RolloutSettings(OverheadPercent: 50);
        Assert.Equal("0/6/0", RolloutDecision.Next(Facts(settings, replicas: 4, built: false), Now).Said(4));
        Assert.Equal("replicas", RolloutDecision.Next(Facts(settings, replicas: 4, oldReady: 5, fromShare: Shares.Of(6, 4)), Now).Said(4));
        Assert.Equal(
            ["0/6/0", "0/6/1", "25/5/2", "50/4/3", "75/3/4", "100/1/4", "finish"], Run(Facts(settings, replicas: 4, built: false), 4));
    }

    [Theory]
    [InlineData(29, "time")]      // the shift before has not settled
    [InlineData(30, "66/1/2")]    // it has: the next shift, and the next batch after that has settled too
    public void Each_shift_settles_before_the_next(int secondsAgo, string step) => Assert.Equal(
        step,
        RolloutDecision.Next(
            Facts(new RolloutSettings(StabilizationSeconds: 30), ready: 2, weight: 3333, fromShare: 6666, toShare: 6666, status: RolloutStatus.RampingUp, windowAgoSeconds: secondsAgo), Now).Said());

    [Fact]
    public void A_batch_is_started_only_after_the_shift_has_settled()
    {
        var facts = Facts(new RolloutSettings(StabilizationSeconds: 30), ready: 1, weight: 3333, fromShare: 6666, toShare: 3333, windowAgoSeconds: 10);
        Assert.Equal("time", RolloutDecision.Next(facts, Now).Said());
        Assert.Equal("33/2/2", RolloutDecision.Next(facts, Now.AddSeconds(20)).Said());
    }

    [Fact]
    public void The_share_of_replicas_that_are_lost_goes_back_at_once()
    {
        var facts = Facts(new RolloutSettings(StabilizationSeconds: 3600), ready: 1, weight: 6666, fromShare: 3333, toShare: 10_000, status: RolloutStatus.RampingUp);
        Assert.Equal("33/2/3", RolloutDecision.Next(facts, Now).Said());
    }

    [Fact]
    public void The_share_follows_the_least_ready_of_its_own_sets() => Assert.Equal(
        "33/2/2", RolloutDecision.Next(Facts(toShare: 3333, fromShare: 10_000) with { NewSets = [Set(3, 3), Set(3, 1)] }, Now).Said());

    [Fact]
    public void Sets_of_different_size_share_by_the_smallest_part_that_is_ready()
    {
        // One of two of the small set is half, but the large one has a third.
        var move = Assert.IsType<MoveStep>(RolloutDecision.Next(Facts(toShare: 3333, fromShare: 10_000) with { NewSets = [Set(2, 1), Set(6, 2)] }, Now));
        Assert.Equal(3333, move.Weight);
    }

    [Fact]
    public void When_every_set_is_shared_only_the_weights_move()
    {
        var shared = Facts().Shared();
        Assert.Equal(10_000, Assert.IsType<MoveStep>(RolloutDecision.Next(shared, Now)).Weight);
        Assert.IsType<FinishStep>(RolloutDecision.Next(Facts(weight: 10_000, toShare: 10_000).Shared(), Now));
    }

    [Fact]
    public void With_all_traffic_on_ready_replicas_it_finishes_and_not_while_one_is_down()
    {
        Assert.Equal("finish", RolloutDecision.Next(Facts(ready: 3, weight: 10_000, toShare: 10_000, fromShare: 3333), Now).Said());
        Assert.Equal("66/1/3", RolloutDecision.Next(Facts(ready: 2, weight: 10_000, toShare: 10_000, fromShare: 3333), Now).Said());
    }

    [Fact]
    public void A_step_that_is_taken_is_not_taken_again() => Assert.Equal("replicas", RolloutDecision.Next(Facts(toShare: 3333, fromShare: 10_000), Now).Said());

    [Fact]
    public void A_machine_that_is_full_starts_nothing_and_waits_for_room()
    {
        Assert.Equal("room", RolloutDecision.Next(Facts(built: false, room: 0), Now).Said());
        Assert.Equal("0/10/2", RolloutDecision.Next(Facts(new RolloutSettings(MaxSurgePercent: 50), replicas: 10, built: false, room: 2), Now).Said(10));   // as many as fit
    }

    private static int Total(RolloutFacts facts, int replicas) =>
        ReplicaPlan.OfShare(replicas, facts.Rollout.ToShare) + (facts.Rollout.FromShare is { } from ? ReplicaPlan.OfShare(replicas, from) : replicas);
}
