namespace Slipway.Contracts;

/// <summary>What one replica may have.</summary>
/// <param name="CpuCores">Above 0, at most the machine's.</param>
/// <param name="MemoryMib">At least 32.</param>
/// <param name="GpuType">Null without GPUs.</param>
/// <param name="StorageGb">What a replica may have in its own folder, looked at every few seconds: one that has more is ended and started anew.</param>
/// <param name="NetworkMbps">Recorded; whether replicas are held to it, each replica's limits say.</param>
public sealed record ResourcesInfo(double CpuCores, int MemoryMib, int GpuCount = 0, string? GpuType = null, double? StorageGb = null, int? NetworkMbps = null);

/// <summary>What the config.yaml of a version asks for; null where it does not say.</summary>
public sealed record PackageResourcesInfo(double? CpuCores, int? MemoryMib);

/// <summary>A deployment as lists, the board and its page show it.</summary>
/// <param name="Status">BUILDING, DEPLOYING, LOADING_MODEL, ACTIVE, UPDATING, SCALED_TO_ZERO, WAKING_UP, UNHEALTHY, BUILD_FAILED, BUILD_STOPPED, DEPLOY_FAILED, FAILED, DEACTIVATING, INACTIVE or STOPPED.</param>
/// <param name="StatusReason">From a closed list, with a sentence in <paramref name="StatusDetail"/>; null when all is well.</param>
/// <param name="Kind">model or prompt.</param>
/// <param name="Endpoint">Absolute address of its predict route.</param>
/// <param name="Live">Live revision; null before the first became live.</param>
/// <param name="Rollout">The rollout under way; null when none is.</param>
/// <param name="ReplicasReady">Ready replicas of the live and target revisions.</param>
/// <param name="ReplicasWanted">Replicas that should be there.</param>
/// <param name="P95Ms">Of the last minute; null: there was no request. So with <paramref name="ErrorRate"/>, 0 to 1.</param>
/// <param name="Following">How it stands to the alias or stage that its version was chosen by; null: it was chosen by number.</param>
/// <param name="Mode">standard, or live: a development deployment that serves code while it is edited.</param>
/// <param name="Draft">Live mode: what answers instead of the live revision's version; null: just that version.</param>
/// <param name="Strategy">How its updates are rolled out where they do not say: rolling, blue_green or canary; null: as the environment says.</param>
/// <param name="RequestsPerMinute">Last 30 minutes, oldest first, one value a minute.</param>
public sealed record DeploymentInfo(
    string Name, string Environment, string Kind, string? Title, string? Description, string Owner, string Status, string? StatusReason, string? StatusDetail,
    string Endpoint, string InvocationsEndpoint, RevisionInfo? Live, RolloutInfo? Rollout, int ReplicasReady, int ReplicasWanted, int MinReplicas, int MaxReplicas,
    string LoadBalancing, double TimeoutSeconds, bool Idempotent, IReadOnlyDictionary<string, string> Labels,
    IReadOnlyList<long> RequestsPerMinute, IReadOnlyList<long> ErrorsPerMinute, string Etag, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt,
    AutoscalingSettings Autoscaling, LoadBalancerSettings LoadBalancer, double? P95Ms, double? ErrorRate,
    HealthCheckSettings HealthCheck, FollowingInfo? Following = null, string Mode = "standard", DraftSummary? Draft = null, string? Strategy = null);

