using System.Text.Json.Serialization;

namespace Slipway.Contracts;

/// <summary>Source-generated JSON of every wire type: snake_case, unknown members refused, duplicates refused.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DictionaryKeyPolicy = JsonKnownNamingPolicy.Unspecified,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    DefaultIgnoreCondition = JsonIgnoreCondition.Never,
    AllowDuplicateProperties = false)]
[JsonSerializable(typeof(Problem))]
[JsonSerializable(typeof(SessionInfo))]
[JsonSerializable(typeof(RedeemLinkRequest))]
[JsonSerializable(typeof(PasswordSignInRequest))]
[JsonSerializable(typeof(SetPasswordRequest))]
[JsonSerializable(typeof(UserInfo))]
[JsonSerializable(typeof(Page<UserInfo>))]
[JsonSerializable(typeof(CreateUserRequest))]
[JsonSerializable(typeof(UpdateUserRequest))]
[JsonSerializable(typeof(SignInLink))]
[JsonSerializable(typeof(KeyInfo))]
[JsonSerializable(typeof(Page<KeyInfo>))]
[JsonSerializable(typeof(CreateKeyRequest))]
[JsonSerializable(typeof(CreatedKey))]
[JsonSerializable(typeof(Page<AuditEntryInfo>))]
[JsonSerializable(typeof(ModelInfo))]
[JsonSerializable(typeof(Page<ModelInfo>))]
[JsonSerializable(typeof(RegisterModelRequest))]
[JsonSerializable(typeof(UpdateModelRequest))]
[JsonSerializable(typeof(ModelVersionInfo))]
[JsonSerializable(typeof(Page<ModelVersionInfo>))]
[JsonSerializable(typeof(CreateVersionRequest))]
[JsonSerializable(typeof(BuildInfo))]
[JsonSerializable(typeof(Page<BuildInfo>))]
[JsonSerializable(typeof(StartUploadRequest))]
[JsonSerializable(typeof(UploadInfo))]
[JsonSerializable(typeof(Page<EnvironmentInfo>))]
[JsonSerializable(typeof(DeploymentInfo))]
[JsonSerializable(typeof(Page<DeploymentInfo>))]
[JsonSerializable(typeof(CreateDeploymentRequest))]
[JsonSerializable(typeof(UpdateDeploymentRequest))]
[JsonSerializable(typeof(CreateRevisionRequest))]
[JsonSerializable(typeof(ScaleRequest))]
[JsonSerializable(typeof(Page<RevisionInfo>))]
[JsonSerializable(typeof(RolloutInfo))]
[JsonSerializable(typeof(Page<RolloutInfo>))]
[JsonSerializable(typeof(Page<ReplicaInfo>))]
[JsonSerializable(typeof(LogLine))]
[JsonSerializable(typeof(Page<LogLine>))]
[JsonSerializable(typeof(Page<PredictionInfo>))]
[JsonSerializable(typeof(PredictionDetail))]
[JsonSerializable(typeof(AnalyticsInfo))]
[JsonSerializable(typeof(SystemStatus))]
[JsonSerializable(typeof(ServerEvent))]
[JsonSerializable(typeof(VerifyReport))]
[JsonSerializable(typeof(Page<RouteInfo>))]
[JsonSerializable(typeof(Dictionary<string, string>))]
public sealed partial class ContractsJson : JsonSerializerContext;
