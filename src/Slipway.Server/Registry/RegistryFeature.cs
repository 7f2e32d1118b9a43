using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using Slipway.Contracts;
using Slipway.Server.Approvals;
using Slipway.Server.Identity;
using Slipway.Server.Platform;
using Slipway.Server.Artifacts;
using Slipway.Server.Registry.Uploads;

namespace Slipway.Server.Registry;

/// <summary>The table of contents of this folder: its services and routes.</summary>
internal static class RegistryFeature
{
    public static void AddRegistry(this IServiceCollection services)
    {
        services.AddSingleton<IBlobUse, VersionBlobs>();
        services.AddSingleton<IBlobUse, UploadBlobs>();
        services.AddSingleton<IExpiringBlobUse>(provider => provider.GetRequiredService<GiveUpUpload>());

        services.AddSingleton<RegisterModel>();
        services.AddSingleton<UpdateModel>();
        services.AddSingleton<DeleteModel>();
        services.AddSingleton<FindModels>();
        services.AddSingleton<FindRunSource>();
        services.AddSingleton<CreateVersion>();
        services.AddSingleton<VersionLane>();
        services.AddHostedService(provider => provider.GetRequiredService<VersionLane>());
        services.AddSingleton<DeleteVersion>();
        services.AddSingleton<FindVersions>();
        services.AddSingleton<EditVersion>();
        services.AddSingleton<UpdateVersion>();
        services.AddSingleton<StageMoves>();
        services.AddSingleton<StageApproval>();
        services.AddSingleton<IApprovalSubject>(provider => provider.GetRequiredService<StageApproval>());
        services.AddSingleton<ProtectStage>();
        services.AddSingleton<FindProtections>();
        services.AddSingleton<TransitionStage>();
        services.AddSingleton<FindTransitions>();
        services.AddSingleton<TagModel>();
        services.AddSingleton<TagVersion>();
        services.AddSingleton<MoveAlias>();
        services.AddSingleton<FindAliases>();
        services.AddSingleton<PreviewDeletion>();
        services.AddSingleton<LogVersionMetrics>();
        services.AddSingleton<ArchiveFiles>();
        services.AddSingleton<CompareVersions>();
        services.AddSingleton<FindLineage>();
        services.AddSingleton<FindVersionDeployments>();

        services.AddSingleton<StartUpload>();
        services.AddSingleton<FindUpload>();
        services.AddSingleton<ReceiveBlob>();
        services.AddSingleton<ReceiveArchive>();
        services.AddSingleton<GiveUpUpload>();
    }

    public static void MapRegistry(this IEndpointRouteBuilder routes)
    {
        MapModels(routes.MapGroup("/api/v1/models").WithTags("Models"));
        MapVersions(routes.MapGroup("/api/v1/models/{model}/versions").WithTags("Versions"));
        routes.MapStages();
        routes.MapProtections();
        routes.MapTagsAndAliases();
        MapUploads(routes.MapGroup("/api/v1/uploads").WithTags("Uploads"));
    }

    private static void MapModels(RouteGroupBuilder models)
    {
        models.MapGet("/", async (
                FindModels find, PageQuery page, CancellationToken cancellationToken, string? q = null, string? stage = null, [FromQuery] string[]? tag = null) =>
            (await find.PageAsync(new FindModels.Query(q, stage, tag ?? []), page, cancellationToken)).ToOk())
            .RequireRight(Right.Read).WithName("ListModels").Produces<Page<ModelInfo>>();

        models.MapPost("/", async (JsonBody<RegisterModelRequest> body, RegisterModel register, Actor by, CancellationToken cancellationToken) =>
            (await register.RunAsync(body.Value, by, cancellationToken)).ToCreated(m => $"/api/v1/models/{m.Name}"))
            .RequireRight(Right.WriteRegistry).WithIdempotency("model", async (http, made) =>
                (await http.RequestServices.GetRequiredService<FindModels>().OneAsync(made[1], http.RequestAborted)).ToCreated(m => $"/api/v1/models/{m.Name}"))
            .WithName("RegisterModel").Produces<ModelInfo>(StatusCodes.Status201Created);

        models.MapGet("/{model}", (string model, KeptAnswers kept, FindModels find, CancellationToken cancellationToken) =>
            kept.OkAsync($"models/{model}", "", () => find.OneAsync(model, cancellationToken), m => m.Etag))
            .RequireRight(Right.Read).WithName("GetModel").Produces<ModelInfo>();

        models.MapPatch("/{model}", async (string model, JsonBody<UpdateModelRequest> body, HttpContext http, UpdateModel update, Actor by, CancellationToken cancellationToken) =>
            (await update.RunAsync(model, body.Value, Etag.Of(http.Request), by, cancellationToken)).ToOk(http, m => m.Etag))
            .RequireRight(Right.WriteRegistry).WithName("UpdateModel").Produces<ModelInfo>();

        models.MapDelete("/{model}", async (string model, DeleteModel delete, Actor by, CancellationToken cancellationToken) =>
            (await delete.RunAsync(model, by, cancellationToken)).ToNoContent())
            .RequireRight(Right.Administer).WithName("DeleteModel").Produces(StatusCodes.Status204NoContent);

        models.MapGet("/{model}/deletion", async (string model, PreviewDeletion preview, Actor by, CancellationToken cancellationToken) =>
            (await preview.OfModelAsync(model, by, cancellationToken)).ToOk())
            .RequireRight(Right.Read).WithName("PreviewModelDeletion").Produces<DeletionInfo>();

        models.MapLineage();
    }

