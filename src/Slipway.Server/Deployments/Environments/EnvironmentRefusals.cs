using Slipway.Server.Platform;

namespace Slipway.Server.Deployments.Environments;

/// <summary>Every way in which environments say no.</summary>
internal static class EnvironmentRefusals
{
    public static Refusal NotFound(string name) => Refusal.NotFound("environment_not_found", $"There is no environment {name}.");

    public static Refusal BadName() => Refusal.Field(
        "name", "An environment's name is 1 to 40 lower-case letters, digits and hyphens, and begins with a letter or digit.");

    public static Refusal BuiltIn(string name) => Refusal.Conflict("environment_built_in", $"{name} is always there; it cannot be deleted.");

    public static Refusal CannotMove(string name) => Refusal.Field("after", $"{name} keeps its place; move the other environments around it.");

    public static Refusal InUse(string name, IReadOnlyList<string> deployments) => Refusal.Conflict(
        "environment_in_use", $"{name} still has the deployment{(deployments.Count == 1 ? "" : "s")} {string.Join(", ", deployments)}; delete {(deployments.Count == 1 ? "it" : "them")} first.");

    public static Refusal Stale(string name) => Refusal.Stale($"{name} was changed by somebody else since you read it; read it again and repeat your change.");
}
