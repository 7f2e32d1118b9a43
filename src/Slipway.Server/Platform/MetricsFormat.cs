using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Slipway.Server.Platform;

/// <summary>How <c>/metrics</c> is written.</summary>
internal enum MetricsFormat
{
    /// <summary>Prometheus' text format 0.0.4: what everybody gets who does not ask for the other.</summary>
    Prometheus,

    /// <summary>OpenMetrics 1.0.</summary>
    OpenMetrics,
}

internal static class MetricsFormats
{
    private const string OpenMetricsType = "application/openmetrics-text";

    public static string ContentType(this MetricsFormat format) => format switch
    {
        MetricsFormat.OpenMetrics => $"{OpenMetricsType}; version=1.0.0; charset=utf-8",
        _ => "text/plain; version=0.0.4; charset=utf-8",
    };

    /// <summary>OpenMetrics when it is named, in version 1 or without one, and plain text is not liked better. An Accept header that cannot be read asks for nothing.</summary>
    public static MetricsFormat Asked(StringValues accept)
    {
        if (!MediaTypeHeaderValue.TryParseList(accept, out var types))
        {
            return MetricsFormat.Prometheus;
        }

        var open = types.Where(t => t.MediaType.Equals(OpenMetricsType, StringComparison.OrdinalIgnoreCase) && VersionOf(t) is (null or "1.0.0")).Select(Quality).DefaultIfEmpty(0).Max();
        var text = types.Where(t => t.MediaType.Equals("text/plain", StringComparison.OrdinalIgnoreCase)).Select(Quality).DefaultIfEmpty(0).Max();
        return open > 0 && open >= text ? MetricsFormat.OpenMetrics : MetricsFormat.Prometheus;
    }

    private static string? VersionOf(MediaTypeHeaderValue type) =>
        type.Parameters.FirstOrDefault(p => p.Name.Equals("version", StringComparison.OrdinalIgnoreCase)) is { } version ? HeaderUtilities.RemoveQuotes(version.Value).ToString() : null;

    private static double Quality(MediaTypeHeaderValue type) => type.Quality ?? 1;
}