/// <summary>Creates a deployment and starts its first rollout.</summary>
/// <param name="Version"><c>3</c>, <c>v3</c>, a label, <c>@alias</c>, or a stage as <c>/Production</c>. By the last two it is remembered how it was chosen.</param>
/// <param name="Follow">Whether it moves along with the alias or stage; null or false: it shows when that has moved on.</param>
/// <param name="BaseImage">Overrides the package's; null: the package's, else <c>python</c>.</param>
/// <param name="Placement">replica (the default) or gateway: the model runs inside the gateway's process, for small ONNX models that an administrator trusts.</param>
/// <param name="Autoscaling">Its bounds, where given, win over <paramref name="MinReplicas"/> and <paramref name="MaxReplicas"/>.</param>
/// <param name="Strategy">How its updates are rolled out where they do not say: rolling, blue_green or canary; null: as the environment says. Its options are the environment's.</param>
/// <param name="Mode">standard (the default), or live: in development alone, one replica that serves code while it is edited; see <see cref="DraftInfo"/>.</param>
/// <param name="Variables">Plain environment variables of the model's process; they win over those of its config.yaml.</param>
/// <param name="Comment">Why, for reviewers where the environment asks for approval. At most 5,000 characters.</param>
/// <param name="Variants">Several versions that answer, instead of model, version and resources.</param>
/// <param name="Routing">Which of them answers what; null: always the default one.</param>
/// <param name="Secrets">Names of secrets of the environment that the model's process gets; null: those that its config.yaml names.</param>
public sealed record CreateDeploymentRequest(
    string Name, string? Model = null, string? Version = null, string Environment = "development", string? Description = null, string? Title = null,
    int? MinReplicas = null, int? MaxReplicas = null, double? CpuCores = null, int? MemoryMib = null, string? BaseImage = null, string? RevisionName = null,
    IReadOnlyDictionary<string, string>? Labels = null, string? LoadBalancing = null, double? TimeoutSeconds = null, bool? Idempotent = null,
    string? Placement = null, AutoscalingRequest? Autoscaling = null, IReadOnlyDictionary<string, string?>? Variables = null,
    LoadBalancerRequest? LoadBalancer = null, HealthCheckRequest? HealthCheck = null,
    int? GpuCount = null, string? GpuType = null, double? StorageGb = null, int? NetworkMbps = null, string? Comment = null, bool? Follow = null,
    IReadOnlyList<VariantRequest>? Variants = null, RoutingRules? Routing = null, IReadOnlyList<string>? Secrets = null,
    string? Mode = null, string? Strategy = null);

/// <summary>Changes settings in place. Absent members stay as they are.</summary>
/// <param name="Name">Never changes; refused with the reason, as are the four after it, which an update changes.</param>
/// <param name="Strategy">As for a new deployment; an empty text is the environment's again.</param>
public sealed record UpdateDeploymentRequest(
    string? Title = null, string? Description = null, int? MinReplicas = null, int? MaxReplicas = null, string? LoadBalancing = null,
    double? TimeoutSeconds = null, bool? Idempotent = null, IReadOnlyDictionary<string, string>? Labels = null, AutoscalingRequest? Autoscaling = null, string? Name = null,
    string? Model = null, string? Version = null, double? CpuCores = null, int? MemoryMib = null, LoadBalancerRequest? LoadBalancer = null, HealthCheckRequest? HealthCheck = null, string? Strategy = null);

/// <summary>Makes a new revision and rolls it out. Absent members are taken from the live revision.</summary>
/// <param name="Variables">Plain environment variables to set; null as a value takes one away, and those that are not named stay.</param>
/// <param name="Variants">All variants of the new revision, in order; one that is not named goes. Model, version and resources beside it are the default variant's, and are not said with it.</param>
/// <param name="Routing">The table; without fields and rows: none.</param>
/// <param name="Secrets">All names of secrets that the new revision uses; null: as before, and what the config.yaml of its version names.</param>
/// <param name="Strategy">rolling, blue_green or canary; the same as <c>strategy</c> inside <paramref name="Rollout"/>; null: as the deployment says, else its environment.</param>
/// <param name="Rollout">How it is rolled out; absent members are taken from the environment.</param>
/// <param name="Comment">Why, for reviewers where the environment asks for approval. At most 5,000 characters.</param>
/// <param name="PackageResources">True: CPU and memory that are not said here are what the version's config.yaml asks for, where it does; else another version of a model has what the one before it had.</param>
public sealed record CreateRevisionRequest(
    string? Version = null, string? Model = null, string? BaseImage = null, double? CpuCores = null, int? MemoryMib = null, string? RevisionName = null,
    IReadOnlyDictionary<string, string>? Labels = null, string? Placement = null, IReadOnlyDictionary<string, string?>? Variables = null,
    int? GpuCount = null, string? GpuType = null, double? StorageGb = null, int? NetworkMbps = null, string? Strategy = null, RolloutSettings? Rollout = null, string? Comment = null,
    IReadOnlyList<VariantRequest>? Variants = null, RoutingRules? Routing = null, IReadOnlyList<string>? Secrets = null, bool? PackageResources = null);

