using System.Text.Json;
using Slipway.Contracts;

namespace Slipway.Server.Deployments;

/// <summary>How a revision takes over from the live one.</summary>
internal enum PromotionStrategy
{
    Rolling,
    BlueGreen,
    Canary,
}

/// <summary>What becomes of something that a promotion has left behind, once its rollout has succeeded.</summary>
internal enum Cleanup
{
    Keep,
    ScaleToZero,
    Deactivate,
}

/// <summary>How promotions to an environment go. Meaning, unit and range of each: <see cref="PromotionSettingsInfo"/>.</summary>
internal sealed record PromotionSettings(
    PromotionStrategy Strategy = PromotionStrategy.Rolling, int MaxSurgePercent = 10, int MaxUnavailablePercent = 0, int StabilizationSeconds = 0, int OverheadPercent = 0,
    IReadOnlyList<int>? Steps = null, int WindowSeconds = 600, Cleanup PreviousCleanup = Cleanup.ScaleToZero, Cleanup SourceAfterPromotion = Cleanup.ScaleToZero,
    int BakeSeconds = 0, RolloutGateSettings? Gate = null)
{
    public static PromotionSettings Default { get; } = new();

    public PromotionSettingsInfo ToInfo() => new(
        Word(Strategy), MaxSurgePercent, MaxUnavailablePercent, StabilizationSeconds, OverheadPercent, Steps, WindowSeconds, Word(PreviousCleanup), Word(SourceAfterPromotion),
        BakeSeconds, Gate);

    /// <summary>Reads what <see cref="ToInfo"/> gave.</summary>
    public static PromotionSettings Of(PromotionSettingsInfo info) => new(
        Parse<PromotionStrategy>(info.Strategy)!.Value, info.MaxSurgePercent, info.MaxUnavailablePercent, info.StabilizationSeconds, info.OverheadPercent, info.Steps,
        info.WindowSeconds, Parse<Cleanup>(info.PreviousCleanup)!.Value, Parse<Cleanup>(info.SourceAfterPromotion)!.Value,
        info.BakeSeconds, info.Gate);

    /// <summary>A choice by its wire name; null when there is none of that name.</summary>
    public static T? Parse<T>(string word)
        where T : struct, Enum
    {
        foreach (var value in Enum.GetValues<T>())
        {
            if (Word(value) == word)
            {
                return value;
            }
        }

        return null;
    }

    /// <summary>The wire name of a choice: snake_case.</summary>
    public static string Word<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());
}
