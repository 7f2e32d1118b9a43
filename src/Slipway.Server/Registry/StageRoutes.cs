using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Registry;

/// <summary>Routes of stages and their ledger, of tags, and of aliases.</summary>
internal static class StageRoutes
{
    public static void MapStages(this IEndpointRouteBuilder routes)
    {
        var model = routes.MapGroup("/api/v1/models/{model}").WithTags("Stages");

        model.MapPost("/versions/{version}/stage", async (
                string model, string version, JsonBody<TransitionStageRequest> body, HttpContext http, TransitionStage transition, Actor by, CancellationToken cancellationToken) =>
            {
                var outcome = await transition.RunAsync(new VersionAddress(model, version, Etag.Of(http.Request)), body.Value, by, cancellationToken);
                if (outcome is { IsRefused: false, Value.Request: { } request })
                {
                    return Results.Accepted($"/api/v1/approvals/{request.Id}", request);
                }

                return outcome.Refusal is { } refusal ? refusal.ToProblem() : ((Result<StageChangeInfo>)outcome.Value.Change!).ToOk(http, c => c.Version.Etag);
            })
            .RequireRight(Right.WriteRegistry).WithName("TransitionStage").Produces<StageChangeInfo>().Produces<ApprovalInfo>(StatusCodes.Status202Accepted);

        model.MapGet("/transitions", async (string model, FindTransitions find, PageQuery page, CancellationToken cancellationToken, string? version = null) =>
            (await find.PageAsync(model, version, page, cancellationToken)).ToOk())
            .RequireRight(Right.Read).WithName("ListTransitions").Produces<Page<TransitionInfo>>();

        model.MapGet("/stages/{stage}", async (string model, string stage, FindTransitions find, CancellationToken cancellationToken, string? at = null) =>
            (await find.AtAsync(model, stage, at, cancellationToken)).ToOk())
            .RequireRight(Right.Read).WithName("WhoWasInStage").Produces<StageAtInfo>();
    }

    public static void MapTagsAndAliases(this IEndpointRouteBuilder routes)
    {
        var tags = routes.MapGroup("/api/v1/models/{model}").WithTags("Tags");

        tags.MapPut("/tags", async (string model, JsonBody<SetTagRequest> body, HttpContext http, TagModel tag, Actor by, CancellationToken cancellationToken) =>
            (await tag.SetAsync(model, body.Value, by, cancellationToken)).ToOk(http, m => m.Etag))
            .RequireRight(Right.WriteRegistry).WithName("SetModelTag").Produces<ModelInfo>();

        tags.MapDelete("/tags", async (string model, HttpContext http, TagModel tag, Actor by, CancellationToken cancellationToken, string key = "") =>
            (await tag.DeleteAsync(model, key, by, cancellationToken)).ToOk(http, m => m.Etag))
            .RequireRight(Right.WriteRegistry).WithName("DeleteModelTag").Produces<ModelInfo>();

        tags.MapPut("/versions/{version}/tags", async (
                string model, string version, JsonBody<SetTagRequest> body, HttpContext http, TagVersion tag, Actor by, CancellationToken cancellationToken) =>
            (await tag.SetAsync(new VersionAddress(model, version), body.Value, by, cancellationToken)).ToOk(http, v => v.Etag))
            .RequireRight(Right.WriteRegistry).WithName("SetVersionTag").Produces<ModelVersionInfo>();

        tags.MapDelete("/versions/{version}/tags", async (
                string model, string version, HttpContext http, TagVersion tag, Actor by, CancellationToken cancellationToken, string key = "") =>
            (await tag.DeleteAsync(new VersionAddress(model, version), key, by, cancellationToken)).ToOk(http, v => v.Etag))
            .RequireRight(Right.WriteRegistry).WithName("DeleteVersionTag").Produces<ModelVersionInfo>();

        var aliases = routes.MapGroup("/api/v1/models/{model}").WithTags("Aliases");

        aliases.MapGet("/aliases", async (string model, FindAliases find, PageQuery page, CancellationToken cancellationToken) =>
            (await find.PageAsync(model, page, cancellationToken)).ToOk())
            .RequireRight(Right.Read).WithName("ListAliases").Produces<Page<AliasInfo>>();

        aliases.MapGet("/aliases/{alias}", async (string model, string alias, FindAliases find, CancellationToken cancellationToken) =>
            (await find.OneAsync(model, alias, cancellationToken)).ToOk())
            .RequireRight(Right.Read).WithName("GetAlias").Produces<AliasInfo>();

        aliases.MapPut("/aliases/{alias}", async (string model, string alias, JsonBody<SetAliasRequest> body, MoveAlias move, Actor by, CancellationToken cancellationToken) =>
            (await move.SetAsync(model, alias, body.Value, by, cancellationToken)).ToOk())
            .RequireRight(Right.WriteRegistry).WithName("SetAlias").Produces<AliasInfo>();

        aliases.MapDelete("/aliases/{alias}", async (string model, string alias, MoveAlias move, Actor by, CancellationToken cancellationToken) =>
            (await move.DeleteAsync(model, alias, by, cancellationToken)).ToNoContent())
            .RequireRight(Right.WriteRegistry).WithName("DeleteAlias").Produces(StatusCodes.Status204NoContent);

        aliases.MapGet("/alias-moves", async (string model, FindAliases find, PageQuery page, CancellationToken cancellationToken, string? alias = null) =>
            (await find.MovesAsync(model, alias, page, cancellationToken)).ToOk())
            .RequireRight(Right.Read).WithName("ListAliasMoves").Produces<Page<AliasMoveInfo>>();
    }
}
