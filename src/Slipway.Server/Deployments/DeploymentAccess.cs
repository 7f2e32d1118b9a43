using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Deployments;

/// <summary>Who may do what with a deployment: it depends on the environment, and for an Analyst on the owner.</summary>
internal static class DeploymentAccess
{
    /// <summary>Making a revision live straight away: create and update.</summary>
    public static Refusal? Deploy(Actor by, DeploymentEnvironment environment, Guid ownerId) =>
        Authorize.OwnOr(by, environment.Protected ? Right.DeployToProduction : Unprotected(environment), ownerId);

    /// <summary>Settings, scale, stop, start, restart, retry.</summary>
    public static Refusal? Operate(Actor by, DeploymentEnvironment environment, Guid ownerId) =>
        Authorize.OwnOr(by, environment.Protected ? Right.OperateProduction : Unprotected(environment), ownerId);

    public static Refusal? Delete(Actor by, DeploymentEnvironment environment, Guid ownerId) => Authorize.Delete(by, ownerId, environment.Protected);

    private static Right Unprotected(DeploymentEnvironment environment) =>
        environment.Name == DeploymentEnvironment.Development ? Right.DeployToDevelopment : Right.OperateStaging;
}
