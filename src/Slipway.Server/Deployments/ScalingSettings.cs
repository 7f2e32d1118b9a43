using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;
using Slipway.Contracts;

namespace Slipway.Server.Deployments;

/// <summary>
/// What the number of replicas follows, beside the bounds. A member that is absent from the stored JSON has its default, so a new one needs no migration; bounds of
/// single variants find their place here, by name.
/// </summary>
/// <remarks>Names, defaults and ranges of Baseten's autoscaling settings; percent targets of Kaisar's.</remarks>
internal sealed record ScalingSettings
{
    public static ScalingSettings Default { get; } = new();

    /// <summary>Whether the number follows the load; otherwise it is set by hand.</summary>
    public bool Enabled { get; init; }

    /// <summary>10 s to 1 h.</summary>
    public TimeSpan Window { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>0 to 1 h.</summary>
    public TimeSpan ScaleDownDelay { get; init; } = TimeSpan.FromSeconds(900);

    /// <summary>Requests at a time that one replica is meant for; 1 or more.</summary>
    public int ConcurrencyTarget { get; init; } = 1;

    /// <summary>1 to 100.</summary>
    public int TargetUtilizationPercent { get; init; } = 70;

    /// <summary>1 to 50; null: a step down may take any number.</summary>
    public int? MaxScaleDownPercent { get; init; }

    /// <summary>1 to 100; null: not looked at.</summary>
    public int? TargetCpuPercent { get; init; }

    /// <summary>1 to 100; null: not looked at.</summary>
    public int? TargetMemoryPercent { get; init; }

    /// <summary>1 to 100; null: not looked at.</summary>
    public int? TargetGpuPercent { get; init; }

    /// <summary>Bounds of single variants, by name; null: none has its own.</summary>
    public Dictionary<string, VariantBounds>? Variants { get; init; }

    public AutoscalingSettings ToInfo(int min, int max) => new(
        Enabled, min, max, Window.TotalSeconds, ScaleDownDelay.TotalSeconds, ConcurrencyTarget, TargetUtilizationPercent, MaxScaleDownPercent, TargetCpuPercent,
        TargetMemoryPercent, TargetGpuPercent, Variants?.ToDictionary(v => v.Key, v => new VariantBoundsInfo(v.Value.MinReplicas, v.Value.MaxReplicas)));
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true, IgnoreReadOnlyProperties = true)]
[JsonSerializable(typeof(ScalingSettings))]
[JsonSerializable(typeof(BalancerSettings))]
[JsonSerializable(typeof(HealthSettings))]
[JsonSerializable(typeof(ExtraResources))]
internal sealed partial class DeploymentSettingsJson : JsonSerializerContext;

internal sealed class ScalingSettingsConverter() : ValueConverter<ScalingSettings, string>(
    settings => JsonSerializer.Serialize(settings, DeploymentSettingsJson.Default.ScalingSettings),
    json => JsonSerializer.Deserialize(json, DeploymentSettingsJson.Default.ScalingSettings) ?? ScalingSettings.Default);
