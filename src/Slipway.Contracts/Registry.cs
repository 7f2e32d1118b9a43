using System.Text.Json.Serialization;

namespace Slipway.Contracts;

/// <summary>A registered model as lists and its page show it.</summary>
/// <param name="LatestVersion">Highest version number; null before the first.</param>
/// <param name="ProductionVersion">Highest version in stage Production; null when none is.</param>
/// <param name="Tags">Words by which lists filter, in order.</param>
/// <param name="TagValues">Values of those tags that have one.</param>
/// <param name="Etag">For If-Match; rises with every change of description or tags.</param>
public sealed record ModelInfo(
    string Name, string? Description, IReadOnlyList<string> Tags, string Owner, int? LatestVersion, int? ProductionVersion,
    DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, IReadOnlyDictionary<string, string> TagValues, string Etag);

public sealed record RegisterModelRequest(string Name, string? Description = null, IReadOnlyList<string>? Tags = null);

public sealed record UpdateModelRequest(string? Description = null, IReadOnlyList<string>? Tags = null);

/// <summary>An immutable numbered version; description, label, tags, stage and aliases may change.</summary>
/// <param name="Status">pending, ready or failed.</param>
/// <param name="Stage">None, Staging, Production or Archived.</param>
/// <param name="Detected">What the package was taken for: truss, python_file, estimator, onnx, command, unknown.</param>
/// <param name="Runnable">Whether it can be deployed; <paramref name="NotRunnableReason"/> says why not.</param>
/// <param name="Warnings">Configuration fields that were kept but do nothing here.</param>
/// <param name="Metadata">At most six pairs, key at most 20 and value at most 50 characters.</param>
/// <param name="Tags">Key to value, set by anybody who may write.</param>
/// <param name="Aliases">Names that point here, without the <c>@</c>.</param>
/// <param name="Source">Where it came from, as a URI such as <c>runs:/ID/PATH</c>; null for an upload.</param>
/// <param name="Etag">For If-Match; rises with every change by a person.</param>
/// <param name="Signature">What the model takes and gives, where its file (ONNX) or its config.yaml says so; null otherwise.</param>
/// <param name="InputView"><c>model_metadata.input_view</c> of its config.yaml: how a person may enter an input, such as by drawing; null: it does not say.</param>
/// <param name="Metrics">Last values of the training metrics, from the source run. NaN and the infinities are texts.</param>
/// <param name="ValidationMetrics">Last values of the metrics that were added to the version.</param>
/// <param name="Parameters">Of the source run.</param>
/// <param name="Datasets">Of the source run.</param>
/// <param name="SourceRunId">The run that it was made of; null for an upload.</param>
/// <param name="Parent">The version that it was fine-tuned from; null: it does not say.</param>
public sealed record ModelVersionInfo(
    string Model, int Version, string? Label, string Status, string Stage, string? Description, string Detected, string? Runtime, bool Runnable,
    string? NotRunnableReason, IReadOnlyList<string> Warnings, IReadOnlyList<VersionFileInfo> Files, long SizeBytes, string Digest,
    IReadOnlyDictionary<string, string> Metadata, JsonElement? ExampleInput, string? ConfigText, IReadOnlyList<string> Requirements,
    string CreatedBy, DateTimeOffset CreatedAt, IReadOnlyList<BuildInfo> Builds, IReadOnlyDictionary<string, string> Tags, IReadOnlyList<string> Aliases,
    string? Source, DateTimeOffset UpdatedAt, string Etag, ModelSignatureInfo? Signature = null, JsonElement? InputView = null,
    [property: JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals)] IReadOnlyDictionary<string, double>? Metrics = null,
    [property: JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals)] IReadOnlyDictionary<string, double>? ValidationMetrics = null,
    IReadOnlyDictionary<string, string>? Parameters = null, IReadOnlyList<VersionDatasetInfo>? Datasets = null, string? SourceRunId = null, VersionLinkInfo? Parent = null);

