using System.Text.Json.Serialization;

namespace Slipway.Server.Replicas.Jobs;

/// <summary><c>spec.json</c>, which the supervisor (<c>slipway_runner.job</c>) reads. It holds no secret: the key is in the supervisor's environment alone.</summary>
internal sealed record JobSpecFile(
    IReadOnlyList<string> Command, string Work, IReadOnlyDictionary<string, string> Environment, double TimeoutSeconds, double StopSeconds, double GoSeconds, long LogBytes);

/// <summary><c>exit.json</c>.</summary>
/// <param name="Reason">exited, signal, timed_out, stopped or start_failed.</param>
internal sealed record JobExitFile(string Reason, int? Code, int? Signal, string? Message, double? CpuSeconds, long? MaxResidentBytes);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(JobSpecFile))]
[JsonSerializable(typeof(JobExitFile))]
[JsonSerializable(typeof(PidFile))]
internal sealed partial class JobsJson : JsonSerializerContext;