public sealed record ScaleRequest(int Replicas);

/// <summary>An immutable configuration of a deployment.</summary>
/// <param name="Variables">Plain environment variables.</param>
/// <param name="Secrets">Names of secrets; the environment has the values, and nobody reads them.</param>
/// <param name="Status">live, inactive, rolling_out, failed, canceled, previous or new.</param>
/// <param name="StatusDetail">Why its last rollout failed; null unless it did.</param>
/// <param name="LivePeriods">When it was live, oldest first; empty inside a deployment.</param>
/// <param name="ApprovalId">The request that was approved to make it live; null: there was none.</param>
/// <param name="Routing">Which variant answers; null: always the default one.</param>
public sealed record RevisionInfo(
    int Number, string Name, IReadOnlyDictionary<string, string> Labels, IReadOnlyList<VariantInfo> Variants, string CreatedBy, DateTimeOffset CreatedAt, bool IsLive,
    IReadOnlyDictionary<string, string> Variables, IReadOnlyList<string> Secrets, string Status, string? StatusDetail, IReadOnlyList<LivePeriodInfo> LivePeriods, string? ApprovalId = null,
    RoutingRules? Routing = null);

/// <summary>What answers inside a revision.</summary>
/// <param name="Build">Which build of the version on its base image it runs: 1, and one more with each rebuild.</param>
/// <param name="Placement">replica: in processes of its own; gateway: in the gateway's process.</param>
/// <param name="Fallback">The variant that answers when this one fails; null: none.</param>
/// <param name="Retries">Further tries before the fallback; null: as the gateway does everywhere.</param>
/// <param name="PackageResources">What its config.yaml asks for, whatever <paramref name="Resources"/> it has; null: it does not say, or the revision is older than this was kept.</param>
public sealed record VariantInfo(
    string Name, bool IsDefault, string Model, int ModelVersion, string? VersionLabel, string BaseImage, string Runtime, ResourcesInfo Resources, string ReplicaSet,
    string Placement = "replica", string? Fallback = null, int? Retries = null, int Build = 1, PackageResourcesInfo? PackageResources = null);

/// <summary>One process, or one model inside the gateway's.</summary>
/// <param name="State">starting, loading, ready, unresponsive, draining, backing_off or ended.</param>
/// <param name="LastExit">Reason of the last end: drained, load_failed, import_failed, memory_limit, storage_limit, out_of_disk, crashed, hung, no_server, start_failed, unknown.</param>
/// <param name="Limits">Limit (memory, cpu, processes) to enforced, advisory or unsupported.</param>
/// <param name="Ejected">It failed so often in a row that the gateway passes it over for a while.</param>
/// <param name="CpuCores">CPU in use, in cores; null: not measured yet.</param>
/// <param name="GpuPercentage">Use of its GPUs, mean, 0 to 100; null: it has none, or it is not known.</param>
/// <param name="RequestsPerSecond">Of the last minute, as the gateway saw it; null: nothing was reported.</param>
/// <param name="ErrorRate">Share of those that failed, 0 to 1; null: there were none.</param>
/// <param name="P95Ms">Of the calls of the last minute; null: there were none.</param>
/// <param name="Placement">gateway: it has no process, socket or limits of its own, and <paramref name="ResidentBytes"/> is what its model takes in the gateway's.</param>
public sealed record ReplicaInfo(
    string Id, string Deployment, string Environment, string ReplicaSet, int? Revision, string State, int? Pid, long? StartTimeTicks, string? Socket, DateTimeOffset StartedAt,
    DateTimeOffset? ReadyAt, int Restarts, string? LastExit, string? LastExitDetail, long? ResidentBytes, int InFlight, long Requests,
    IReadOnlyDictionary<string, string> Limits, string LogPath, string Placement = "replica", bool Ejected = false, double? CpuCores = null, double? RequestsPerSecond = null,
    double? ErrorRate = null, double? P95Ms = null, double? GpuPercentage = null);

/// <summary>One line of output.</summary>
/// <param name="Level">debug, info, warning, error; null where the line carries none.</param>
/// <param name="Cursor">Opaque position; pass the last one to go on after it.</param>
public sealed record LogLine(DateTimeOffset? At, string? Level, string Replica, string? RequestId, string Message, string Cursor);
