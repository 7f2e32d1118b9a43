using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Slipway.Server.Deployments;
using Slipway.Server.Platform;

namespace Slipway.Server.Autoscaling;

/// <summary>Instruments of this folder, by the names of the operations page.</summary>
internal sealed class AutoscalingMeter
{
    private readonly ConcurrentDictionary<(Guid Deployment, string Hash), (string Environment, string Name, int Replicas)> wishes = new();
    private readonly Histogram<double> coldStart;

    public AutoscalingMeter(IMeterFactory factory)
    {
        var meter = factory.Slipway();
        coldStart = meter.CreateHistogram(
            "slipway_cold_start_seconds", "s", "From the wake of a set at zero to its first ready replica",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = SlipwayMeter.LatencySeconds });
        meter.CreateObservableGauge(
            "slipway_autoscaler_desired_replicas",
            () => wishes.Values.GroupBy(w => (w.Environment, w.Name)).Select(g => new Measurement<int>(
                g.Sum(w => w.Replicas), new KeyValuePair<string, object?>("deployment", g.Key.Name), new("environment", g.Key.Environment))),
            "{replica}", "Replicas that the load asks for, inside the bounds");
    }

    public void ColdStarted(Deployment deployment, TimeSpan took) =>
        coldStart.Record(took.TotalSeconds, new KeyValuePair<string, object?>("deployment", deployment.Name), new("environment", deployment.Environment.Name));

    public void Wished(Deployment deployment, string hash, int replicas) => wishes[(deployment.Id, hash)] = (deployment.Environment.Name, deployment.Name, replicas);

    public void Gone(Guid deployment, string hash) => wishes.TryRemove((deployment, hash), out _);
}