    // Creating a version is in Packages, which looks at what was uploaded.
    private static void MapVersions(RouteGroupBuilder versions)
    {
        versions.MapGet("/", async (
                string model, FindVersions find, PageQuery page, CancellationToken cancellationToken, string? q = null, string? stage = null, bool? runnable = null) =>
            (await find.PageAsync(model, new FindVersions.Query(q, stage, runnable), page, cancellationToken)).ToOk())
            .RequireRight(Right.Read).WithName("ListModelVersions").Produces<Page<ModelVersionInfo>>();

        versions.MapGet("/{version}", (string model, string version, KeptAnswers kept, FindVersions find, CancellationToken cancellationToken) =>
            kept.OkAsync($"models/{model}", version, () => find.OneAsync(model, version, cancellationToken), v => v.Etag))
            .RequireRight(Right.Read).WithName("GetModelVersion").Produces<ModelVersionInfo>();

        versions.MapPatch("/{version}", async (
                string model, string version, JsonBody<UpdateVersionRequest> body, HttpContext http, UpdateVersion update, Actor by, CancellationToken cancellationToken) =>
            (await update.RunAsync(new VersionAddress(model, version, Etag.Of(http.Request)), body.Value, by, cancellationToken)).ToOk(http, v => v.Etag))
            .RequireRight(Right.WriteRegistry).WithName("UpdateModelVersion").Produces<ModelVersionInfo>();

        versions.MapGet("/{version}/deletion", async (string model, string version, PreviewDeletion preview, Actor by, CancellationToken cancellationToken) =>
            (await preview.OfVersionAsync(model, version, by, cancellationToken)).ToOk())
            .RequireRight(Right.Read).WithName("PreviewVersionDeletion").Produces<DeletionInfo>();

        versions.MapDelete("/{version}", async (string model, string version, DeleteVersion delete, Actor by, CancellationToken cancellationToken) =>
            (await delete.RunAsync(model, version, by, cancellationToken)).ToNoContent())
            .RequireRight(Right.Delete).WithName("DeleteModelVersion").Produces(StatusCodes.Status204NoContent);

        versions.MapFiles();
        versions.MapMetrics();
    }

    private static void MapUploads(RouteGroupBuilder uploads)
    {
        uploads.MapPost("/", async (JsonBody<StartUploadRequest> body, StartUpload start, Actor by, CancellationToken cancellationToken) =>
            (await start.RunAsync(body.Value, by, cancellationToken)).ToCreated(u => $"/api/v1/uploads/{u.Id}"))
            .RequireRight(Right.WriteRegistry).WithIdempotency().WithName("StartUpload").Produces<UploadInfo>(StatusCodes.Status201Created);

        uploads.MapGet("/{id}", async (string id, FindUpload find, Actor by, CancellationToken cancellationToken) =>
            (await find.InfoAsync(id, by, cancellationToken)).ToOk())
            .RequireRight(Right.WriteRegistry).WithName("GetUpload").Produces<UploadInfo>();

        uploads.MapPut("/{id}/blobs/{sha256}", async (
                string id, string sha256, HttpContext context, ReceiveBlob receive, IOptions<ArtifactOptions> options, Actor by, CancellationToken cancellationToken) =>
            {
                ArtifactsFeature.AllowBody(context, options.Value.MaxFileBytes);
                return (await receive.RunAsync(id, sha256, context.Request.Body, by, cancellationToken)).ToOk();
            })
            .RequireRight(Right.WriteRegistry).WithName("UploadBlob").Produces<UploadInfo>();

        uploads.MapPost("/archive", async (
                HttpContext context, ReceiveArchive receive, IOptions<ArtifactOptions> options, Actor by, CancellationToken cancellationToken) =>
            {
                if (context.Request.ContentType?.Split(';')[0].Trim() is not ("application/gzip" or "application/x-gzip" or "application/x-gtar" or "application/octet-stream"))
                {
                    return new Refusal(415, "unsupported_media_type", "Send the package as one .tar.gz with Content-Type application/gzip.").ToProblem();
                }

                ArtifactsFeature.AllowBody(context, options.Value.MaxArchiveBytes);
                return (await receive.RunAsync(context.Request.Body, by, cancellationToken)).ToCreated(u => $"/api/v1/uploads/{u.Id}");
            })
            .RequireRight(Right.WriteRegistry).WithName("UploadArchive").Produces<UploadInfo>(StatusCodes.Status201Created);

        uploads.MapDelete("/{id}", async (string id, GiveUpUpload giveUp, Actor by, CancellationToken cancellationToken) =>
            (await giveUp.RunAsync(id, by, cancellationToken)).ToNoContent())
            .RequireRight(Right.WriteRegistry).WithName("GiveUpUpload").Produces(StatusCodes.Status204NoContent);
    }
}
