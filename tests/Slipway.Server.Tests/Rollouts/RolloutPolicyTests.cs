using Slipway.Contracts;
using Slipway.Server.Deployments;
using Slipway.Server.Rollouts;

namespace Slipway.Server.Tests.Rollouts;

public sealed class RolloutPolicyTests
{
    [Fact]
    public void What_nobody_chose_is_rolling_with_a_surge_of_ten_percent()
    {
        var settings = RolloutPolicy.Default.ToInfo();
        Assert.Equal(("rolling", 10, 0, 0, 0, 600, 0, "scale_to_zero"), (
            settings.Strategy, settings.MaxSurgePercent, settings.MaxUnavailablePercent, settings.StabilizationSeconds, settings.OverheadPercent, settings.WindowSeconds,
            settings.BakeSeconds, settings.PreviousCleanup));
        Assert.Equal([10, 20, 30, 40, 50, 60, 70, 80, 90, 100], settings.Steps!);
        Assert.Equal((0.05, 2.0, 20, 300), (settings.Gate!.MaxErrorRateIncrease, settings.Gate.MaxP95Ratio, settings.Gate.MinRequests, settings.Gate.WaitSeconds));
    }

    [Fact]
    public void The_request_goes_before_the_environment_option_by_option()
    {
        var policy = RolloutPolicy.Of(
            new RolloutSettings("canary", WindowSeconds: 60), new RolloutSettings("blue_green", MaxUnavailablePercent: 20, WindowSeconds: 900, BakeSeconds: 30, PreviousCleanup: "keep"));
        Assert.Equal((RolloutStrategy.Canary, 0, 20), (policy.Strategy, policy.SurgePercent, policy.UnavailablePercent));
        Assert.Equal((60.0, 30.0, PreviousCleanup.Keep), (policy.Window.TotalSeconds, policy.Bake.TotalSeconds, policy.PreviousCleanup));
        Assert.Equal((30, 0), (RolloutPolicy.Of(new RolloutSettings(MaxSurgePercent: 30), new RolloutSettings(MaxUnavailablePercent: 20)) is var p ? (p.SurgePercent, p.UnavailablePercent) : default));
    }

    [Theory]
    [InlineData("strategy")]
    [InlineData("previous_cleanup")]
    [InlineData("max_surge_percent")]
    [InlineData("max_unavailable_percent")]
    [InlineData("stabilization_seconds")]
    [InlineData("overhead_percent")]
    [InlineData("window_seconds")]
    [InlineData("bake_seconds")]
    [InlineData("progress_deadline_seconds")]
    [InlineData("gate.max_error_rate")]
    [InlineData("gate.max_p95_ratio")]
    [InlineData("gate.min_requests")]
    public void Each_option_has_its_range(string field)
    {
        var wrong = new RolloutSettings(
            "sideways", MaxSurgePercent: 51, MaxUnavailablePercent: -1, StabilizationSeconds: 3601, OverheadPercent: 501, WindowSeconds: 0, BakeSeconds: -1,
            PreviousCleanup: "burn", ProgressDeadlineSeconds: 0, Gate: new RolloutGateSettings(MaxErrorRate: double.NaN, MaxP95Ratio: 0.5, MinRequests: 0));
        Assert.Contains(field, RolloutSettingsRules.Check(wrong).Select(w => w.Field));
    }

    [Theory]
    [InlineData(10, 10, "max_unavailable_percent")]     // not both
    [InlineData(0, 0, "max_surge_percent")]             // not neither
    [InlineData(0, null, "max_surge_percent")]
    [InlineData(null, 20, null)]                        // naming one leaves the other at 0
    [InlineData(0, 20, null)]
    [InlineData(20, 0, null)]
    public void Exactly_one_of_surge_and_unavailable_is_above_zero(int? surge, int? unavailable, string? field) =>
        Assert.Equal(field is null ? [] : [field], RolloutSettingsRules.Check(new RolloutSettings(MaxSurgePercent: surge, MaxUnavailablePercent: unavailable)).Select(w => w.Field));

    [Theory]
    [InlineData(new int[0], false)]
    [InlineData(new[] { 10, 10 }, false)]
    [InlineData(new[] { 50, 10 }, false)]
    [InlineData(new[] { 0, 50 }, false)]
    [InlineData(new[] { 50, 101 }, false)]
    [InlineData(new[] { 1, 5, 25 }, true)]
    public void Steps_rise(int[] steps, bool right) => Assert.Equal(right, !RolloutSettingsRules.Check(new RolloutSettings(Steps: steps)).Any());
}
