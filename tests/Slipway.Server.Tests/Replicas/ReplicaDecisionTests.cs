using Slipway.Server.Replicas;

namespace Slipway.Server.Tests.Replicas;

public sealed class ReplicaDecisionTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 8, 0, 0, TimeSpan.Zero);
    private static readonly ReplicasOptions Options = new();

    private static readonly ReplicaFacts Running = new(
        ReplicaState.Starting, HasProcess: true, Alive: true, ExitKnown: false, DeadFor: null, LinkPhase.None, FailedFor: null, Silent: TimeSpan.Zero, InsideDeadline: 0,
        KillReason: null, StartedAt: Now.AddSeconds(-1), DrainingSince: null, RetryAt: null);

    private static readonly ReplicaFacts Ready = Running with { State = ReplicaState.Ready, Link = LinkPhase.Loaded };
    private static readonly ReplicaFacts Draining = Ready with { State = ReplicaState.Draining, DrainingSince = Now.AddSeconds(-1) };
    private static readonly ReplicaFacts Dead = Ready with { Alive = false, DeadFor = TimeSpan.FromSeconds(0.2) };

    public static TheoryData<string, string, string?> Steps => new()
    {
        { nameof(NeverStarted), "Start", null },
        { nameof(JustStarted), "Connect", null },
        { nameof(ConnectingStill), "None", null },
        { nameof(SaidHello), "MarkLoading", null },
        { nameof(LoadingStill), "None", null },
        { nameof(HasLoaded), "MarkReady", null },
        { nameof(LoadedWithoutBeingSeenLoading), "MarkReady", null },
        { nameof(LoadsForTooLong), "Kill", "start_failed" },
        { nameof(RefusedUs), "Kill", "start_failed" },
        { nameof(SaidItFailed), "None", null },                       // it ends by itself
        { nameof(FailedAndDoesNotEnd), "Kill", "load_failed" },
        { nameof(LoadingAndFillsDisk), "Kill", "filled_disk" },       // nothing can be stored until it goes
        { nameof(FailedAndFillsDisk), "Kill", "load_failed" },        // it has said why
        { nameof(ReadyAndFillsDisk), "Kill", "out_of_disk" },         // it alone: see DiskDecision
        { nameof(ReadyAndExceedsStorage), "Kill", "storage_limit" },
        { nameof(LoadingAndExceedsStorage), "Kill", "storage_limit" },
        { nameof(FailedAndExceedsStorage), "None", null },            // it has said why, and ends by itself
        { nameof(DrainingAndFillsDisk), "None", null },               // it ends anyway
        { nameof(ReadyAndWell), "None", null },
        { nameof(Adopted), "Connect", null },
        { nameof(SilentAndIdle), "Kill", "hung" },
        { nameof(SilentInsideACall), "None", null },                  // long model code holds the answer back
        { nameof(SilentAndNobodyKnows), "None", null },               // missing data is no decision
        { nameof(SilentWhileLoading), "None", null },                 // loading may hold the interpreter for long
        { nameof(KilledBefore), "Kill", "hung" },                     // stored by a server that died before the signal
        { nameof(DeadButItsParentMayStillWrite), "None", null },
        { nameof(DeadWithItsReason), "End", null },
        { nameof(DeadWithoutAReason), "End", null },
        { nameof(BacksOff), "None", null },
        { nameof(BackOffIsOver), "Restart", null },
        { nameof(DrainingForAMoment), "None", null },                 // requests on their way still arrive
        { nameof(DrainingNow), "Drain", null },
        { nameof(DrainingAndAdopted), "Connect", null },
        { nameof(DrainingForTooLong), "Kill", "drained" },
        { nameof(NotWantedBeforeItsStart), "Forget", null },
    };

    private static ReplicaFacts NeverStarted => Running with { HasProcess = false, Alive = false };

    private static ReplicaFacts JustStarted => Running;

    private static ReplicaFacts ConnectingStill => Running with { Link = LinkPhase.Connecting };

    private static ReplicaFacts SaidHello => Running with { Link = LinkPhase.Connected };

    private static ReplicaFacts LoadingStill => Running with { State = ReplicaState.Loading, Link = LinkPhase.Connected };

    private static ReplicaFacts HasLoaded => Running with { State = ReplicaState.Loading, Link = LinkPhase.Loaded };

    private static ReplicaFacts LoadedWithoutBeingSeenLoading => Running with { Link = LinkPhase.Loaded };

    private static ReplicaFacts LoadsForTooLong => LoadingStill with { StartedAt = Now - Options.LoadTimeout };

    private static ReplicaFacts RefusedUs => Running with { Link = LinkPhase.Refused };

    private static ReplicaFacts SaidItFailed => LoadingStill with { Link = LinkPhase.Failed, FailedFor = TimeSpan.FromSeconds(1) };

    private static ReplicaFacts FailedAndDoesNotEnd => SaidItFailed with { FailedFor = ReplicaDecision.Farewell };

    private static ReplicaFacts LoadingAndFillsDisk => LoadingStill with { FillsDisk = true };

    private static ReplicaFacts FailedAndFillsDisk => SaidItFailed with { FillsDisk = true };

    private static ReplicaFacts ReadyAndFillsDisk => Ready with { FillsDisk = true };

    private static ReplicaFacts ReadyAndExceedsStorage => Ready with { ExceedsStorage = true };

    private static ReplicaFacts LoadingAndExceedsStorage => LoadingStill with { ExceedsStorage = true };

    private static ReplicaFacts FailedAndExceedsStorage => SaidItFailed with { ExceedsStorage = true };

    private static ReplicaFacts DrainingAndFillsDisk => DrainingForAMoment with { FillsDisk = true, ExceedsStorage = true };

    private static ReplicaFacts ReadyAndWell => Ready;

    private static ReplicaFacts Adopted => Ready with { Link = LinkPhase.None };

    private static ReplicaFacts SilentAndIdle => Ready with { Silent = Options.HangAfter };

    private static ReplicaFacts SilentInsideACall => SilentAndIdle with { InsideDeadline = 1 };

    private static ReplicaFacts SilentAndNobodyKnows => SilentAndIdle with { InsideDeadline = null };

    private static ReplicaFacts SilentWhileLoading => LoadingStill with { Silent = TimeSpan.FromMinutes(2) };

    private static ReplicaFacts KilledBefore => Ready with { KillReason = "hung" };

    private static ReplicaFacts DeadButItsParentMayStillWrite => Dead;

    private static ReplicaFacts DeadWithItsReason => Dead with { ExitKnown = true };

    private static ReplicaFacts DeadWithoutAReason => Dead with { DeadFor = ReplicaDecision.ExitFileWait };

    private static ReplicaFacts BacksOff => NeverStarted with { State = ReplicaState.BackingOff, RetryAt = Now.AddTicks(1) };

    private static ReplicaFacts BackOffIsOver => BacksOff with { RetryAt = Now };

    private static ReplicaFacts DrainingForAMoment => Draining with { DrainingSince = Now };

    private static ReplicaFacts DrainingNow => Draining;

    private static ReplicaFacts DrainingAndAdopted => Draining with { Link = LinkPhase.None };

    private static ReplicaFacts DrainingForTooLong => Draining with { DrainingSince = Now - Options.DrainTimeout };

    private static ReplicaFacts NotWantedBeforeItsStart => NeverStarted with { State = ReplicaState.Draining };

    [Fact]
    public void Out_of_rotation_comes_before_restart_and_only_when_nobody_may_wait_for_an_answer()
    {
        var health = new HealthChecks(StopTraffic: TimeSpan.FromSeconds(3), Restart: TimeSpan.FromSeconds(7)).Or(Options);
        var silent = Ready with { Silent = TimeSpan.FromSeconds(3) };
        Assert.True(ReplicaDecision.IsUnresponsive(silent, health));
        Assert.Equal(ReplicaStep.None, ReplicaDecision.Next(silent, Now, Options, health).Step);
        Assert.Equal(new ReplicaAction(ReplicaStep.Kill, "hung"), ReplicaDecision.Next(silent with { Silent = TimeSpan.FromSeconds(7) }, Now, Options, health));
        Assert.False(ReplicaDecision.IsUnresponsive(silent with { Silent = TimeSpan.FromSeconds(2.9) }, health));
        Assert.False(ReplicaDecision.IsUnresponsive(silent with { InsideDeadline = 1 }, health));
        Assert.False(ReplicaDecision.IsUnresponsive(silent with { InsideDeadline = null }, health));
        Assert.False(ReplicaDecision.IsUnresponsive(silent with { State = ReplicaState.Loading }, health));
    }

    [Fact]
    public void What_a_deployment_does_not_say_is_the_options()
    {
        var health = new HealthChecks(Interval: TimeSpan.FromSeconds(1)).Or(Options);
        Assert.Equal((TimeSpan.FromSeconds(1), Options.LoadTimeout, Options.StopTrafficAfter, Options.HangAfter), (health.Interval, health.Startup, health.StopTraffic, health.Restart));
        Assert.Equal(TimeSpan.FromSeconds(2), new HealthChecks(Restart: TimeSpan.FromSeconds(2)).Or(Options).StopTraffic);   // never after the restart
    }

    [Theory]
    [MemberData(nameof(Steps))]
    public void Each_situation_of_a_replica_has_one_next_step(string situation, string step, string? reason)
    {
        var facts = (ReplicaFacts)typeof(ReplicaDecisionTests).GetProperty(situation, System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Static)!.GetValue(null)!;

        Assert.Equal(new ReplicaAction(Enum.Parse<ReplicaStep>(step), reason), ReplicaDecision.Next(facts, Now, Options));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 4)]
    [InlineData(6, 32)]
    [InlineData(7, 60)]      // the longest
    [InlineData(5000, 60)]   // and no overflow
    public void The_pause_after_failures_doubles_up_to_a_minute(int failures, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), ReplicaDecision.BackOff(failures, Options));
}
