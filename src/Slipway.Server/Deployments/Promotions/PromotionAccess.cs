using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Deployments.Promotions;

/// <summary>Who may promote and reject.</summary>
internal static class PromotionAccess
{
    /// <summary>To an environment that is not protected whoever may deploy to development; to a protected one who operates production.</summary>
    public static Refusal? Promote(Actor by, DeploymentEnvironment target) =>
        Authorize.Check(by, target.Protected ? Right.OperateProduction : Right.DeployToDevelopment, target.ProjectId);

    public static Refusal? Reject(Actor by, DeploymentEnvironment environment) => Authorize.Check(by, Right.Reject, environment.ProjectId);
}
