using Slipway.Server.Autoscaling;
using Slipway.Server.Deployments;

namespace Slipway.Server.Tests.Autoscaling;

public sealed class SetScalerTests
{
    private static readonly DateTimeOffset Begin = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly ScalingSettings On = new() { Enabled = true, ConcurrencyTarget = 10, TargetUtilizationPercent = 70, ScaleDownDelay = TimeSpan.Zero };

    [Theory]
    [InlineData(0, 0)]      // idle asks for nothing
    [InlineData(0.1, 1)]
    [InlineData(7, 1)]      // exactly on target × utilisation
    [InlineData(7.1, 2)]
    [InlineData(70, 10)]
    public void Replicas_follow_the_concurrency_at_target_times_utilisation(double load, int replicas) =>
        Assert.Equal(replicas, ScaleDecision.ByConcurrency(On, load, On.Window, "concurrency").Replicas);

    [Theory]
    [InlineData(4, 2.0, 4)]      // 50 % each, on target
    [InlineData(4, 2.19, 4)]     // 9.5 % above: inside the tolerance
    [InlineData(4, 2.21, 5)]     // 10.5 % above
    [InlineData(4, 1.79, 4)]     // 10.5 % below: ceil(3.58) is 4
    [InlineData(4, 1.4, 3)]
    [InlineData(4, 4.0, 8)]      // all of it
    public void Replicas_follow_the_cpu_with_a_tolerance_of_ten_percent(int ready, double used, int replicas) =>
        Assert.Equal(replicas, ScaleDecision.Of(On with { TargetCpuPercent = 50 }, new ScaleFacts(ready, null, null, used, null, null))!.Replicas);

    [Fact]
    public void The_largest_wish_wins_and_says_why()
    {
        var settings = On with { TargetCpuPercent = 50, TargetMemoryPercent = 80, TargetGpuPercent = 90 };
        Assert.Equal((4, "cpu"), Of(new ScaleFacts(2, 7, null, 2, 1, null)));
        Assert.Equal((5, "concurrency"), Of(new ScaleFacts(2, 35, null, 2, 1, null)));
        Assert.Equal((3, "memory"), Of(new ScaleFacts(2, 7, null, 0.1, 2, null)));
        Assert.Equal((4, "gpu"), Of(new ScaleFacts(2, 7, null, 0.1, 0.1, 3.0)));

        (int, string) Of(ScaleFacts facts) => ScaleDecision.Of(settings, facts) is { } demand ? (demand.Replicas, demand.Reason) : default;
    }

    [Fact]
    public void A_measure_without_data_says_nothing_and_without_any_nothing_is_decided()
    {
        Assert.Null(ScaleDecision.Of(On with { TargetCpuPercent = 50 }, new ScaleFacts(2, null, null, null, null, null)));
        Assert.Null(new SetScaler().Decide(On, new ScaleBounds(0, 9, true), 3, Begin));

        // The last report is older than the window: nobody knows.
        var scaler = new SetScaler();
        scaler.Observe(Begin, Begin.AddSeconds(1), 100, 0, On);
        Assert.Null(scaler.Decide(On, new ScaleBounds(1, 9, true), 3, Begin.AddSeconds(62)));
    }

    [Fact]
    public void A_restarted_server_keeps_the_wish_until_it_has_seen_a_whole_delay()
    {
        var settings = On with { ScaleDownDelay = TimeSpan.FromSeconds(30) };
        var scaler = new SetScaler();
        for (var second = 0; second < 40; second++)
        {
            var to = Begin.AddSeconds(second + 1);
            scaler.Observe(to.AddSeconds(-1), to, 7, 0, settings);
            scaler.Observe(to, 1, 5, null, null, null, settings);
            var verdict = scaler.Decide(settings, new ScaleBounds(1, 9, true), 5, to)!;
            Assert.Equal(second < 29 ? (5, "scale_down_delay") : (1, "concurrency"), (verdict.Replicas, verdict.Reason));
        }
    }

    [Theory]
    [InlineData(140, 1, 9, 9, "maximum")]
    [InlineData(1, 4, 9, 4, "minimum")]
    [InlineData(21, 1, 9, 3, "steady")]
    public void Bounds_hold_and_are_the_reason(double load, int min, int max, int replicas, string reason)
    {
        var scaler = new SetScaler();
        scaler.Observe(Begin, Begin.AddSeconds(1), load, 0, On);
        scaler.Observe(Begin.AddSeconds(1), 1, 20, null, null, null, On);
        var verdict = scaler.Decide(On, new ScaleBounds(min, max, true), load > 100 ? 5 : Math.Max(min, 3), Begin.AddSeconds(1))!;
        Assert.Equal((replicas, reason), (verdict.Replicas, verdict.Reason));
    }

    [Fact]
    public void Off_leaves_the_number_alone_and_still_goes_to_zero_when_it_may()
    {
        var settings = new ScalingSettings { ScaleDownDelay = TimeSpan.FromSeconds(10) };
        var scaler = new SetScaler();
        scaler.Observe(Begin, Begin.AddSeconds(1), 500, 0, settings);
        Assert.Equal((3, "by_hand"), Decide(1, 0));
        for (var second = 1; second < 12; second++)
        {
            scaler.Observe(Begin.AddSeconds(second), Begin.AddSeconds(second + 1), 0, 0, settings);
        }

        Assert.Equal((3, "by_hand"), Decide(10, 0));
        Assert.Equal((0, "idle"), Decide(11, 0));
        Assert.Equal((3, "by_hand"), Decide(11, 1));                      // its minimum is above
        Assert.Equal((3, "by_hand"), Decide(11, 0, mayGoToZero: false));  // a rollout moves its traffic

        (int, string) Decide(int second, int min, bool mayGoToZero = true)
        {
            var verdict = scaler.Decide(settings, new ScaleBounds(min, 9, mayGoToZero), 3, Begin.AddSeconds(second))!;
            return (verdict.Replicas, verdict.Reason);
        }
    }
}
