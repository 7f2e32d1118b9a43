using Slipway.Contracts;
using Slipway.Server.Deployments.Approving;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Deployments;

/// <summary>Routes below a deployment that are about one of its revisions.</summary>
internal static class RevisionRoutes
{
    public static void MapRevisions(this RouteGroupBuilder deployments)
    {
        deployments.MapGet("/{environment}/{name}/revisions/{number:int}", async (
                string environment, string name, int number, ReadDeployments read, CancellationToken cancellationToken) =>
            (await read.RevisionAsync(new DeploymentRef(environment, name), number, cancellationToken)).ToOk())
            .RequireRight(Right.Read).WithName("GetRevision").Produces<RevisionInfo>();

        deployments.MapPatch("/{environment}/{name}/revisions/{number:int}", async (
                string environment, string name, int number, JsonBody<UpdateRevisionRequest> body, HttpContext http, RenameRevision rename, ReadDeployments read, Actor by,
                CancellationToken cancellationToken) =>
            {
                var which = DeploymentsFeature.Ref(environment, name, http);
                return (await rename.RunAsync(which, number, body.Value, by, cancellationToken)).Refusal is { } refusal
                    ? refusal.ToProblem()
                    : (await read.RevisionAsync(which, number, cancellationToken)).ToOk();
            })
            .RequireRight(Right.DeployToDevelopment).WithName("UpdateRevision").Produces<RevisionInfo>();

        deployments.MapPost("/{environment}/{name}/revisions/{number:int}/redeploy", (
                string environment, string name, int number, JsonBody<RedeployRequest>? body, HttpContext http, RedeployRevision redeploy, Actor by, CancellationToken cancellationToken) =>
            RollingOutAsync(http, redeploy.RunAsync(DeploymentsFeature.Ref(environment, name, http), number, body?.Value ?? new RedeployRequest(), by, cancellationToken)))
            .RequireRight(Right.DeployToDevelopment).WithName("RedeployRevision").Produces<RolloutInfo>(StatusCodes.Status202Accepted).WithIdempotency(LostAnswers.RolloutAsync);

        deployments.MapPost("/{environment}/{name}/rebuild", (
                string environment, string name, JsonBody<RebuildRequest>? body, HttpContext http, RebuildDeployment rebuild, Actor by, CancellationToken cancellationToken) =>
            RollingOutAsync(http, rebuild.RunAsync(DeploymentsFeature.Ref(environment, name, http), body?.Value ?? new RebuildRequest(), by, cancellationToken)))
            .RequireRight(Right.DeployToDevelopment).WithName("RebuildDeployment").Produces<RolloutInfo>(StatusCodes.Status202Accepted).WithIdempotency(LostAnswers.RolloutAsync);

        deployments.MapPost("/{environment}/{name}/rollback", (
                string environment, string name, JsonBody<RollbackRequest> body, HttpContext http, RedeployRevision redeploy, Actor by, CancellationToken cancellationToken) =>
            RollingOutAsync(http, redeploy.RollBackAsync(DeploymentsFeature.Ref(environment, name, http), body.Value, by, cancellationToken)))
            .RequireRight(Right.DeployToDevelopment).WithName("RollBackDeployment").Produces<RolloutInfo>(StatusCodes.Status202Accepted).WithIdempotency(LostAnswers.RolloutAsync);

        deployments.MapPost("/{environment}/{name}/revisions/{number:int}/deactivate", (
                string environment, string name, int number, HttpContext http, SwitchRevision change, Actor by, CancellationToken cancellationToken) =>
            DeploymentsFeature.ChangedAsync(http, change.DeactivateAsync(DeploymentsFeature.Ref(environment, name, http), number, by, cancellationToken)))
            .RequireRight(Right.DeployToDevelopment).WithName("DeactivateRevision").Produces<DeploymentInfo>();

        deployments.MapPost("/{environment}/{name}/revisions/{number:int}/activate", (
                string environment, string name, int number, HttpContext http, SwitchRevision change, Actor by, CancellationToken cancellationToken) =>
            DeploymentsFeature.ChangedAsync(http, change.ActivateAsync(DeploymentsFeature.Ref(environment, name, http), number, by, cancellationToken)))
            .RequireRight(Right.DeployToDevelopment).WithName("ActivateRevision").Produces<DeploymentInfo>();
    }

    /// <summary>The rollout that a change has started.</summary>
    internal static async Task<IResult> RollingOutAsync(HttpContext http, Task<Result<Guid>> change)
    {
        var changed = await change;
        var read = http.RequestServices.GetRequiredService<ReadDeployments>();
        return changed.Refusal is { } refusal ? await refusal.OrAskAsync(http) : Results.Accepted(null, await read.LatestRolloutAsync(changed.Value, http.RequestAborted));
    }

    /// <summary>202 with the rollout that an update has started; 200 with the one that made live what is live, where it changed settings alone.</summary>
    internal static async Task<IResult> RevisedAsync(HttpContext http, Task<Result<Revised>> change)
    {
        var changed = await change;
        if (changed.Refusal is { } refusal)
        {
            return await refusal.OrAskAsync(http);
        }

        var read = http.RequestServices.GetRequiredService<ReadDeployments>();
        return changed.Value.IsInPlace
            ? Results.Ok(await read.LiveRolloutAsync(changed.Value.Deployment, http.RequestAborted))
            : Results.Accepted(null, await read.LatestRolloutAsync(changed.Value.Deployment, http.RequestAborted));
    }
}
