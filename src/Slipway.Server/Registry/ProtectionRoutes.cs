using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Registry;

/// <summary>Routes of protected stages: rules for every model, and a model's own.</summary>
internal static class ProtectionRoutes
{
    public static void MapProtections(this IEndpointRouteBuilder routes)
    {
        var every = routes.MapGroup("/api/v1/stage-protections").WithTags("Stages");

        every.MapGet("/", async (FindProtections find, PageQuery page, CancellationToken cancellationToken) => (await find.PageAsync(page, cancellationToken)).ToOk())
            .RequireRight(Right.Read).WithName("ListStageProtections").Produces<Page<StageProtectionInfo>>();

        every.MapPut("/{stage}", async (string stage, JsonBody<ProtectStageRequest> body, ProtectStage protect, Actor by, CancellationToken cancellationToken) =>
            (await protect.SetAsync(null, stage, body.Value, by, cancellationToken)).ToOk())
            .RequireRight(Right.Administer).WithName("ProtectStage").Produces<StageProtectionInfo>();

        every.MapDelete("/{stage}", async (string stage, ProtectStage protect, Actor by, CancellationToken cancellationToken) =>
            (await protect.RemoveAsync(null, stage, by, cancellationToken)).ToNoContent())
            .RequireRight(Right.Administer).WithName("UnprotectStage").Produces(StatusCodes.Status204NoContent);

        var own = routes.MapGroup("/api/v1/models/{model}/protection").WithTags("Stages");

        own.MapGet("/", async (string model, FindProtections find, CancellationToken cancellationToken) => (await find.OfModelAsync(model, cancellationToken)).ToOk())
            .RequireRight(Right.Read).WithName("GetModelProtection").Produces<Page<StageProtectionInfo>>();

        own.MapPut("/{stage}", async (string model, string stage, JsonBody<ProtectStageRequest> body, ProtectStage protect, Actor by, CancellationToken cancellationToken) =>
            (await protect.SetAsync(model, stage, body.Value, by, cancellationToken)).ToOk())
            .RequireRight(Right.Administer).WithName("ProtectModelStage").Produces<StageProtectionInfo>();

        own.MapDelete("/{stage}", async (string model, string stage, ProtectStage protect, Actor by, CancellationToken cancellationToken) =>
            (await protect.RemoveAsync(model, stage, by, cancellationToken)).ToNoContent())
            .RequireRight(Right.Administer).WithName("UnprotectModelStage").Produces(StatusCodes.Status204NoContent);
    }
}
