using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;
using Slipway.Server.Registry;

namespace Slipway.Server.Deployments.Following;

/// <summary>The table of contents of this folder: its services and routes.</summary>
internal static class FollowingFeature
{
    public static void AddFollowing(this IServiceCollection services)
    {
        services.AddSingleton<FollowReference>();
        services.AddSingleton<SetFollowing>();
        services.AddSingleton<IReferenceUse, FollowedNames>();
        services.AddHostedService<FollowLoop>();
    }

    public static void MapFollowing(this RouteGroupBuilder deployments)
    {
        deployments.MapPut("/{environment}/{name}/following", (
                string environment, string name, JsonBody<FollowRequest> body, HttpContext http, SetFollowing set, Actor by, CancellationToken cancellationToken) =>
            DeploymentsFeature.ChangedAsync(http, set.RunAsync(DeploymentsFeature.Ref(environment, name, http), body.Value, by, cancellationToken)))
            .RequireRight(Right.DeployToDevelopment).WithName("FollowReference").Produces<DeploymentInfo>().Produces<ApprovalInfo>(StatusCodes.Status202Accepted);

        deployments.MapDelete("/{environment}/{name}/following", (
                string environment, string name, HttpContext http, SetFollowing set, Actor by, CancellationToken cancellationToken) =>
            DeploymentsFeature.ChangedAsync(http, set.RemoveAsync(DeploymentsFeature.Ref(environment, name, http), by, cancellationToken)))
            .RequireRight(Right.DeployToDevelopment).WithName("UnfollowReference").Produces<DeploymentInfo>();

        deployments.MapPost("/{environment}/{name}/following/catch-up", (
                string environment, string name, HttpContext http, FollowReference follow, Actor by, CancellationToken cancellationToken) =>
            RevisionRoutes.RollingOutAsync(http, follow.CatchUpAsync(DeploymentsFeature.Ref(environment, name, http), by, cancellationToken)))
            .RequireRight(Right.DeployToDevelopment).WithName("CatchUpWithReference").Produces<RolloutInfo>(StatusCodes.Status202Accepted).WithIdempotency(LostAnswers.RolloutAsync);
    }
}
