using System.Text.Json;

namespace Slipway.Server.Replicas;

/// <summary><c>spec.json</c>; members as in docs/replica-protocol.md.</summary>
internal sealed record ReplicaSpecFile(
    string Replica, string Token, string Socket, string Log, string Package, string Runtime, IReadOnlyList<string> SitePackages, int MaxBatch, int PredictConcurrency,
    double NoServerSeconds, long MemoryBytes, long? AddressSpaceBytes, double CpuCores, IReadOnlyDictionary<string, string> Environment, string Deployment, ReplicaContext Context,
    JsonElement Model, ProgramHealth? Health);

internal sealed record ReplicaContext(string Environment);

/// <summary><c>pid.json</c>.</summary>
internal sealed record PidFile(int Pid, long StartTime);

/// <summary><c>exit.json</c>.</summary>
internal sealed record ExitFile(string Reason, int? Code, int? Signal, DateTimeOffset? At, string? Message);

/// <summary><c>parent.json</c>.</summary>
internal sealed record ParentFile(string Token, IReadOnlyList<string> SitePackages, double IdleSeconds);

/// <param name="Secrets">Values for the new process; they go over the socket and into no file.</param>
internal sealed record ParentRequest(string Op, string Token, string? Folder = null, bool? Fork = null, IReadOnlyDictionary<string, string>? Secrets = null)
{
    /// <summary>Without the token and the values.</summary>
    public override string ToString() => $"{nameof(ParentRequest)} {Op}";
}

internal sealed record ParentAnswer(int? Pid, long? StartTime, string? Error, string? Code, int? Children);
