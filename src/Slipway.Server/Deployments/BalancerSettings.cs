using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;
using Slipway.Contracts;

namespace Slipway.Server.Deployments;

/// <summary>What keeps a caller on one replica.</summary>
internal enum Stickiness
{
    None,

    /// <summary>A cookie that names the replica; the gateway sets it.</summary>
    Cookie,

    /// <summary>A header of the caller's that names its session.</summary>
    Header,
}

/// <summary>How the gateway spreads requests over the ready replicas of a set, beside the algorithm. A member that is absent from the stored JSON has its default.</summary>
internal sealed partial record BalancerSettings
{
    public const string DefaultCookie = "slipway-replica";
    public const string DefaultHeader = "Slipway-Session";

    public static BalancerSettings Default { get; } = new();

    /// <summary>Off: in turn over the ready replicas, without stickiness or ejection.</summary>
    public bool Enabled { get; init; } = true;

    public Stickiness Sticky { get; init; }

    /// <summary>Name of the cookie or header; null: the default of each.</summary>
    public string? StickyName { get; init; }

    /// <summary>Failures in a row after which a replica gets no requests for a while; 0: never. 0 to 100.</summary>
    public int EjectionFailures { get; init; } = 5;

    /// <summary>The while after the first ejection; it grows with each further one. 1 s to 1 h.</summary>
    public TimeSpan EjectionTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Most of the replicas that may be out at a time. 0 to 100.</summary>
    public int MaxEjectedPercent { get; init; } = 50;

    public string Name => StickyName ?? (Sticky == Stickiness.Cookie ? DefaultCookie : DefaultHeader);

    public LoadBalancerSettings ToInfo(LoadBalancing algorithm) => new(
        Enabled, algorithm.ToWire(), PromotionSettings.Word(Sticky), Sticky == Stickiness.None ? null : Name, EjectionFailures, EjectionTime.TotalSeconds, MaxEjectedPercent);

    /// <summary>The settings with what the request changes; what is wrong is said in <paramref name="fields"/>.</summary>
    public BalancerSettings With(LoadBalancerRequest? request, DeploymentFields fields)
    {
        if (request is null)
        {
            return this;
        }

        var sticky = request.Sticky is null ? Sticky : PromotionSettings.Parse<Stickiness>(request.Sticky);
        if (sticky is null)
        {
            fields.Wrong("sticky", "sticky must be none, cookie or header.");
        }

        if (request.StickyName is { Length: > 0 } name && (!NamePattern().IsMatch(name) || name.ToUpperInvariant() is "AUTHORIZATION" or "COOKIE" or "HOST" or "SLIPWAY-SESSION-ID"))
        {
            fields.Wrong("sticky_name", "sticky_name is 1 to 64 letters, digits, underscores or hyphens, and no header that has a meaning already.");
        }

        Range(fields, "ejection_failures", request.EjectionFailures, 0, 100);
        Range(fields, "ejection_seconds", request.EjectionSeconds, 1, 3600);
        Range(fields, "max_ejected_percentage", request.MaxEjectedPercentage, 0, 100);
        return fields.Refusal is not null ? this : this with
        {
            Enabled = request.Enabled ?? Enabled,
            Sticky = sticky!.Value,
            StickyName = request.StickyName is null ? (sticky == Sticky ? StickyName : null) : request.StickyName.Length == 0 ? null : request.StickyName,
            EjectionFailures = request.EjectionFailures ?? EjectionFailures,
            EjectionTime = request.EjectionSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : EjectionTime,
            MaxEjectedPercent = request.MaxEjectedPercentage ?? MaxEjectedPercent,
        };
    }

    private static void Range(DeploymentFields fields, string field, double? value, double least, double most)
    {
        if (value is { } given && !(given >= least && given <= most))
        {
            fields.Wrong(field, $"{field} must be between {least} and {most}.");
        }
    }

    [GeneratedRegex(@"\A[A-Za-z0-9_-]{1,64}\z", RegexOptions.NonBacktracking)]
    private static partial Regex NamePattern();
}

internal sealed class BalancerSettingsConverter() : ValueConverter<BalancerSettings, string>(
    settings => JsonSerializer.Serialize(settings, DeploymentSettingsJson.Default.BalancerSettings),
    json => JsonSerializer.Deserialize(json, DeploymentSettingsJson.Default.BalancerSettings) ?? BalancerSettings.Default);
