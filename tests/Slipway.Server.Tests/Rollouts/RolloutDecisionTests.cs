using Slipway.Contracts;
using Slipway.Server.Deployments;
using Slipway.Server.Replicas;
using Slipway.Server.Rollouts;
using static Slipway.Server.Tests.Rollouts.GivenRollout;

namespace Slipway.Server.Tests.Rollouts;

/// <summary>What holds for every strategy, and the rules of blue-green, canary and the way back.</summary>
public sealed class RolloutDecisionTests
{
    private static readonly GateVerdict Bad = new(Verdict.Fail, "Revision 2 failed 12 of 100 requests (12 %).", Reasons.ErrorRate);
    private static readonly GateVerdict Good = new(Verdict.Pass, "All is well.");

    [Fact]
    public void Nothing_happens_while_the_target_is_being_built_or_the_rollout_is_paused()
    {
        var building = Facts(built: false) with { Build = new RevisionBuild(BuildProgress.Building), NewSets = [] };
        Assert.Equal("replicas", RolloutDecision.Next(building, Now).Said());
        Assert.Equal("time", RolloutDecision.Next(Facts(ready: 2, weight: 3333, status: RolloutStatus.Paused), Now).Said());
    }

    [Fact]
    public void The_first_revision_starts_all_its_replicas_at_once_whatever_the_strategy()
    {
        foreach (var strategy in RolloutSettingsRules.Strategies)
        {
            var first = Facts(new RolloutSettings(strategy), built: false).With(r => (r.FromRevisionId, r.FromRevision) = (null, null));
            Assert.Equal("0/all/3", RolloutDecision.Next(first, Now).Said());
            Assert.Equal(["0/all/3", "100/all/3", "finish"], Run(first, 3));
        }
    }

    [Theory]
    [InlineData("load_failed", 1, false, "load_failed")]     // would fail again: no second try
    [InlineData("import_failed", 1, false, "load_failed")]
    [InlineData("memory_limit", 1, false, "memory_limit")]
    [InlineData("crashed", 2, false, null)]                  // may be chance
    [InlineData("crashed", 3, false, "load_failed")]
    [InlineData("hung", 3, false, "load_failed")]
    [InlineData("crashed", 0, true, "crashed")]              // it served, and died of it
    [InlineData("memory_limit", 0, true, "memory_limit")]
    [InlineData("hung", 0, true, "hung")]
    public void A_candidate_that_does_not_start_or_dies_fails_the_rollout_in_the_runners_words(string reason, int failures, bool wasReady, string? code)
    {
        var exit = new ReplicaExit(reason, "ValueError: no such file", 1, null, Now, wasReady);
        var fail = RolloutDecision.Next(Facts(toShare: 3333, fromShare: 10_000) with { NewSets = One(Set(3, 0, failures, exit)) }, Now) as FailStep;
        Assert.Equal(code, fail?.Code);
        Assert.True(fail is null || fail.Message.Contains("ValueError: no such file", StringComparison.Ordinal));
    }

    [Fact]
    public void A_full_disk_is_named_wherever_it_is_met()
    {
        var load = new ReplicaExit("load_failed", "OSError: [Errno 28] No space left on device", 1, null, Now);
        Assert.Equal("out_of_disk", RolloutDecision.Next(Facts(toShare: 3333) with { NewSets = One(Set(3, 0, 1, load)) }, Now).Said());
        var build = new RevisionBuild(BuildProgress.Failed, "ERROR: Could not install packages: No space left on device");
        Assert.Equal("out_of_disk", RolloutDecision.Next(Facts(built: false) with { Build = build, NewSets = [] }, Now).Said());
    }

