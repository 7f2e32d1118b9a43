using Slipway.Contracts;
using Slipway.Server.Deployments.Approving;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Deployments.Promotions;

/// <summary>The table of contents of this folder: its services and routes.</summary>
internal static class PromotionsFeature
{
    public static void AddPromotions(this IServiceCollection services)
    {
        services.AddSingleton<PromoteDeployment>();
        services.AddSingleton<RejectDeployment>();
        services.AddSingleton<ReadPromotions>();
        services.AddHostedService<FinishPromotions>();
    }

    public static void MapPromotions(this RouteGroupBuilder deployments)
    {
        deployments.MapPost("/{environment}/{name}/promote", async (
                string environment, string name, JsonBody<PromoteRequest> body, HttpContext http, Drafts.PromoteDraft promote, ReadDeployments read, Actor by,
                CancellationToken cancellationToken) =>
            {
                var promoted = await promote.RunAsync(DeploymentsFeature.Ref(environment, name, http), body.Value, by, cancellationToken);
                if (promoted.Refusal is { } refusal)
                {
                    return await refusal.OrAskAsync(http);
                }

                var target = await read.WhereAsync(promoted.Value, cancellationToken);
                return Results.Accepted(null, new PromotedInfo(target.Environment, target.Name, await read.LatestRolloutAsync(promoted.Value, cancellationToken)));
            })
            .RequireRight(Right.DeployToDevelopment).WithName("PromoteDeployment").Produces<PromotedInfo>(StatusCodes.Status202Accepted).WithIdempotency(LostAnswers.PromotionAsync);

        deployments.MapPost("/{environment}/{name}/reject", (
                string environment, string name, JsonBody<RejectDeploymentRequest> body, HttpContext http, RejectDeployment reject, Actor by, CancellationToken cancellationToken) =>
            DeploymentsFeature.ChangedAsync(http, reject.RunAsync(DeploymentsFeature.Ref(environment, name, http), body.Value, by, cancellationToken)))
            .RequireRight(Right.Reject).WithName("RejectDeployment").Produces<DeploymentInfo>();

        deployments.MapGet("/{environment}/{name}/promotions", async (
                string environment, string name, PageQuery page, ReadPromotions read, CancellationToken cancellationToken) =>
            (await read.ListAsync(new DeploymentRef(environment, name), page, cancellationToken)).ToOk())
            .RequireRight(Right.Read).WithName("ListPromotions").Produces<Page<PromotionInfo>>();
    }
}
