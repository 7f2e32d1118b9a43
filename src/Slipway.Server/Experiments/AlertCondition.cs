using System.Globalization;
using Slipway.Server.Platform;

namespace Slipway.Server.Experiments;

/// <summary>A condition as people write it: a metric, a comparison, a number, such as <c>val_loss &gt; 0.5</c>.</summary>
internal sealed record AlertCondition(string Metric, AlertComparison Comparison, double Threshold)
{
    private static readonly (string Text, AlertComparison Comparison)[] Comparisons =
    [
        (">=", AlertComparison.AtLeast), ("<=", AlertComparison.AtMost), ("!=", AlertComparison.NotEqual), ("==", AlertComparison.Equal), (">", AlertComparison.Above),
        ("<", AlertComparison.Below), ("=", AlertComparison.Equal),
    ];

    /// <returns>The condition, or what is wrong with it.</returns>
    public static Result<AlertCondition> Parse(string text)
    {
        if (text.Length > 400)
        {
            return ExperimentRefusals.BadCondition("A condition has at most 400 characters.");
        }

        // The comparison is the last one in the text: names of metrics may hold such signs, numbers do not.
        foreach (var (sign, comparison) in Comparisons)
        {
            var at = text.LastIndexOf(sign, StringComparison.Ordinal);
            if (at < 0 || text.AsSpan(at + sign.Length).IndexOfAny("<>=!") >= 0)
            {
                continue;
            }

            var metric = text[..at].Trim();
            if (metric.StartsWith("metrics.", StringComparison.Ordinal))
            {
                metric = metric["metrics.".Length..].Trim('`', '"');
            }

            if (!FreeText.IsName(metric, RunKey.Longest) || "<>=!".Contains(metric[^1]))
            {
                return ExperimentRefusals.BadCondition($"Before {sign} the name of a metric is missing; write for example: val_loss > 0.5");
            }

            return double.TryParse(text.AsSpan(at + sign.Length).Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out var threshold) && double.IsFinite(threshold)
                ? new AlertCondition(metric, comparison, threshold)
                : ExperimentRefusals.BadCondition($"After {sign} a number is missing; write for example: val_loss > 0.5");
        }

        return ExperimentRefusals.BadCondition("A condition is a metric, one of > >= < <= = !=, and a number; write for example: val_loss > 0.5");
    }
}
