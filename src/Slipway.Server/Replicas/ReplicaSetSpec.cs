using System.Text.Json.Serialization;
using Slipway.Server.Runtimes;

namespace Slipway.Server.Replicas;

/// <summary>What the processes of one replica set run. Stored with the set, so that a restarted server needs nobody else to go on.</summary>
/// <param name="DeploymentId">The one deployment that the set belongs to.</param>
/// <param name="Hash">Content hash over launch, resources, variables and names of secrets; unique within the deployment.</param>
/// <param name="Deployment"><c>environment/name</c>, for logs.</param>
/// <param name="CpuCores">CPU limit of one replica, in cores.</param>
/// <param name="MemoryMib">Memory limit of one replica.</param>
/// <param name="Variables">Plain environment variables of the model's process.</param>
/// <param name="Hosted">It runs in the gateway's process and not in processes of its own.</param>
internal sealed record ReplicaSetSpec(
    Guid DeploymentId, string Hash, string Deployment, string Environment, RuntimeLaunch Launch, double CpuCores, int MemoryMib,
    IReadOnlyDictionary<string, string> Variables, bool Hosted = false)
{
    /// <summary>Devices of one replica, given through <c>CUDA_VISIBLE_DEVICES</c>; no other replica has them.</summary>
    public int GpuCount { get; init; }

    public string? GpuType { get; init; }

    /// <summary>Names of the secrets that each process gets at its start; their values are asked for then, see <see cref="IReplicaSecrets"/>.</summary>
    public IReadOnlyList<string> Secrets { get; init; } = [];

    /// <summary>Names the versions of the secrets, and is made of no value; null: none. When it becomes another, replicas are replaced one by one.</summary>
    public string? SecretsDigest { get; init; }

    /// <summary>What a replica may have in its folder, in 10^9 bytes: see <see cref="ReplicaDisk"/>; null: as much as there is.</summary>
    public double? StorageGb { get; init; }

    /// <summary>Recorded; this engine does not hold replicas to it.</summary>
    public int? NetworkMbps { get; init; }

    /// <summary>What is in force of limits beside CPU, memory and processes.</summary>
    public IReadOnlyDictionary<string, string> OtherLimits(IReadOnlyDictionary<string, string> limits)
    {
        if (GpuCount == 0 && StorageGb is null && NetworkMbps is null)
        {
            return limits;
        }

        var all = limits.ToDictionary();
        if (GpuCount > 0)
        {
            all["gpu"] = "advisory";   // the library obeys CUDA_VISIBLE_DEVICES; code that ignores it is not stopped
        }

        if (StorageGb is not null)
        {
            all["storage"] = "advisory";   // looked at every now and then, and only in the replica's folder
        }

        if (NetworkMbps is not null)
        {
            all["network"] = "unsupported";
        }

        return all;
    }
}

/// <summary>What this folder stores and what it says to replicas and their parents, as JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ReplicaSetSpec))]
[JsonSerializable(typeof(ReplicaExit))]
[JsonSerializable(typeof(ReplicaSpecFile))]
[JsonSerializable(typeof(ProgramHealth))]
[JsonSerializable(typeof(PidFile))]
[JsonSerializable(typeof(ExitFile))]
[JsonSerializable(typeof(HostedModelSettings))]
[JsonSerializable(typeof(ParentFile))]
[JsonSerializable(typeof(ParentRequest))]
[JsonSerializable(typeof(ParentAnswer))]
internal sealed partial class ReplicasJson : JsonSerializerContext;
