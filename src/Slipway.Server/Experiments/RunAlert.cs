using Slipway.Contracts;

namespace Slipway.Server.Experiments;

/// <summary>A condition on a metric of a run. It fires when the condition becomes true, not while it stays so.</summary>
internal sealed class RunAlert
{
    public const int Most = 50;

    public Guid Id { get; init; }

    public long RunNumber { get; init; }

    public long KeyId { get; init; }

    public AlertComparison Comparison { get; init; }

    /// <summary>See <see cref="MetricValue"/>.</summary>
    public long Threshold { get; init; }

    /// <summary>As it was given.</summary>
    public required string Condition { get; init; }

    public string? Message { get; init; }

    public bool IsMet { get; private set; }

    public int FiredCount { get; private set; }

    public DateTimeOffset? LastFiredAt { get; private set; }

    public long LastStep { get; private set; }

    public long LastTimestamp { get; private set; }

    public long LastValue { get; private set; }

    public Guid CreatedById { get; init; }

    public required string CreatedBy { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Takes new values of its metric, in order.</summary>
    /// <returns>Whether the condition became true at least once: then it is time to tell.</returns>
    public bool Take(IEnumerable<RunMetricPoint> points, DateTimeOffset now)
    {
        var fired = false;
        foreach (var point in points)
        {
            var isMet = Comparison.Holds(point.Value, Threshold);
            if (isMet && !IsMet)
            {
                (fired, LastFiredAt, LastStep, LastTimestamp, LastValue) = (true, now, point.Step, point.Timestamp, point.Value);
                FiredCount++;
            }

            IsMet = isMet;
        }

        return fired;
    }

    public RunAlertInfo ToInfo() => new(
        Id.ToString(), Condition, Message, IsMet, FiredCount, LastFiredAt,
        LastFiredAt is null ? null : new MetricPoint(MetricValue.Decode(LastValue), LastStep, LastTimestamp), CreatedAt, CreatedBy);
}

internal enum AlertComparison
{
    Above,
    AtLeast,
    Below,
    AtMost,
    Equal,
    NotEqual,
}

internal static class AlertComparisons
{
    /// <summary>NaN meets no condition but "not equal".</summary>
    public static bool Holds(this AlertComparison comparison, long value, long threshold) => comparison switch
    {
        AlertComparison.NotEqual => value != threshold,
        _ when value == MetricValue.NaN || threshold == MetricValue.NaN => false,
        AlertComparison.Above => value > threshold,
        AlertComparison.AtLeast => value >= threshold,
        AlertComparison.Below => value < threshold,
        AlertComparison.AtMost => value <= threshold,
        _ => value == threshold,
    };
}
