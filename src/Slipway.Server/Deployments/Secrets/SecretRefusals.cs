using Slipway.Server.Platform;

namespace Slipway.Server.Deployments.Secrets;

/// <summary>Every way in which secrets say no.</summary>
internal static class SecretRefusals
{
    public static Refusal NotFound(string name, string environment) => Refusal.NotFound("secret_not_found", $"{environment} has no secret {name}.");

    public static Refusal Missing(IReadOnlyList<string> names, string environment)
    {
        var detail = $"{environment} has no secret {string.Join(", ", names)}, which this configuration uses; set {(names.Count == 1 ? "it" : "them")} there first.";
        return Refusal.Conflict("secret_missing", detail) with { Errors = new Dictionary<string, string[]> { ["secrets"] = [detail] } };
    }

    public static Refusal InUse(string name, string environment, IReadOnlyList<string> users) => Refusal.Conflict(
        "secret_in_use", $"The secret {name} of {environment} is used by {string.Join(", ", users)}; take it out of {(users.Count == 1 ? "its" : "their")} configuration first.");

    public static Refusal TooMany(string environment) => Refusal.Conflict(
        "too_many_secrets", $"{environment} has {EnvironmentSecret.Most} secrets already, which is the most; delete one that nobody uses.");

    public static Refusal Stale(string name) => Refusal.Stale($"The secret {name} was set by somebody else since you read its version; read it again and repeat your change.");
}
