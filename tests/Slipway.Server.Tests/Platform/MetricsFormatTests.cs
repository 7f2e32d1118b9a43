using Slipway.Server.Platform;

namespace Slipway.Server.Tests.Platform;

public sealed class MetricsFormatTests
{
    [Theory]
    [InlineData(null, nameof(MetricsFormat.Prometheus))]
    [InlineData("*/*", nameof(MetricsFormat.Prometheus))]                                                       // curl
    [InlineData("text/plain;version=0.0.4", nameof(MetricsFormat.Prometheus))]
    [InlineData("application/openmetrics-text", nameof(MetricsFormat.OpenMetrics))]
    [InlineData("application/openmetrics-text; version=\"1.0.0\"; charset=utf-8", nameof(MetricsFormat.OpenMetrics))]
    [InlineData("application/openmetrics-text;version=2.0.0", nameof(MetricsFormat.Prometheus))]                // not spoken here
    [InlineData("application/openmetrics-text;q=0", nameof(MetricsFormat.Prometheus))]                          // refused
    [InlineData("application/openmetrics-text;q=0.2,text/plain;q=0.8", nameof(MetricsFormat.Prometheus))]       // text is liked better
    [InlineData("application/openmetrics-text;version=1.0.0;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=0.0.4;q=0.4,*/*;q=0.1", nameof(MetricsFormat.OpenMetrics))]   // a Prometheus
    [InlineData("application/openmetrics-text;version=", nameof(MetricsFormat.Prometheus))]                     // nothing that can be read
    public void OpenMetrics_is_for_those_who_ask_for_it(string? accept, string format) =>
        Assert.Equal(format, MetricsFormats.Asked(accept).ToString());

    [Fact]
    public void Both_formats_say_the_same_each_in_its_way()
    {
        Assert.Equal(
            """
            # TYPE asked_total counter
            # HELP asked_total What "they" asked.
            asked_total{by="a\"b"} 3
            # TYPE took_seconds histogram
            # HELP took_seconds It took.
            took_seconds_bucket{le="0.5"} 1
            took_seconds_bucket{le="1"} 3
            took_seconds_bucket{le="+Inf"} 3
            took_seconds_sum 1.5
            took_seconds_count 3
            # TYPE build_info gauge
            # HELP build_info One.
            build_info{version="1"} 1

            """,
            Written(MetricsFormat.Prometheus));
        Assert.Equal(
            """
            # TYPE asked counter
            # HELP asked What \"they\" asked.
            asked_total{by="a\"b"} 3
            # TYPE took_seconds histogram
            # HELP took_seconds It took.
            took_seconds_bucket{le="0.5"} 1
            took_seconds_bucket{le="1.0"} 3
            took_seconds_bucket{le="+Inf"} 3
            took_seconds_sum 1.5
            took_seconds_count 3
            # TYPE build info
            # HELP build One.
            build_info{version="1"} 1
            # EOF

            """,
            Written(MetricsFormat.OpenMetrics));
    }

    private static string Written(MetricsFormat format)
    {
        var text = new PrometheusText(format);
        text.Family("asked_total", "counter", "What \"they\" asked.");
        text.Sample("asked_total", 3, ("by", "a\"b"));
        text.Family("took_seconds", "histogram", "It took.");
        text.Histogram("took_seconds", [0.5, 1], [1, 2, 0], 1.5);
        text.Family("build_info", "info", "One.");
        text.Sample("build_info", 1, ("version", "1"));
        return text.ToString();
    }
}
