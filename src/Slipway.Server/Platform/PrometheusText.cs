using System.Globalization;
using System.Text;

namespace Slipway.Server.Platform;

/// <summary>Writes metric families as text. A family's samples follow its head.</summary>
internal sealed class PrometheusText(MetricsFormat format = MetricsFormat.Prometheus)
{
    private readonly StringBuilder text = new();

    /// <param name="name">Full name with prefix and unit, for example <c>slipway_queue_wait_seconds</c>.</param>
    /// <param name="type">counter (its name ends in <c>_total</c>), gauge, summary, histogram, or info (a gauge that is always 1; its name ends in <c>_info</c>).</param>
    public void Family(string name, string type, string help)
    {
        if (format == MetricsFormat.OpenMetrics)
        {
            // There the ending belongs to the samples, and not to the family.
            name = type switch { "counter" => Without(name, "_total"), "info" => Without(name, "_info"), _ => name };
        }
        else if (type == "info")
        {
            type = "gauge";
        }

        text.Append("# TYPE ").Append(name).Append(' ').Append(type).Append('\n')
            .Append("# HELP ").Append(name).Append(' ').Append(Escape(help, quotes: format == MetricsFormat.OpenMetrics)).Append('\n');
    }

    public void Sample(string name, double value, params ReadOnlySpan<(string Name, string Value)> labels)
    {
        text.Append(name);
        if (labels.Length > 0)
        {
            text.Append('{');
            for (var i = 0; i < labels.Length; i++)
            {
                text.Append(i == 0 ? "" : ",").Append(labels[i].Name).Append("=\"").Append(Escape(labels[i].Value, quotes: true)).Append('"');
            }

            text.Append('}');
        }

        text.Append(' ').Append(Number(value)).Append('\n');
    }

    /// <summary>The buckets, sum and count of one histogram.</summary>
    /// <param name="bounds">Upper bounds, rising.</param>
    /// <param name="counts">Observations per bucket (not cumulative), one more than bounds: the last is above all.</param>
    public void Histogram(string name, ReadOnlySpan<double> bounds, ReadOnlySpan<long> counts, double sum, params ReadOnlySpan<(string Name, string Value)> labels)
    {
        (string, string)[] withBound = [.. labels, ("le", "")];
        long total = 0;
        for (var i = 0; i < counts.Length; i++)
        {
            total += counts[i];
            withBound[^1] = ("le", i < bounds.Length ? Bound(bounds[i]) : "+Inf");
            Sample(name + "_bucket", total, withBound);
        }

        Sample(name + "_sum", sum, labels);
        Sample(name + "_count", total, labels);
    }

    public override string ToString() => format == MetricsFormat.OpenMetrics ? $"{text}# EOF\n" : text.ToString();

    private static string Without(string name, string ending) => name.EndsWith(ending, StringComparison.Ordinal) ? name[..^ending.Length] : name;

    private static string Number(double value) => double.IsPositiveInfinity(value) ? "+Inf" : double.IsNegativeInfinity(value) ? "-Inf" : value.ToString("R", CultureInfo.InvariantCulture);

    /// <summary>OpenMetrics writes a bound of 1 as 1.0: labels are compared as text.</summary>
    private string Bound(double value) => Number(value) is var number && format == MetricsFormat.OpenMetrics && long.TryParse(number, CultureInfo.InvariantCulture, out _) ? number + ".0" : number;

    private static string Escape(string value, bool quotes)
    {
        value = value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
        return quotes ? value.Replace("\"", "\\\"", StringComparison.Ordinal) : value;
    }
}
