namespace Slipway.Contracts;

/// <summary>A registered model as lists and its page show it.</summary>
/// <param name="LatestVersion">Highest version number; null before the first.</param>
/// <param name="ProductionVersion">Highest version in stage Production; null when none is.</param>
public sealed record ModelInfo(
    string Name, string? Description, IReadOnlyList<string> Tags, string Owner, int? LatestVersion, int? ProductionVersion,
    DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt);

public sealed record RegisterModelRequest(string Name, string? Description = null, IReadOnlyList<string>? Tags = null);

public sealed record UpdateModelRequest(string? Description = null, IReadOnlyList<string>? Tags = null);

/// <summary>An immutable numbered version.</summary>
/// <param name="Status">pending, ready or failed.</param>
/// <param name="Stage">None, Staging, Production or Archived.</param>
/// <param name="Detected">What the package was taken for: truss, python_file, estimator, unknown.</param>
/// <param name="Runnable">Whether it can be deployed; <paramref name="NotRunnableReason"/> says why not.</param>
/// <param name="Warnings">Configuration fields that were kept but do nothing here.</param>
/// <param name="Metadata">At most six pairs, key at most 20 and value at most 50 characters.</param>
public sealed record ModelVersionInfo(
    string Model, int Version, string? Label, string Status, string Stage, string? Description, string Detected, string? Runtime, bool Runnable,
    string? NotRunnableReason, IReadOnlyList<string> Warnings, IReadOnlyList<VersionFileInfo> Files, long SizeBytes, string Digest,
    IReadOnlyDictionary<string, string> Metadata, JsonElement? ExampleInput, string? ConfigText, IReadOnlyList<string> Requirements,
    string CreatedBy, DateTimeOffset CreatedAt, IReadOnlyList<BuildInfo> Builds);

/// <param name="Path">Relative, with forward slashes.</param>
/// <param name="Sha256">Lower-case hex of the content.</param>
public sealed record VersionFileInfo(string Path, long SizeBytes, string Sha256);

/// <summary>A package made of a complete upload becomes a version.</summary>
/// <param name="UploadId">A complete upload.</param>
/// <param name="Label">Optional unique label such as <c>v2.1.0</c>.</param>
public sealed record CreateVersionRequest(
    string UploadId, string? Description = null, string? Label = null, IReadOnlyDictionary<string, string>? Metadata = null, bool DryRun = false);

/// <summary>One build of a version for one base image.</summary>
/// <param name="Status">queued, running, ready or failed.</param>
/// <param name="Lock">Resolved requirements, one <c>name==version</c> a line; null until resolved.</param>
/// <param name="Error">Names the requirement that failed.</param>
public sealed record BuildInfo(
    string Id, string BaseImage, string Status, string? Lock, string? Error, DateTimeOffset CreatedAt, DateTimeOffset? FinishedAt);

/// <summary>What a client is about to send.</summary>
public sealed record StartUploadRequest(IReadOnlyList<UploadFile> Files);

/// <param name="Path">Relative, forward slashes, no <c>..</c>.</param>
public sealed record UploadFile(string Path, long SizeBytes, string Sha256);

/// <summary>An upload in progress.</summary>
/// <param name="Missing">Digests that the server does not have yet: the only ones to send.</param>
/// <param name="Complete">Whether a version can be made of it.</param>
public sealed record UploadInfo(string Id, IReadOnlyList<string> Missing, bool Complete, long SizeBytes, DateTimeOffset ExpiresAt);
