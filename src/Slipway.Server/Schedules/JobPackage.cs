using System.Text.Json;
using Slipway.Contracts;

namespace Slipway.Server.Schedules;

internal enum JobPackageStatus
{
    /// <summary>Its environment is to be made.</summary>
    Queued,
    Ready,
    Failed,
}

/// <summary>A package folder with a command, as it was uploaded. Immutable; its requirements are resolved once, so that each night runs on the same packages.</summary>
internal sealed class JobPackage
{
    public Guid Id { get; init; }

    public Guid ScheduleId { get; init; }

    /// <summary>Over paths and contents, as a version's.</summary>
    public required string Digest { get; init; }

    public long SizeBytes { get; init; }

    /// <summary>A JSON list of texts: program and arguments.</summary>
    public required string CommandJson { get; init; }

    public required string BaseImage { get; init; }

    public required string RequirementsJson { get; init; }

    public required string WarningsJson { get; init; }

    /// <summary>A JSON object of texts: <c>environment_variables</c> of its config.yaml. What the schedule says comes on top.</summary>
    public string VariablesJson { get; init; } = "{}";

    public JobPackageStatus Status { get; private set; }

    /// <summary>One <c>name==version</c> a line; null until resolved.</summary>
    public string? Lock { get; private set; }

    public string? Error { get; private set; }

    public required string CreatedBy { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public List<JobPackageFile> Files { get; init; } = [];

    public string[] Command => Texts(CommandJson);

    public string[] Requirements => Texts(RequirementsJson);

    public string[] Warnings => Texts(WarningsJson);

    public void Finish(string resolved) => (Status, Lock, Error) = (JobPackageStatus.Ready, resolved, null);

    public void Fail(string error) => (Status, Error) = (JobPackageStatus.Failed, error);

    public static string Json(IEnumerable<string> texts) => JsonSerializer.Serialize([.. texts], SchedulesJson.Default.StringArray);

    private static string[] Texts(string json) => JsonSerializer.Deserialize(json, SchedulesJson.Default.StringArray)!;

    public JobPackageInfo ToInfo() => new(
        Digest, SizeBytes, [.. Files.OrderBy(f => f.Path, StringComparer.Ordinal).Select(f => new VersionFileInfo(f.Path, f.SizeBytes, f.Sha256))], Command, BaseImage,
        Requirements, Status.ToString().ToLowerInvariant(), Lock, Error, Warnings, CreatedBy, CreatedAt);
}

internal sealed class JobPackageFile
{
    public Guid PackageId { get; set; }

    public required string Path { get; set; }

    public long SizeBytes { get; set; }

    public required string Sha256 { get; set; }
}
