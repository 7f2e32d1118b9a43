using System.Text.Json.Serialization;

namespace Slipway.Replica;

/// <summary><c>spec.json</c>, as far as this runtime needs it; see docs/replica-protocol.md.</summary>
internal sealed record ReplicaSpec(
    string Replica, string Token, string Socket, string Log, string Package, int MaxBatch, int PredictConcurrency, double NoServerSeconds, long? AddressSpaceBytes,
    double CpuCores, ModelSpec Model);

/// <summary>The member <c>model</c> of the runtime <c>onnx</c>.</summary>
/// <param name="Module">The model's file, relative to the package.</param>
/// <param name="Batch">False: never several requests in one run; true or absent: where it is possible and pays.</param>
internal sealed record ModelSpec(string Module, bool? Batch = null);

/// <summary><c>pid.json</c>.</summary>
internal sealed record PidFile(int Pid, long StartTime);

/// <summary><c>exit.json</c>.</summary>
internal sealed record ExitFile(string Reason, int? Code, int? Signal, string At, string? Message);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ReplicaSpec))]
[JsonSerializable(typeof(PidFile))]
[JsonSerializable(typeof(ExitFile))]
[JsonSerializable(typeof(InspectedModel))]
internal sealed partial class ReplicaJson : JsonSerializerContext;
