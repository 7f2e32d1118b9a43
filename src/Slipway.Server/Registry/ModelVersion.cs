using Slipway.Server.Platform;

namespace Slipway.Server.Registry;

/// <summary>An immutable numbered version: its files, and what was found in them when it was made.</summary>
internal sealed class ModelVersion
{
    public Guid Id { get; init; }

    public Guid ProjectId { get; init; }

    public Guid ModelId { get; init; }

    public int Number { get; init; }

    /// <summary>Optional second name, unique in the model.</summary>
    public string? Label { get; set; }

    public VersionStatus Status { get; init; }

    public Stage Stage { get; private set; }

    public string? Description { get; set; }

    /// <summary>Where it came from, as a URI: <c>runs:/ID/PATH</c>; null for a push.</summary>
    public string? SourceUri { get; init; }

    /// <summary>The run in <see cref="SourceUri"/>. It may be gone: the version keeps what it needs of it.</summary>
    public string? SourceRunId { get; init; }

    public required PackageFacts Package { get; init; }

    public long SizeBytes { get; init; }

    /// <summary>SHA-256 over the sorted paths and digests of its files: equal for equal content.</summary>
    public required string Digest { get; init; }

    /// <summary>At most six pairs, as a JSON object.</summary>
    public required string Metadata { get; init; }

    public Guid CreatedById { get; init; }

    public required string CreatedBy { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Rises with every change by a person: the ETag.</summary>
    public long Edit { get; private set; }

    /// <summary>When a person last changed it; null: never since it was made.</summary>
    public DateTimeOffset? EditedAt { get; private set; }

    public List<VersionFile> Files { get; init; } = [];

    public List<VersionTag> Tags { get; init; } = [];

    public List<ModelAlias> Aliases { get; init; } = [];

    public List<VersionMetric> Metrics { get; init; } = [];

    public List<VersionParameter> Parameters { get; init; } = [];

    public List<VersionDataset> Datasets { get; init; } = [];

    /// <summary>What it was fine-tuned from; null: it does not say.</summary>
    public VersionParent? Parent { get; set; }

    /// <summary>Puts the version into a stage; what it was in before is the ledger's business.</summary>
    public void MoveTo(Stage stage, DateTimeOffset now)
    {
        Stage = stage;
        Edited(now);
    }

    public void Edited(DateTimeOffset now)
    {
        Edit++;
        EditedAt = now;
    }

    /// <summary>Whether it may be deleted.</summary>
    /// <param name="live">Where it is deployed, as readable names.</param>
    public Refusal? RefuseDeletion(IReadOnlyList<string> live)
    {
        if (Stage == Stage.Production)
        {
            return RegistryRefusals.VersionInProduction(Number);
        }

        return live.Count > 0 ? RegistryRefusals.VersionInUse(Number, live) : null;
    }
}

/// <summary>What a package turned out to be; found once, when the version is made, and kept.</summary>
internal sealed class PackageFacts
{
    /// <summary>truss, python_file, estimator, onnx, command or unknown.</summary>
    public required string Detected { get; init; }

    /// <summary>python or onnx; null when it is not runnable.</summary>
    public string? Runtime { get; init; }

    public bool Runnable { get; init; }

    public string? NotRunnableReason { get; init; }

    public List<string> Warnings { get; init; } = [];

    /// <summary>Requirements as they were written, without comments.</summary>
    public List<string> Requirements { get; init; } = [];

    /// <summary>config.yaml as it came; null when there is none.</summary>
    public string? ConfigText { get; init; }

    /// <summary>The same parsed, as a JSON object.</summary>
    public string? ConfigJson { get; init; }

    /// <summary><c>model_metadata.example_model_input</c>, as JSON.</summary>
    public string? ExampleInput { get; init; }

    /// <summary>What the model takes and gives (<see cref="Slipway.Contracts.ModelSignatureInfo"/> as JSON); null where its files do not say.</summary>
    public string? SignatureJson { get; init; }

    /// <summary>What the builder and the runner need, as JSON; read by Packages only.</summary>
    public string? RunnerJson { get; init; }
}

/// <summary>One file of a version.</summary>
internal sealed class VersionFile
{
    public Guid VersionId { get; set; }

    public required string Path { get; set; }

    public long SizeBytes { get; set; }

    public required string Sha256 { get; set; }
}
