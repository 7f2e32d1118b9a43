using System.Text.Json;

namespace Slipway.Server.Replicas;

/// <summary>
/// How a deployment wants the program of a replica (runtime <c>command</c>) checked; null members: as its config.yaml says. It is in spec.json for the first check, and
/// each ping carries what holds now, so that a change reaches a running replica, and one that was adopted, without a restart.
/// </summary>
internal sealed record ProgramHealth(string? HealthPath, double? HealthIntervalS)
{
    /// <returns>Null where there is no program, or where its package alone says how it is checked.</returns>
    public static ProgramHealth? Of(ReplicaSetSpec spec, HealthChecks checks) =>
        IsProgram(spec.Launch.Model) && (checks.Path is not null || checks.Interval is not null) ? new ProgramHealth(checks.Path, checks.Interval?.TotalSeconds) : null;

    /// <returns>The payload of a ping; empty: as the package says.</returns>
    public static byte[] Ping(ReplicaSetSpec spec, HealthChecks checks) =>
        Of(spec, checks) is { } health ? JsonSerializer.SerializeToUtf8Bytes(health, ReplicasJson.Default.ProgramHealth) : [];

    private static bool IsProgram(JsonElement model) => model.ValueKind == JsonValueKind.Object && model.TryGetProperty("kind", out var kind) && kind.ValueEquals("command"u8);
}
