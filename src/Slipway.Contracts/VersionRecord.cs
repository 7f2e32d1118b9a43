using System.Text.Json.Serialization;

namespace Slipway.Contracts;

/// <summary>One metric of a version: its last value, and the values before it where it was logged over steps.</summary>
/// <param name="Namespace">training: a snapshot of the source run. validation: added to the version later.</param>
/// <param name="Value">At the highest step. NaN and the infinities are the texts "NaN", "Infinity" and "-Infinity".</param>
/// <param name="Points">By rising step, the last one included; empty where the metric has one value only. A long history is thinned evenly.</param>
public sealed record VersionMetricInfo(
    string Namespace, string Key, [property: JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals)] double Value, long Step, DateTimeOffset At,
    IReadOnlyList<VersionMetricPoint> Points);

/// <summary>A value of a metric at a step.</summary>
public sealed record VersionMetricPoint(long Step, [property: JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals)] double Value);

/// <summary>Adds validation metrics to a version. The same metric at the same step again takes the new value.</summary>
/// <param name="Metrics">Name to value; NaN and the infinities as texts.</param>
/// <param name="Step">At least 0; 0 where a metric has one value only.</param>
public sealed record LogVersionMetricsRequest(
    [property: JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals)] IReadOnlyDictionary<string, double> Metrics, long Step = 0);

/// <summary>A data set that the source run has used.</summary>
/// <param name="Uri">Path or address, as the run has named it.</param>
public sealed record VersionDatasetInfo(string Name, string? Uri, string? Digest, string? Description);

/// <summary>Another version, named as it was when it was linked.</summary>
/// <param name="Deleted">It does not exist any more.</param>
public sealed record VersionLinkInfo(string Model, int Version, bool Deleted);

/// <summary>A deployment that runs, or has run, a version.</summary>
/// <param name="Use">live, rolling_out, or earlier: a revision of it is kept, and no traffic goes there.</param>
/// <param name="Revision">The newest of its revisions that runs the version.</param>
/// <param name="Status">The deployment's state now.</param>
public sealed record VersionDeploymentInfo(string Environment, string Name, string Use, int Revision, string Status);

/// <summary>Where one version of a model is, or was, deployed.</summary>
public sealed record ModelDeploymentInfo(int Version, VersionDeploymentInfo Deployment);