    [Fact]
    public void A_failed_build_fails_the_rollout_and_names_the_requirement()
    {
        var facts = Facts(built: false) with { Build = new RevisionBuild(BuildProgress.Failed, "nosuchpackage==9 was not found"), NewSets = [] };
        var fail = Assert.IsType<FailStep>(RolloutDecision.Next(facts, Now));
        Assert.Equal("build_failed", fail.Code);
        Assert.Contains("nosuchpackage==9", fail.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rolling", 0, 1000, "progress_deadline")]
    [InlineData("rolling", 0, 0, "insufficient_capacity")]
    [InlineData("rolling", 3333, 1000, "gently progress_deadline")]     // its replicas are good: traffic goes back as the old ones come back
    [InlineData("blue_green", 0, 1000, "progress_deadline")]
    [InlineData("blue_green", 0, 2, "insufficient_capacity")]           // a whole set is needed
    [InlineData("canary", 0, 1000, "progress_deadline")]
    public void Without_progress_until_the_deadline_it_fails_and_says_why(string strategy, int weight, int room, string step)
    {
        var facts = Facts(new RolloutSettings(strategy), ready: weight > 0 ? 1 : 0, weight: weight, toShare: room < 10 ? 0 : 3333, fromShare: 10_000, built: room >= 10, room: room)
            .With(r => r.ProgressDeadline = Now);
        if (strategy == "blue_green" && room >= 10)
        {
            facts.Rollout.ToShare = 10_000;
        }

        if (weight > 0)
        {
            facts.Rollout.ToShare = 6666;   // the second one was asked for and never came
        }

        Assert.Equal(step, RolloutDecision.Next(facts, Now).Said());
    }

    [Fact]
    public void A_deadline_does_not_count_while_the_clock_is_waited_for()
    {
        var baking = Facts(new RolloutSettings(BakeSeconds: 60), ready: 3, weight: 10_000, toShare: 10_000, fromShare: 3333, windowAgoSeconds: 10).With(r => r.ProgressDeadline = Now.AddSeconds(-1));
        Assert.Equal("time", RolloutDecision.Next(baking, Now).Said());
        Assert.Equal("finish", RolloutDecision.Next(baking, Now.AddSeconds(50)).Said());
    }

    [Theory]
    [InlineData("rolling")]
    [InlineData("blue_green")]
    [InlineData("canary")]
    public void A_gate_that_fails_ends_it_at_once_also_while_it_bakes(string strategy)
    {
        var facts = Facts(new RolloutSettings(strategy, BakeSeconds: 60), ready: 3, weight: 10_000, toShare: 10_000, status: RolloutStatus.RampingUp, gate: Bad);
        var fail = Assert.IsType<FailStep>(RolloutDecision.Next(facts, Now));
        Assert.Equal(("error_rate", false), (fail.Code, fail.Gently));
        Assert.Equal(Bad.What, fail.Message);
    }

    [Theory]
    [InlineData("rolling", false, 0, "finish")]         // no traffic is no objection
    [InlineData("blue_green", false, 0, "finish")]
    [InlineData("rolling", true, 0, "time")]            // but with a threshold there must be evidence: it waits,
    [InlineData("rolling", true, 300, "pause")]         // then pauses
    [InlineData("blue_green", true, 300, "pause")]
    [InlineData("canary", false, 60, "time")]           // a canary always needs some
    [InlineData("canary", false, 360, "pause")]
    public void No_evidence_never_promotes_a_canary_nor_where_thresholds_are_set(string strategy, bool threshold, int secondsAgo, string step)
    {
        var gate = threshold ? new RolloutGateSettings(MaxErrorRate: 0.1) : null;
        var facts = Facts(new RolloutSettings(strategy, Gate: gate), ready: 3, weight: 10_000, toShare: 10_000, fromShare: null, status: RolloutStatus.RampingUp, windowAgoSeconds: secondsAgo);
        Assert.Equal(step, RolloutDecision.Next(facts, Now).Said());
        if (step == "pause")
        {
            Assert.Equal("finish", RolloutDecision.Next(facts with { Gate = Good }, Now).Said());
        }
    }

    [Fact]
    public void Blue_green_starts_a_full_set_switches_once_and_keeps_the_old_one_whole()
    {
        var facts = Facts(new RolloutSettings("blue_green"), built: false);
        Assert.Equal(["0/all/3", "100/all/3", "finish"], Run(facts, 3));
        var waiting = Facts(new RolloutSettings("blue_green"), ready: 2, toShare: 10_000);
        Assert.Equal("replicas", RolloutDecision.Next(waiting, Now).Said());                                 // two of three do not take traffic
        Assert.Equal("room", RolloutDecision.Next(Facts(new RolloutSettings("blue_green"), built: false, room: 2), Now).Said());
    }

    [Fact]
    public void Canary_goes_in_ten_equal_steps_and_has_the_replicas_of_each_before_it_begins()
    {
        var facts = Facts(new RolloutSettings("canary", WindowSeconds: 10), replicas: 5, built: false, gate: Good);
        Assert.Equal(
            ["0/all/1", "10/all/1", "20/all/2", "30/all/2", "40/all/3", "50/all/3", "60/all/4", "70/all/4", "80/all/5", "90/all/5", "100/all/5", "finish"], Run(facts, 5));
    }

    [Fact]
    public void Canary_takes_given_steps_and_adds_the_last_one()
    {
        var facts = Facts(new RolloutSettings("canary", Steps: [1, 50], WindowSeconds: 3), replicas: 4, built: false, gate: Good);
        Assert.Equal(["0/all/1", "1/all/2", "50/all/4", "100/all/4", "finish"], Run(facts, 4));
    }

    [Theory]
    [InlineData(0, 0, 1, 0, "replicas")]          // the first step needs one replica
    [InlineData(0, 1, 1, 0, "10/all/1")]
    [InlineData(1000, 1, 1, 59, "time")]          // one minute a step
    [InlineData(1000, 1, 1, 60, "20/all/2")]     // and those of the next step are started
    [InlineData(3000, 1, 2, 60, "replicas")]      // 40 % of four needs two
    [InlineData(3000, 2, 2, 60, "40/all/2")]
    public void A_canary_step_begins_when_its_time_has_come_and_its_replicas_are_ready(int weight, int ready, int asked, int secondsAgo, string step)
    {
        var facts = Facts(new RolloutSettings("canary"), replicas: 4, ready: ready, weight: weight, toShare: asked * 2500, windowAgoSeconds: secondsAgo, gate: Good);
        Assert.Equal(step, RolloutDecision.Next(facts, Now).Said(4));
    }

    [Fact]
    public void A_canary_of_shared_sets_moves_weights_alone()
    {
        var facts = Facts(new RolloutSettings("canary"), weight: 1000, toShare: 2000, windowAgoSeconds: 60, gate: Good).Shared();
        Assert.Equal(2000, Assert.IsType<MoveStep>(RolloutDecision.Next(facts, Now)).Weight);
    }

    [Theory]
    [InlineData(1, 6666, "66/2/2")]       // one of three is back and has its share; the next is asked for
    [InlineData(2, 6666, "33/3/1")]       // each that comes back takes its share, and a new one goes
    [InlineData(3, 6666, "back")]
    public void A_way_back_moves_traffic_as_the_old_replicas_come_back(int oldReady, int weight, string step)
    {
        var facts = Facts(ready: 2, oldReady: oldReady, weight: weight, fromShare: 3333, toShare: 6666, status: RolloutStatus.RampingDown);
        Assert.Equal(step, RolloutDecision.Next(facts, Now).Said());
    }

    [Fact]
    public void A_way_back_ends_at_once_when_the_candidate_dies_or_the_old_replicas_do_not_come_back()
    {
        var facts = Facts(ready: 2, oldReady: 1, weight: 6666, fromShare: 6666, toShare: 6666, status: RolloutStatus.RampingDown);
        Assert.Equal("replicas", RolloutDecision.Next(facts, Now).Said());
        Assert.Equal("back", RolloutDecision.Next(facts with { NewSets = One(Set(3, 1, 0, new ReplicaExit("crashed", "gone", 1, null, Now, WasReady: true))) }, Now).Said());
        Assert.Equal("back", RolloutDecision.Next(facts.With(r => r.ProgressDeadline = Now), Now).Said());
    }

    [Theory]
    [InlineData(0, 0, false, "0/3/3")]             // nothing is there yet: all is started
    [InlineData(0, 3333, true, "replicas")]        // and waited for
    [InlineData(1, 3333, true, "100/3/3")]         // one that answers is enough
    public void Forced_completion_moves_all_traffic_as_soon_as_anything_answers(int ready, int toShare, bool built, string step)
    {
        var facts = Facts(new RolloutSettings("canary"), ready: ready, toShare: toShare, fromShare: 10_000, built: built, gate: Bad).With(r => r.Forced = true);
        Assert.Equal(step, RolloutDecision.Next(facts, Now).Said());
    }

    [Fact]
    public void Forced_completion_does_not_wait_at_the_end()
    {
        var facts = Facts(new RolloutSettings("canary", BakeSeconds: 600), ready: 1, weight: 10_000, toShare: 10_000, gate: Bad, status: RolloutStatus.RampingUp).With(r => r.Forced = true);
        Assert.Contains("1 of 3 replicas", Assert.IsType<FinishStep>(RolloutDecision.Next(facts, Now)).What, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rolling", 3333, "RAMPING_DOWN")]      // replicas of the old revision must come back first
    [InlineData("rolling", 0, "CANCELED")]             // nothing has moved
    [InlineData("blue_green", 10_000, "CANCELED")]     // the old set is whole
    [InlineData("canary", 5000, "CANCELED")]
    public void Cancel_goes_back_gently_where_it_must(string strategy, int weight, string status)
    {
        var rollout = Facts(new RolloutSettings(strategy), weight: weight, fromShare: strategy == "rolling" && weight > 0 ? 6666 : null, status: RolloutStatus.RampingUp).Rollout;
        Assert.Null(rollout.Cancel("ada", Now, TimeSpan.FromMinutes(1)));
        Assert.Equal(status, rollout.Status.ToWire());
        Assert.Equal(status == "CANCELED", rollout.FinishedAt is not null);
        Assert.Equal("ada", rollout.Steps[^1].By);
    }

    [Theory]
    [InlineData("RELEASING", "pause cancel force-cancel force-complete")]
    [InlineData("RAMPING_UP", "pause cancel force-cancel force-complete")]
    [InlineData("PAUSED", "resume cancel force-cancel force-complete")]
    [InlineData("RAMPING_DOWN", "force-cancel force-complete")]
    [InlineData("FAILED", "retry")]
    [InlineData("SUCCEEDED", "")]
    [InlineData("CANCELED", "")]
    public void Each_state_allows_what_makes_sense_in_it(string status, string possible) =>
        Assert.Equal(possible, string.Join(' ', Facts(status: RolloutWords.ParseStatus(status)!.Value).Rollout.Possible.Select(a => a.ToWire())));

    [Fact]
    public void A_pause_pins_the_split_and_resume_goes_on_with_a_new_window()
    {
        var rollout = Facts(weight: 3333, status: RolloutStatus.RampingUp).With(r => r.Window = 4).Rollout;
        Assert.Null(rollout.Pause(PauseReason.Person, "Paused.", "ada", Now));
        Assert.Equal((RolloutStatus.Paused, 3333), (rollout.Status, rollout.Weight));
        Assert.Equal("rollout_state_conflict", rollout.Pause(PauseReason.Person, "Paused.", "ada", Now)!.Code);
        Assert.Null(rollout.Resume("ada", Now.AddMinutes(5), TimeSpan.FromMinutes(10)));
        Assert.Equal((RolloutStatus.RampingUp, 5, Now.AddMinutes(5), Now.AddMinutes(15)), (rollout.Status, rollout.Window, rollout.WindowAt, rollout.ProgressDeadline));
    }
}