/// <summary>What a model takes and gives, and what its file says of itself.</summary>
/// <param name="Producer">What exported it; empty: it does not say.</param>
/// <param name="IrVersion">Version of the file format.</param>
/// <param name="Opsets">Version of the operators by domain, such as <c>ai.onnx</c>.</param>
/// <param name="Metadata">Pairs that the exporter has put in.</param>
public sealed record ModelSignatureInfo(
    IReadOnlyList<TensorInfo> Inputs, IReadOnlyList<TensorInfo> Outputs, string? Producer, string? ProducerVersion, string? GraphName, string? Description, long IrVersion,
    IReadOnlyDictionary<string, long> Opsets, IReadOnlyDictionary<string, string> Metadata);

/// <summary>One input or output.</summary>
/// <param name="Datatype">As the Open Inference Protocol names it: BOOL, UINT8 to UINT64, INT8 to INT64, FP16, FP32, FP64, BF16 or BYTES.</param>
/// <param name="Shape">-1: any size.</param>
/// <param name="Dimensions">Symbolic names of the dimensions, as long as the shape; null where there is none.</param>
/// <param name="Structure">Null for a tensor; <c>sequence(map(INT64, FP32))</c> for a classifier's list of probabilities by class.</param>
public sealed record TensorInfo(string Name, string Datatype, IReadOnlyList<long> Shape, IReadOnlyList<string?> Dimensions, string? Structure);

/// <summary>Changes what may change of a version in place; what is left out stays, an empty text takes it away.</summary>
/// <param name="Parent">The version that it was fine-tuned from, such as <c>base@3</c>, <c>base@v2.1.0</c> or <c>base@champion</c>.</param>
public sealed record UpdateVersionRequest(string? Description = null, string? Label = null, string? Parent = null);

/// <summary>Sets a tag: adds it, or gives it another value.</summary>
public sealed record SetTagRequest(string Key, string Value);

/// <summary>Moves a version to another stage.</summary>
/// <param name="Stage">None, Staging, Production or Archived, in any case.</param>
/// <param name="ArchiveExistingVersions">
/// Whether every other version in that stage is archived in the same transaction. Left out: yes for Production, no for others. Refused for None and Archived.
/// </param>
/// <param name="Note">Why, for the ledger; at most 5,000 characters.</param>
public sealed record TransitionStageRequest(string Stage, bool? ArchiveExistingVersions = null, string? Note = null);

/// <summary>One entry of a model's ledger of stages.</summary>
/// <param name="To">Null: the version was deleted.</param>
/// <param name="By">Who made it, or asked for it where it needed an approval.</param>
/// <param name="ApprovalId">The approval that it needed; null: none.</param>
/// <param name="ApprovedBy">Who approved it; null: it needed no approval.</param>
public sealed record TransitionInfo(long Sequence, int Version, string From, string? To, DateTimeOffset At, string By, string? Note, string? ApprovalId, string? ApprovedBy = null);

/// <summary>What a change of stage did.</summary>
/// <param name="Transitions">Its entries in the ledger, the archived versions first; empty when the version was in the stage already.</param>
public sealed record StageChangeInfo(ModelVersionInfo Version, IReadOnlyList<TransitionInfo> Transitions);

/// <summary>Which versions were in a stage at a time.</summary>
public sealed record StageAtInfo(string Stage, DateTimeOffset At, IReadOnlyList<StageHolderInfo> Versions);

/// <summary>A version's stay in a stage.</summary>
/// <param name="Deleted">The version does not exist any more.</param>
/// <param name="Until">When it left; null: it is still there.</param>
public sealed record StageHolderInfo(int Version, bool Deleted, DateTimeOffset Since, string By, string? Note, string? ApprovalId, DateTimeOffset? Until, string? ApprovedBy = null);

