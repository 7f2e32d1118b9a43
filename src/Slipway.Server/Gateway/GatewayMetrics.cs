using System.Diagnostics;
using Slipway.Server.Deployments;
using Slipway.Server.Platform;

namespace Slipway.Server.Gateway;

/// <summary>The request path in numbers, by the names of the operations page: written from counters that are there anyway, so that a scrape costs requests nothing.</summary>
/// <remarks>Counts predictions of callers (origins live and sdk), as analytics and gates do.</remarks>
internal sealed class GatewayMetrics(Gateway gateway) : IMetricSource
{
    public void Write(PrometheusText text)
    {
        var variants = gateway.Table.Targets.SelectMany(t => t.Revisions).SelectMany(r => r.Variants)
            .GroupBy(v => (v.Deployment.Environment, v.Deployment.Name, Variant: v.Route.Name, v.Route.Model, v.Version, v.Route.Runtime))
            .Select(g => new Row(
                [("deployment", g.Key.Name), ("environment", g.Key.Environment), ("model", g.Key.Model), ("version", g.Key.Version), ("variant", g.Key.Variant), ("runtime", g.Key.Runtime)],
                [.. g.Select(v => v.Counters).Distinct()]))
            .ToList();
        text.Family("slipway_inference_requests_total", "counter", "Predictions answered, by status code.");
        foreach (var row in variants)
        {
            foreach (var group in row.Counters.SelectMany(c => c.StatusTotals()).GroupBy(s => s.Status, StringComparer.Ordinal))
            {
                text.Sample("slipway_inference_requests_total", group.Sum(s => s.Count), [.. row.Labels, ("code", group.Key)]);
            }
        }

        text.Family("slipway_inference_duration_seconds", "histogram", "From receipt to the last byte.");
        foreach (var row in variants)
        {
            var (counts, seconds) = Durations(row.Counters);
            text.Histogram("slipway_inference_duration_seconds", SlipwayMeter.LatencySeconds, counts, seconds, row.Labels);
        }

        Summary(text, "slipway_queue_wait_seconds", "Waiting for a replica.", variants, t => Seconds(t.QueueTicks));
        Summary(
            text, "slipway_gateway_overhead_seconds", "Duration less the time in queue and replica.", variants,
            t => Math.Max(0, TimeSpan.FromTicks(t.AnsweredTicks + t.RefusedTicks).TotalSeconds - Seconds(t.QueueTicks + t.ReplicaTicks)));
        var now = gateway.Admissions.Select(a => (a.Deployment, a.Environment, a.Now)).GroupBy(a => (a.Deployment, a.Environment)).ToList();
        text.Family("slipway_inference_inflight", "gauge", "Predictions on replicas now.");
        now.ForEach(g => text.Sample("slipway_inference_inflight", g.Sum(a => a.Now.InFlight), ("deployment", g.Key.Deployment), ("environment", g.Key.Environment)));
        text.Family("slipway_queue_depth", "gauge", "Predictions waiting for a replica now, parked ones included.");
        now.ForEach(g => text.Sample("slipway_queue_depth", g.Sum(a => a.Now.Waiting), ("deployment", g.Key.Deployment), ("environment", g.Key.Environment)));
        text.Family("slipway_replicas_ejected", "gauge", "Replicas that are passed over now because they failed.");
        foreach (var group in gateway.Admissions.GroupBy(a => (a.Deployment, a.Environment)))
        {
            text.Sample("slipway_replicas_ejected", group.Sum(a => a.Ejected().Count()), ("deployment", group.Key.Deployment), ("environment", group.Key.Environment));
        }
    }

    private static void Summary(PrometheusText text, string name, string help, List<Row> rows, Func<OutcomeTotals, double> seconds)
    {
        text.Family(name, "summary", help);
        foreach (var row in rows)
        {
            var totals = row.Counters.Select(c => c.Totals()).ToList();
            text.Sample(name + "_sum", totals.Sum(seconds), row.Labels);
            text.Sample(name + "_count", totals.Sum(t => t.Requests), row.Labels);
        }
    }

    // The counters' buckets are finer than the bounds: each goes where its upper end does.
    private static (long[] Counts, double Seconds) Durations(OutcomeCounters[] counters)
    {
        var bounds = SlipwayMeter.LatencySeconds;
        var counts = new long[bounds.Length + 1];
        foreach (var latency in counters.Select(c => c.LatencyTotals()))
        {
            for (var i = 0; i < latency.Length; i++)
            {
                var upper = LatencyBuckets.UpperMicros(i) / 1e6;
                var at = Array.FindIndex(bounds, b => upper <= b);
                counts[at < 0 ? bounds.Length : at] += latency[i];
            }
        }

        return (counts, counters.Select(c => c.Totals()).Sum(t => TimeSpan.FromTicks(t.AnsweredTicks + t.RefusedTicks).TotalSeconds));
    }

    private static double Seconds(long ticks) => (double)ticks / Stopwatch.Frequency;

    private sealed record Row((string Name, string Value)[] Labels, OutcomeCounters[] Counters);
}
