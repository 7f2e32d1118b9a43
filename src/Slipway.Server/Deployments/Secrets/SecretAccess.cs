using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Deployments.Secrets;

/// <summary>Who may set and delete secrets: it depends on the environment, and for an Analyst outside development on who made the secret.</summary>
internal static class SecretAccess
{
    /// <param name="creator">Who made it; a new one is made by whoever asks.</param>
    public static Refusal? Manage(Actor by, DeploymentEnvironment environment, Guid creator) => environment switch
    {
        { Protected: true } => Authorize.Check(by, Right.ManageSecrets, Project.Default),
        { Name: DeploymentEnvironment.Development } => Authorize.Check(by, Right.DeployToDevelopment, Project.Default),
        _ => Authorize.OwnOr(by, Right.OperateStaging, creator),
    };
}
