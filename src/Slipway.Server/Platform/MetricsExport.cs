using System.Diagnostics.Metrics;

namespace Slipway.Server.Platform;

/// <summary>Where features take their meter from, so that its instruments show on <c>/metrics</c>.</summary>
internal static class SlipwayMeter
{
    public const string Name = "Slipway";

    /// <summary>Upper bounds in seconds for latencies, from half a millisecond; give them to histograms as advice.</summary>
    public static readonly double[] LatencySeconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

    /// <summary>The meter of this server. Instruments have full Prometheus names (<c>slipway_…_seconds</c>), unit and description.</summary>
    public static Meter Slipway(this IMeterFactory factory) => factory.Create(Name);
}

/// <summary>
/// Collects the instruments of <see cref="SlipwayMeter"/> and writes them as text. Counting on the request path costs a lock per instrument and
/// tag set: what is hot uses observable instruments or <see cref="IMetricSource"/>.
/// </summary>
internal sealed class MetricsExport : IHostedService, IDisposable
{
    private readonly MeterListener listener = new();
    private readonly Lock gate = new();
    private readonly SortedDictionary<string, Family> families = new(StringComparer.Ordinal);
    private readonly IEnumerable<IMetricSource> sources;

    public MetricsExport(IMeterFactory factory, IEnumerable<IMetricSource> sources)
    {
        this.sources = sources;
        listener.InstrumentPublished = (instrument, meterListener) =>
        {
            // Another server of the same process (tests) has its own factory.
            if (instrument.Meter.Name == SlipwayMeter.Name && ReferenceEquals(instrument.Meter.Scope, factory))
            {
                meterListener.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Record(instrument, value, tags));
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Record(instrument, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Record(instrument, value, tags));
        listener.Start();
    }

    /// <summary>The whole exposition.</summary>
    public string Write(MetricsFormat format)
    {
        lock (gate)
        {
            // What is observed is observed anew: a series that no longer reports must not stay at its last value.
            foreach (var family in families.Values.Where(f => f.Observed))
            {
                family.Series.Clear();
            }
        }

        listener.RecordObservableInstruments();
        var text = new PrometheusText(format);
        lock (gate)
        {
            foreach (var (name, family) in families)
            {
                family.Write(name, text);
            }
        }

        foreach (var source in sources)
        {
            source.Write(text);
        }

        return text.ToString();
    }

    /// <summary>It listens from its construction, which the host sees to at the start: what is counted before anybody asks counts too.</summary>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => listener.Dispose();

    private void Record(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = new (string Name, string Value)[tags.Length];
        for (var i = 0; i < tags.Length; i++)
        {
            labels[i] = (tags[i].Key, tags[i].Value?.ToString() ?? "");
        }

        Array.Sort(labels, (a, b) => string.CompareOrdinal(a.Name, b.Name));
        lock (gate)
        {
            if (!families.TryGetValue(instrument.Name, out var family))
            {
                families[instrument.Name] = family = new Family(instrument);
            }

            family.Record(labels, value);
        }
    }

    private sealed class Family(Instrument instrument)
    {
        private readonly string type = instrument.GetType().Name switch
        {
            var n when n.StartsWith("Histogram", StringComparison.Ordinal) => "histogram",
            var n when n.StartsWith("Counter", StringComparison.Ordinal) || n.StartsWith("ObservableCounter", StringComparison.Ordinal) => "counter",
            _ => "gauge",
        };

        private readonly bool adds = instrument.GetType().Name is var n
            && (n.StartsWith("Counter", StringComparison.Ordinal) || n.StartsWith("UpDownCounter", StringComparison.Ordinal));

        private readonly double[] bounds = instrument switch
        {
            Histogram<double> { Advice.HistogramBucketBoundaries: { } advised } => [.. advised],
            Histogram<long> { Advice.HistogramBucketBoundaries: { } advised } => [.. advised.Select(b => (double)b)],
            _ => SlipwayMeter.LatencySeconds,
        };

        public bool Observed => instrument.IsObservable;

        public Dictionary<string, Series> Series { get; } = new(StringComparer.Ordinal);

        public void Record((string Name, string Value)[] labels, double value)
        {
            var key = string.Join('\u001f', labels.Select(l => l.Name + '\u001e' + l.Value));
            if (!Series.TryGetValue(key, out var series))
            {
                Series[key] = series = new Series(labels, type == "histogram" ? new long[bounds.Length + 1] : []);
            }

            if (series.Counts.Length > 0)
            {
                var bucket = Array.FindIndex(bounds, bound => value <= bound);
                series.Counts[bucket < 0 ? bounds.Length : bucket]++;
            }

            series.Value = adds || series.Counts.Length > 0 ? series.Value + value : value;
        }

        public void Write(string name, PrometheusText text)
        {
            text.Family(name, type, instrument.Description ?? name);
            foreach (var series in Series.Values)
            {
                if (type == "histogram")
                {
                    text.Histogram(name, bounds, series.Counts, series.Value, series.Labels);
                }
                else
                {
                    text.Sample(name, series.Value, series.Labels);
                }
            }
        }
    }

    private sealed class Series((string Name, string Value)[] labels, long[] counts)
    {
        public (string Name, string Value)[] Labels { get; } = labels;

        /// <summary>Per bucket; empty when this is no histogram.</summary>
        public long[] Counts { get; } = counts;

        /// <summary>The value, or a histogram's sum.</summary>
        public double Value { get; set; }
    }
}
