using Slipway.Server.Autoscaling;
using Slipway.Server.Deployments;

namespace Slipway.Server.Tests.Autoscaling;

/// <summary>The autoscaler over the shapes that load has, on a virtual clock.</summary>
public sealed class SimulationTests
{
    private static readonly ScalingSettings FourEach = new()
    {
        Enabled = true, ConcurrencyTarget = 4, TargetUtilizationPercent = 100, Window = TimeSpan.FromSeconds(60), ScaleDownDelay = TimeSpan.FromSeconds(300),
    };

    private static readonly ScaleBounds OneToTwenty = new(1, 20, MayGoToZero: true);

    [Fact]
    public void A_step_is_decided_on_within_a_second_and_answered_in_full_within_a_tenth_of_the_window()
    {
        var simulation = new Simulation(FourEach, OneToTwenty).Run(100, t => t < 50 ? 2 : 32);
        Assert.All(simulation.Wishes.Take(50), w => Assert.Equal(1, w.Replicas));
        Assert.True(simulation.Wishes[50].Replicas > 1);   // the second that has the step in it
        Assert.Equal("burst", simulation.Wishes[50].Reason);
        Assert.Equal(8, simulation.Wishes[56].Replicas);
        Assert.Equal(0, simulation.Reversals);
    }

    [Theory]
    [InlineData(0)]   // replicas that are ready at once: soon fewer than twice of them are missing, and the window remembers the calm before
    [InlineData(3)]
    [InlineData(20)]
    public void A_step_after_long_calm_is_answered_in_full_within_seconds_however_quick_replicas_are(int startSeconds)
    {
        var simulation = new Simulation(FourEach, OneToTwenty, startSeconds).Run(100, t => t < 90 ? 0.1 : 32);
        Assert.Equal(8, simulation.Wishes[92].Replicas);
        Assert.Equal(0, simulation.Reversals);
        simulation.Run(500, _ => 0.1);
        Assert.Equal(1, simulation.Reversals);
    }

    [Fact]
    public void A_step_whose_requests_do_not_wait_is_followed_by_the_burst_window()
    {
        var scaler = new SetScaler();
        var (at, wish) = (new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero), 1);
        var wishes = new List<int>();
        for (var second = 0; second < 80; second++, at = at.AddSeconds(1))
        {
            scaler.Observe(at, at.AddSeconds(1), second < 60 ? 0.1 : 32, 0, FourEach);
            scaler.Observe(at.AddSeconds(1), 1, wish, null, null, null, FourEach);   // ready as soon as wished
            wish = scaler.Decide(FourEach, OneToTwenty, wish, at.AddSeconds(1))!.Replicas;
            wishes.Add(wish);
        }

        Assert.Equal(8, wishes[66]);   // six seconds, not the forty that the window takes
    }

    [Fact]
    public void A_ramp_only_ever_adds()
    {
        var simulation = new Simulation(FourEach, OneToTwenty).Run(1200, t => Math.Min(60, t / 10.0));
        Assert.Equal(0, simulation.Reversals);
        Assert.Equal(15, simulation.Wish);
        Assert.DoesNotContain(simulation.Wishes.Select((w, t) => (w.Replicas, Least: Math.Min(15, (t - 60) / 40))), w => w.Replicas < w.Least);   // a window behind at most
    }

    [Fact]
    public void A_spike_goes_up_once_and_comes_down_once_when_the_delay_is_over()
    {
        var simulation = new Simulation(FourEach, OneToTwenty).Run(1000, t => t is >= 100 and < 120 ? 60 : 2);
        Assert.Equal(15, simulation.Wishes.Max(w => w.Replicas));
        Assert.Equal(15, simulation.Wishes[119 + 290].Replicas);   // the delay has not passed since it was needed
        Assert.Equal(1, simulation.Wish);
        Assert.Equal(1, simulation.Reversals);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(20261127)]
    public void A_day_goes_up_once_and_down_once_even_with_noise(int seed)
    {
        var noise = new Random(seed);
        const int Day = 86_400;
        var simulation = new Simulation(FourEach with { ScaleDownDelay = TimeSpan.FromSeconds(900) }, OneToTwenty)
            .Run(Day, t => Math.Max(0, 30 - (28 * Math.Cos(2 * Math.PI * t / Day))) * (0.9 + (0.2 * noise.NextDouble())));
        Assert.True(simulation.Reversals <= 1, $"seed {seed}: {simulation.Reversals} reversals");
        Assert.InRange(simulation.Wishes.Max(w => w.Replicas), 14, 17);
        Assert.Equal(1, simulation.Wish);
    }

    [Fact]
    public void On_and_off_within_the_delay_settles_and_stays()
    {
        var simulation = new Simulation(FourEach, OneToTwenty).Run(3600, t => t / 30 % 2 == 0 ? 20 : 0);
        Assert.Equal(5, simulation.Wishes.Max(w => w.Replicas));   // the first burst
        Assert.InRange(simulation.Reversals, 0, 1);
        Assert.Single(simulation.Wishes.Skip(600).Select(w => w.Replicas).Distinct(), 3);   // the mean of the window, ten at a time
    }

    [Fact]
    public void On_and_off_longer_than_the_delay_turns_twice_in_a_cycle_and_no_more()
    {
        const int Cycle = 1200;
        var simulation = new Simulation(FourEach, OneToTwenty).Run(5 * Cycle, t => t % Cycle < 600 ? 20 : 0);
        Assert.InRange(simulation.Reversals, 8, 9);   // up, down, up, …: nine phases have nine turns between them at most
    }

    [Fact]
    public void From_zero_to_a_flood_and_back()
    {
        var simulation = new Simulation(FourEach, new ScaleBounds(0, 20, true)).Run(400, _ => 0);
        Assert.Equal(0, simulation.Wish);
        Assert.Equal(300, simulation.Wishes.FindIndex(w => w.Replicas == 0) + 1);   // idle for the whole delay, and not a second more
        simulation.Run(30, _ => 40);
        Assert.Equal(10, simulation.Wish);
        simulation.Run(800, _ => 0);
        Assert.Equal(0, simulation.Wish);
        Assert.Equal(2, simulation.Reversals);
    }

    [Fact]
    public void One_step_down_takes_no_more_than_the_rate()
    {
        var settings = FourEach with { MaxScaleDownPercent = 50, ScaleDownDelay = TimeSpan.FromSeconds(30) };
        var simulation = new Simulation(settings, OneToTwenty).Run(1000, t => t < 200 ? 64 : 1);
        var steps = simulation.Wishes.Select((w, t) => (w.Replicas, At: t)).Skip(200).DistinctBy(w => w.Replicas).ToList();
        Assert.Equal((16, 1), (steps[0].Replicas, steps[^1].Replicas));
        Assert.All(steps.Zip(steps.Skip(1)), s => Assert.True(s.Second.Replicas * 2 >= s.First.Replicas - 1, $"{s}"));
        Assert.All(steps.Skip(1).Zip(steps.Skip(2)), s => Assert.True(s.Second.At - s.First.At >= 60, $"{s} are less than a window apart"));
    }
}
