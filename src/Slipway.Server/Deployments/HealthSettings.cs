using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;
using Microsoft.Extensions.Options;
using Slipway.Contracts;
using Slipway.Server.Packages;
using Slipway.Server.Replicas;

namespace Slipway.Server.Deployments;

/// <summary>How replicas are watched, in seconds; null: the server's options, and for the path the package's.</summary>
internal sealed record HealthSettings
{
    public static HealthSettings Default { get; } = new();

    public double? IntervalSeconds { get; init; }

    public double? StartupSeconds { get; init; }

    public double? StopTrafficSeconds { get; init; }

    public double? RestartSeconds { get; init; }

    /// <summary>What a program (runtime <c>command</c>) is asked at.</summary>
    public string? Path { get; init; }

    public HealthChecks ToChecks() => new(Span(IntervalSeconds), Span(StartupSeconds), Span(StopTrafficSeconds), Span(RestartSeconds), Path);

    public HealthCheckSettings ToInfo(ReplicasOptions options)
    {
        var checks = ToChecks().Or(options);
        return new HealthCheckSettings(
            checks.Interval!.Value.TotalSeconds, checks.Startup!.Value.TotalSeconds, checks.StopTraffic!.Value.TotalSeconds, checks.Restart!.Value.TotalSeconds, Path);
    }

    /// <summary>The settings with what the request changes; what is wrong is said in <paramref name="fields"/>.</summary>
    public HealthSettings With(HealthCheckRequest? request, DeploymentFields fields, ReplicasOptions options)
    {
        if (request is null)
        {
            return this;
        }

        Range(fields, "interval_seconds", request.IntervalSeconds, 0.5, 60);
        Range(fields, "startup_threshold_seconds", request.StartupThresholdSeconds, 1, 7200);
        Range(fields, "stop_traffic_threshold_seconds", request.StopTrafficThresholdSeconds, 1, 3000);
        Range(fields, "restart_threshold_seconds", request.RestartThresholdSeconds, 1, 3600);
        if (request.Path is { Length: > 0 } path && !CommandConfig.IsPath(path))
        {
            fields.Wrong("path", "A health path begins with a slash and has at most 500 visible ASCII characters, such as /health; an empty one is the package's own.");
        }

        var made = this with
        {
            IntervalSeconds = Kept(request.IntervalSeconds, IntervalSeconds),
            StartupSeconds = Kept(request.StartupThresholdSeconds, StartupSeconds),
            StopTrafficSeconds = Kept(request.StopTrafficThresholdSeconds, StopTrafficSeconds),
            RestartSeconds = Kept(request.RestartThresholdSeconds, RestartSeconds),
            Path = request.Path is null ? Path : request.Path.Length == 0 ? null : request.Path,
        };
        var checks = made.ToChecks().Or(options);
        if (checks.StopTraffic > checks.Restart)
        {
            fields.Wrong("stop_traffic_threshold_seconds", $"stop_traffic_threshold_seconds must not be above restart_threshold_seconds ({checks.Restart!.Value.TotalSeconds:0.#}): out of rotation before restart.");
        }

        if (checks.Interval >= checks.StopTraffic)
        {
            fields.Wrong("interval_seconds", $"interval_seconds must be below stop_traffic_threshold_seconds ({checks.StopTraffic!.Value.TotalSeconds:0.#}): one late pong is no failure.");
        }

        return fields.Refusal is not null ? this : made;
    }

    private static double? Kept(double? asked, double? before) => asked is null ? before : asked == 0 ? null : asked;

    private static TimeSpan? Span(double? seconds) => seconds is { } value ? TimeSpan.FromSeconds(value) : null;

    private static void Range(DeploymentFields fields, string field, double? value, double least, double most)
    {
        if (value is { } given && given != 0 && !(given >= least && given <= most))
        {
            fields.Wrong(field, $"{field} must be between {least} and {most}, or 0 for the server's own.");
        }
    }
}

internal sealed class HealthSettingsConverter() : ValueConverter<HealthSettings, string>(
    settings => JsonSerializer.Serialize(settings, DeploymentSettingsJson.Default.HealthSettings),
    json => JsonSerializer.Deserialize(json, DeploymentSettingsJson.Default.HealthSettings) ?? HealthSettings.Default);

/// <summary>Tells Replicas how the replicas of a deployment are watched: what the reconciler last read.</summary>
internal sealed class DeploymentHealth : IReplicaHealth
{
    private static readonly HealthChecks Usual = new();
    private readonly ConcurrentDictionary<Guid, HealthChecks> checks = new();

    /// <inheritdoc/>
    public HealthChecks Of(Guid deploymentId) => checks.GetValueOrDefault(deploymentId, Usual);

    /// <summary>Called with every deployment that there is.</summary>
    public void Read(IReadOnlyCollection<Deployment> deployments)
    {
        foreach (var deployment in deployments)
        {
            checks[deployment.Id] = deployment.Health.ToChecks();
        }

        foreach (var gone in checks.Keys.Except(deployments.Select(d => d.Id)))
        {
            checks.TryRemove(gone, out _);
        }
    }
}
