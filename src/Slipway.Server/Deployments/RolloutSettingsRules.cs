using Slipway.Contracts;

namespace Slipway.Server.Deployments;

/// <summary>What is wrong with the settings of a rollout: the ranges of <see cref="RolloutSettings"/>, each named by its JSON field.</summary>
internal static class RolloutSettingsRules
{
    public static IReadOnlyList<string> Strategies { get; } = ["rolling", "blue_green", "canary"];

    public static IReadOnlyList<string> Cleanups { get; } = ["keep", "scale_to_zero", "deactivate"];

    /// <summary>The settings with the top-level strategy of a request among them; null when the request says neither.</summary>
    public static RolloutSettings? With(string? strategy, RolloutSettings? settings) =>
        strategy is null ? settings : (settings ?? new RolloutSettings()) with { Strategy = strategy };

    /// <summary>Every wrong field with its sentence; nothing when all is well.</summary>
    /// <param name="settings">As a request gave them.</param>
    public static IEnumerable<(string Field, string Message)> Check(RolloutSettings? settings)
    {
        if (settings is null)
        {
            yield break;
        }

        if (settings.Strategy is { } strategy && !Strategies.Contains(strategy))
        {
            yield return ("strategy", $"strategy must be one of {string.Join(", ", Strategies)}.");
        }

        if (settings.PreviousCleanup is { } cleanup && !Cleanups.Contains(cleanup))
        {
            yield return ("previous_cleanup", $"previous_cleanup must be one of {string.Join(", ", Cleanups)}.");
        }

        foreach (var wrong in Ranges(settings))
        {
            yield return wrong;
        }

        var (surge, unavailable) = (settings.MaxSurgePercent, settings.MaxUnavailablePercent);
        if (surge > 0 && unavailable > 0)
        {
            yield return ("max_unavailable_percent", "Exactly one of max_surge_percent and max_unavailable_percent may be above 0.");
        }
        else if (surge == 0 && (unavailable ?? 0) == 0)
        {
            yield return ("max_surge_percent", "One of max_surge_percent and max_unavailable_percent must be above 0; else no replica could ever be replaced.");
        }

        if (settings.Steps is { } steps && (steps.Count is 0 or > 100 || steps.Any(s => s is < 1 or > 100) || steps.Zip(steps.Skip(1)).Any(pair => pair.First >= pair.Second)))
        {
            yield return ("steps", "steps are 1 to 100 percentages from 1 to 100, each above the one before.");
        }
    }

    private static IEnumerable<(string, string)> Ranges(RolloutSettings settings)
    {
        (string Field, double? Value, double Least, double Most)[] ranges =
        [
            ("max_surge_percent", settings.MaxSurgePercent, 0, 50), ("max_unavailable_percent", settings.MaxUnavailablePercent, 0, 50),
            ("stabilization_seconds", settings.StabilizationSeconds, 0, 3600), ("overhead_percent", settings.OverheadPercent, 0, 500),
            ("window_seconds", settings.WindowSeconds, 1, 604_800), ("bake_seconds", settings.BakeSeconds, 0, 86_400),
            ("progress_deadline_seconds", settings.ProgressDeadlineSeconds, 1, 86_400), ("gate.max_error_rate", settings.Gate?.MaxErrorRate, 0, 1),
            ("gate.max_error_rate_increase", settings.Gate?.MaxErrorRateIncrease, 0, 1), ("gate.max_p95_ms", settings.Gate?.MaxP95Ms, 0.001, 86_400_000),
            ("gate.max_p95_ratio", settings.Gate?.MaxP95Ratio, 1, 1_000_000), ("gate.min_requests", settings.Gate?.MinRequests, 1, 1_000_000),
            ("gate.wait_seconds", settings.Gate?.WaitSeconds, 0, 86_400),
        ];
        foreach (var (field, value, least, most) in ranges)
        {
            if (value is { } number && !(number >= least && number <= most))
            {
                yield return (field, FormattableString.Invariant($"{field} must be between {least} and {most}."));
            }
        }
    }
}

/// <summary>How rollouts of a deployment go where a request does not say: by its own strategy, and for the rest as promotions to its environment do.</summary>
internal static class RolloutDefaults
{
    public static RolloutSettings Of(Deployment deployment)
    {
        var promotion = deployment.Environment.Promotion.ToInfo();
        return new RolloutSettings(
            deployment.Strategy is { } own ? PromotionSettings.Word(own) : promotion.Strategy, promotion.MaxSurgePercent, promotion.MaxUnavailablePercent, promotion.StabilizationSeconds, promotion.OverheadPercent, promotion.Steps,
            promotion.WindowSeconds, promotion.BakeSeconds, promotion.PreviousCleanup, Gate: promotion.Gate);
    }
}
