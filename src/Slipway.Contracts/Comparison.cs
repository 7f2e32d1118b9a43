using System.Text.Json.Serialization;

namespace Slipway.Contracts;

/// <summary>Versions of one model side by side. Every list has one member for each version, in the order asked for; the first is what the others are compared with.</summary>
/// <param name="Metrics">Those of any of the versions.</param>
/// <param name="Parameters">Of the source runs; also what only some of them have.</param>
/// <param name="Signature">Inputs and outputs by name, such as <c>input image</c>, with datatype and shape.</param>
public sealed record VersionComparison(
    string Model, IReadOnlyList<ComparedVersion> Versions, IReadOnlyList<MetricComparison> Metrics, IReadOnlyList<ValueComparison> Parameters,
    IReadOnlyList<ValueComparison> Signature, IReadOnlyList<ValueComparison> Requirements, IReadOnlyList<FileComparison> Files);

public sealed record ComparedVersion(
    int Version, string? Label, string Stage, IReadOnlyList<string> Aliases, string? Description, string Detected, bool Runnable, long SizeBytes, string Digest,
    string? SourceRunId, string CreatedBy, DateTimeOffset CreatedAt, IReadOnlyList<VersionDeploymentInfo> Deployments);

/// <summary>One metric across the versions.</summary>
/// <param name="LowerIsBetter">Guessed from the name (loss, error, rmse, …) unless the caller has said it.</param>
/// <param name="Cells">Null where a version does not have the metric.</param>
public sealed record MetricComparison(string Namespace, string Key, bool LowerIsBetter, IReadOnlyList<MetricCell?> Cells);

/// <param name="Delta">Difference to the first version; null for the first, and where there is nothing to compare with.</param>
/// <param name="Best">The best value of the row, where they differ.</param>
/// <param name="Steps">How many values it was logged with.</param>
public sealed record MetricCell(
    [property: JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals)] double Value,
    [property: JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals)] double? Delta, bool Best, int Steps);

/// <summary>A text across the versions.</summary>
/// <param name="Values">Null where a version does not have it.</param>
/// <param name="Changes">Against the first version: same, changed, added, removed, or absent from both.</param>
public sealed record ValueComparison(string Key, IReadOnlyList<string?> Values, IReadOnlyList<string> Changes);

/// <summary>A file across the versions.</summary>
public sealed record FileComparison(string Path, IReadOnlyList<VersionFileInfo?> Files, IReadOnlyList<string> Changes);
