using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Deployments.Drafts;

/// <summary>The table of contents of this folder: its services and routes.</summary>
internal static class DraftsFeature
{
    public static void AddDrafts(this IServiceCollection services)
    {
        services.AddSingleton<WatchedDrafts>();
        services.AddSingleton<FindDraft>();
        services.AddSingleton<ApplyDraft>();
        services.AddSingleton<DraftLaunch>();
        services.AddSingleton<PatchDraft>();
        services.AddSingleton<DraftFiles>();
        services.AddSingleton<DiffDraft>();
        services.AddSingleton<WatchDraft>();
        services.AddSingleton<FreezeDraft>();
        services.AddSingleton<PromoteDraft>();
        services.AddHostedService<DraftLoop>();
    }

    public static void MapDrafts(this RouteGroupBuilder deployments)
    {
        deployments.MapGet("/{environment}/{name}/draft", async (string environment, string name, FindDraft find, CancellationToken cancellationToken) =>
            (await find.InfoAsync(new DeploymentRef(environment, name), cancellationToken)).ToOk())
            .RequireRight(Right.Read).WithName("GetDraft").Produces<DraftInfo>();

        deployments.MapGet("/{environment}/{name}/draft/files/{**path}", (string environment, string name, string path, DraftFiles files, CancellationToken cancellationToken) =>
            files.DownloadAsync(new DeploymentRef(environment, name), path, cancellationToken))
            .RequireRight(Right.Read).WithName("DownloadDraftFile").Produces<Stream>(StatusCodes.Status200OK, "application/octet-stream");

        deployments.MapGet("/{environment}/{name}/draft/diff", async (string environment, string name, int? context, DiffDraft diff, CancellationToken cancellationToken) =>
            (await diff.RunAsync(new DeploymentRef(environment, name), context, cancellationToken)).ToOk())
            .RequireRight(Right.Read).WithName("DiffDraft").Produces<DraftDiffInfo>();

        deployments.MapPost("/{environment}/{name}/draft/patches", async (
                string environment, string name, JsonBody<PatchDraftRequest> body, PatchDraft patch, Actor by, CancellationToken cancellationToken) =>
            (await patch.RunAsync(new DeploymentRef(environment, name), body.Value, by, cancellationToken)).ToOk())
            .RequireRight(Right.DeployToDevelopment).WithName("PatchDraft").Produces<DraftInfo>();

        deployments.MapPost("/{environment}/{name}/draft/watch", async (string environment, string name, WatchDraft watch, Actor by, CancellationToken cancellationToken) =>
            (await watch.RunAsync(new DeploymentRef(environment, name), by, cancellationToken)).ToOk())
            .RequireRight(Right.DeployToDevelopment).WithName("WatchDraft").Produces<DraftInfo>();

        deployments.MapPost("/{environment}/{name}/draft/freeze", (
                string environment, string name, JsonBody<FreezeDraftRequest> body, HttpContext http, FreezeDraft freeze, Actor by, CancellationToken cancellationToken) =>
            RevisionRoutes.RollingOutAsync(http, freeze.RunAsync(DeploymentsFeature.Ref(environment, name, http), body.Value, by, cancellationToken)))
            .RequireRight(Right.DeployToDevelopment).WithName("FreezeDraft").Produces<RolloutInfo>(StatusCodes.Status202Accepted).WithIdempotency(LostAnswers.RolloutAsync);
    }
}
