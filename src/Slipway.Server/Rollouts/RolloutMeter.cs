using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using Slipway.Server.Platform;

namespace Slipway.Server.Rollouts;

/// <summary>Instruments of rollouts, by the names of the operations page.</summary>
internal sealed class RolloutMeter
{
    private readonly Counter<long> rollbacks;
    private ImmutableArray<(string Environment, string Deployment, int Step, int Weight)> underWay = [];

    public RolloutMeter(IMeterFactory factory)
    {
        var meter = factory.Slipway();
        meter.CreateObservableGauge("slipway_rollout_step", () => Gauge(r => (double)r.Step), "{step}", "Steps taken by the rollout under way");
        meter.CreateObservableGauge("slipway_rollout_weight_ratio", () => Gauge(r => r.Weight / 10_000.0), "1", "Share of new traffic that the rollout under way has moved");
        rollbacks = meter.CreateCounter<long>("slipway_rollback_total", "{rollback}", "Rollouts that failed and were rolled back, by reason");
    }

    /// <summary>Replaces what is known of the rollouts under way.</summary>
    public void Now(ImmutableArray<(string Environment, string Deployment, int Step, int Weight)> rollouts) => ImmutableInterlocked.InterlockedExchange(ref underWay, rollouts);

    public void RolledBack(string environment, string deployment, string reason) =>
        rollbacks.Add(1, new("environment", environment), new("deployment", deployment), new KeyValuePair<string, object?>("reason", reason));

    private IEnumerable<Measurement<double>> Gauge(Func<(string Environment, string Deployment, int Step, int Weight), double> value) =>
        from rollout in underWay
        select new Measurement<double>(value(rollout), new KeyValuePair<string, object?>("deployment", rollout.Deployment), new("environment", rollout.Environment));
}
