using System.Text.Json.Serialization;
using Slipway.Server.Runtimes;

namespace Slipway.Server.Replicas;

/// <summary>What the processes of one replica set run. Stored with the set, so that a restarted server needs nobody else to go on.</summary>
/// <param name="DeploymentId">The one deployment that the set belongs to.</param>
/// <param name="Hash">Content hash over launch, resources, variables and secret versions; unique within the deployment.</param>
/// <param name="Deployment"><c>environment/name</c>, for logs.</param>
/// <param name="CpuCores">CPU limit of one replica, in cores.</param>
/// <param name="MemoryMib">Memory limit of one replica.</param>
/// <param name="Variables">Plain environment variables of the model's process.</param>
/// <param name="Hosted">It runs in the gateway's process and not in processes of its own.</param>
internal sealed record ReplicaSetSpec(
    Guid DeploymentId, string Hash, string Deployment, string Environment, RuntimeLaunch Launch, double CpuCores, int MemoryMib,
    IReadOnlyDictionary<string, string> Variables, bool Hosted = false);

/// <summary>What this folder stores and what it says to replicas and their parents, as JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ReplicaSetSpec))]
[JsonSerializable(typeof(ReplicaExit))]
[JsonSerializable(typeof(ReplicaSpecFile))]
[JsonSerializable(typeof(PidFile))]
[JsonSerializable(typeof(ExitFile))]
[JsonSerializable(typeof(HostedModelSettings))]
[JsonSerializable(typeof(ParentFile))]
[JsonSerializable(typeof(ParentRequest))]
[JsonSerializable(typeof(ParentAnswer))]
internal sealed partial class ReplicasJson : JsonSerializerContext;