/// <summary>A movable name of one version.</summary>
public sealed record AliasInfo(string Alias, int Version, DateTimeOffset MovedAt, string MovedBy);

/// <param name="Version">3, v3 or a label.</param>
public sealed record SetAliasRequest(string Version);

/// <summary>One move of an alias.</summary>
/// <param name="FromVersion">Null: the alias was made.</param>
/// <param name="ToVersion">Null: it was deleted, or its version was.</param>
public sealed record AliasMoveInfo(string Alias, int? FromVersion, int? ToVersion, DateTimeOffset At, string By);

/// <summary>What deleting a version or model would do, before anybody confirms it.</summary>
/// <param name="Allowed">Whether it would be done; <paramref name="Code"/> and <paramref name="Reason"/> say why not.</param>
/// <param name="Versions">Numbers that would go, highest first, at most 100 of <paramref name="VersionCount"/>.</param>
/// <param name="Aliases">Aliases that would go.</param>
/// <param name="UsedBy">Deployments that hold it back.</param>
/// <param name="MetricCount">Metrics that would go, training and validation.</param>
/// <param name="Datasets">Names of the data sets that it tells of; the data sets themselves are not touched.</param>
/// <param name="Children">Versions fine-tuned from it, at most 100: they stay, and say that their parent was deleted.</param>
public sealed record DeletionInfo(
    bool Allowed, string? Code, string? Reason, IReadOnlyList<int> Versions, int VersionCount, int FileCount, long SizeBytes, IReadOnlyList<string> Aliases,
    IReadOnlyList<string> UsedBy, int MetricCount, IReadOnlyList<string> Datasets, IReadOnlyList<VersionLinkInfo> Children);

/// <param name="Path">Relative, with forward slashes.</param>
/// <param name="Sha256">Lower-case hex of the content.</param>
public sealed record VersionFileInfo(string Path, long SizeBytes, string Sha256);

/// <summary>A complete upload, or an artifact of a run, becomes a version.</summary>
/// <param name="UploadId">A complete upload; null: a run.</param>
/// <param name="Label">Optional unique label such as <c>v2.1.0</c>.</param>
/// <param name="Parent">The version that it was fine-tuned from, such as <c>base@3</c>; see <see cref="UpdateVersionRequest"/>.</param>
/// <param name="SourceRunId">A run, whose metrics, parameters and data sets the version keeps as they are now.</param>
/// <param name="ArtifactPath">File or folder of the run; empty: everything that it holds.</param>
public sealed record CreateVersionRequest(
    string? UploadId = null, string? Description = null, string? Label = null, IReadOnlyDictionary<string, string>? Metadata = null, bool DryRun = false, string? Parent = null,
    string? SourceRunId = null, string? ArtifactPath = null);

/// <summary>One build of a version for one base image.</summary>
/// <param name="Status">queued, running, ready or failed.</param>
/// <param name="Lock">Resolved requirements, one <c>name==version</c> a line; null until resolved.</param>
/// <param name="Error">Names the requirement that failed.</param>
/// <param name="Number">1, and one more with each rebuild on the same base image.</param>
public sealed record BuildInfo(
    string Id, string BaseImage, string Status, string? Lock, string? Error, DateTimeOffset CreatedAt, DateTimeOffset? FinishedAt, int Number = 1);

/// <summary>What a client is about to send.</summary>
public sealed record StartUploadRequest(IReadOnlyList<UploadFile> Files);

/// <param name="Path">Relative, forward slashes, no <c>..</c>.</param>
public sealed record UploadFile(string Path, long SizeBytes, string Sha256);

/// <summary>An upload in progress.</summary>
/// <param name="Missing">Digests that the server does not have yet: the only ones to send.</param>
/// <param name="Complete">Whether a version can be made of it.</param>
public sealed record UploadInfo(string Id, IReadOnlyList<string> Missing, bool Complete, long SizeBytes, DateTimeOffset ExpiresAt);
