using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Slipway.Server.Gateway;

/// <summary>Instruments of the request path, by the names of the operations page. They cost nothing while nobody listens.</summary>
internal sealed class GatewayMeter : IDisposable
{
    public const string Name = "Slipway.Gateway";

    private readonly Meter meter;
    private readonly Counter<long> requests;
    private readonly Histogram<double> duration;
    private readonly Histogram<double> queueWait;
    private readonly Histogram<double> overhead;

    public GatewayMeter(IMeterFactory factory, Func<IEnumerable<Admission>> admissions)
    {
        meter = factory.Create(Name);
        requests = meter.CreateCounter<long>("slipway_inference_requests_total", "{request}", "Predictions answered, by status code");
        duration = meter.CreateHistogram<double>("slipway_inference_duration_seconds", "s", "From receipt to the last byte");
        queueWait = meter.CreateHistogram<double>("slipway_queue_wait_seconds", "s", "Waiting for a replica");
        overhead = meter.CreateHistogram<double>("slipway_gateway_overhead_seconds", "s", "Duration less the time in queue and replica");
        meter.CreateObservableGauge("slipway_inference_inflight", () => Gauge(admissions(), l => l.InFlight), "{request}", "Predictions on replicas now");
        meter.CreateObservableGauge("slipway_queue_depth", () => Gauge(admissions(), l => l.Waiting), "{request}", "Predictions waiting for a replica now");
    }

    public void Count(VariantTarget variant, int status, double seconds, long queueTicks, long replicaTicks)
    {
        if (!requests.Enabled)
        {
            return;
        }

        var tags = new TagList { { "deployment", variant.Deployment.Name }, { "environment", variant.Deployment.Environment }, { "variant", variant.Route.Name } };
        duration.Record(seconds, tags);
        queueWait.Record((double)queueTicks / Stopwatch.Frequency, tags);
        overhead.Record(Math.Max(0, seconds - ((double)(queueTicks + replicaTicks) / Stopwatch.Frequency)), tags);
        tags.Add("code", status);
        requests.Add(1, tags);
    }

    public void Dispose() => meter.Dispose();

    private static IEnumerable<Measurement<int>> Gauge(IEnumerable<Admission> admissions, Func<(int InFlight, int Waiting), int> value) =>
        from admission in admissions
        select new Measurement<int>(value(admission.Now), new KeyValuePair<string, object?>("deployment", admission.Deployment), new("environment", admission.Environment));
}
