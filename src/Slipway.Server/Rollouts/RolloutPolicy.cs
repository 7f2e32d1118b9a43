using System.Collections.Immutable;
using System.Text.Json;
using Slipway.Contracts;

namespace Slipway.Server.Rollouts;

/// <summary>What becomes of the revision that was replaced, once the rollout has SUCCEEDED.</summary>
internal enum PreviousCleanup
{
    /// <summary>Its replicas stay for a quick way back.</summary>
    Keep,
    ScaleToZero,
    Deactivate,
}

/// <summary>The settings of one rollout with every default filled in. Meaning, unit and range of each: <see cref="RolloutSettings"/>.</summary>
/// <param name="Steps">Canary: percentages, the last one 100.</param>
internal sealed record RolloutPolicy(
    RolloutStrategy Strategy, int SurgePercent, int UnavailablePercent, TimeSpan Stabilization, int OverheadPercent, ImmutableArray<int> Steps, TimeSpan Window,
    TimeSpan Bake, PreviousCleanup PreviousCleanup, TimeSpan? ProgressDeadline, GatePolicy Gate)
{
    public static RolloutPolicy Default { get; } = Of(null, null);

    /// <summary>Whether no evidence is inconclusive, and not merely no objection.</summary>
    public bool NeedsEvidence => Strategy == RolloutStrategy.Canary || Gate is { MaxErrorRate: not null } or { MaxP95Ms: not null };

    /// <summary>Time that a canary stays at each of its steps.</summary>
    public TimeSpan StepTime => Window / Steps.Length;

    /// <param name="chosen">As a request gave them; null: nothing.</param>
    /// <param name="environment">What fills in what the request leaves out.</param>
    public static RolloutPolicy Of(RolloutSettings? chosen, RolloutSettings? environment)
    {
        var (own, home) = (chosen ?? new RolloutSettings(), environment ?? new RolloutSettings());

        // Surge and unavailable are one choice: naming either makes it anew.
        var pair = own.MaxSurgePercent is null && own.MaxUnavailablePercent is null ? home : own;
        var unavailable = pair.MaxUnavailablePercent ?? 0;
        ImmutableArray<int> steps = (own.Steps ?? home.Steps) is { Count: > 0 } given ? [.. given] : [10, 20, 30, 40, 50, 60, 70, 80, 90, 100];
        return new RolloutPolicy(
            Parse<RolloutStrategy>(own.Strategy ?? home.Strategy) ?? RolloutStrategy.Rolling, pair.MaxSurgePercent ?? (unavailable > 0 ? 0 : 10), unavailable,
            TimeSpan.FromSeconds(own.StabilizationSeconds ?? home.StabilizationSeconds ?? 0), own.OverheadPercent ?? home.OverheadPercent ?? 0,
            steps[^1] == 100 ? steps : steps.Add(100), TimeSpan.FromSeconds(own.WindowSeconds ?? home.WindowSeconds ?? 600),
            TimeSpan.FromSeconds(own.BakeSeconds ?? home.BakeSeconds ?? 0),
            Parse<PreviousCleanup>(own.PreviousCleanup ?? home.PreviousCleanup) ?? PreviousCleanup.ScaleToZero,
            (own.ProgressDeadlineSeconds ?? home.ProgressDeadlineSeconds) is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            GatePolicy.Of(own.Gate, home.Gate));
    }

    /// <summary>Reads what <see cref="ToInfo"/> gave; a rollout from before there were settings has the defaults.</summary>
    public static RolloutPolicy Read(string? json) =>
        json is null ? Default : Of(JsonSerializer.Deserialize(json, ContractsJson.Default.RolloutSettings), null);

    public RolloutSettings ToInfo() => new(
        Strategy.ToWire(), SurgePercent, UnavailablePercent, (int)Stabilization.TotalSeconds, OverheadPercent, Steps, (int)Window.TotalSeconds, (int)Bake.TotalSeconds,
        Word(PreviousCleanup), (int?)ProgressDeadline?.TotalSeconds, Gate.ToInfo());

    private static T? Parse<T>(string? word)
        where T : struct, Enum => word is null ? null : Enum.GetValues<T>().Cast<T?>().FirstOrDefault(value => Word(value!.Value) == word);

    private static string Word<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());
}

/// <summary>What the candidate is held to. Meaning, unit and range of each: <see cref="RolloutGateSettings"/>.</summary>
internal sealed record GatePolicy(double? MaxErrorRate, double? MaxP95Ms, double MaxErrorRateIncrease, double MaxP95Ratio, int MinRequests, TimeSpan Wait)
{
    public static GatePolicy Of(RolloutGateSettings? own, RolloutGateSettings? home) => new(
        own?.MaxErrorRate ?? home?.MaxErrorRate, own?.MaxP95Ms ?? home?.MaxP95Ms, own?.MaxErrorRateIncrease ?? home?.MaxErrorRateIncrease ?? 0.05,
        own?.MaxP95Ratio ?? home?.MaxP95Ratio ?? 2, own?.MinRequests ?? home?.MinRequests ?? 20, TimeSpan.FromSeconds(own?.WaitSeconds ?? home?.WaitSeconds ?? 300));

    public RolloutGateSettings ToInfo() => new(MaxErrorRate, MaxP95Ms, MaxErrorRateIncrease, MaxP95Ratio, MinRequests, (int)Wait.TotalSeconds);
}
