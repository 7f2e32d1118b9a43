using Microsoft.AspNetCore.Mvc;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Registry;

/// <summary>Versions side by side, and what they came from.</summary>
internal static class LineageRoutes
{
    public static void MapLineage(this RouteGroupBuilder models)
    {
        models.MapGet("/{model}/comparison", async (
                string model, CompareVersions compare, CancellationToken cancellationToken, [FromQuery] string[]? version = null, [FromQuery(Name = "lower_is_better")] string[]? lower = null,
                [FromQuery(Name = "higher_is_better")] string[]? higher = null) =>
            (await compare.RunAsync(model, version ?? [], lower ?? [], higher ?? [], cancellationToken)).ToOk())
            .RequireRight(Right.Read).WithName("CompareModelVersions").Produces<VersionComparison>();

        models.MapGet("/{model}/lineage", async (string model, FindLineage find, CancellationToken cancellationToken) =>
            (await find.OfModelAsync(model, cancellationToken)).ToOk())
            .RequireRight(Right.Read).WithName("GetModelLineage").Produces<LineageInfo>();

        models.MapGet("/{model}/versions/{version}/lineage", async (string model, string version, FindLineage find, CancellationToken cancellationToken) =>
            (await find.OfVersionAsync(model, version, cancellationToken)).ToOk())
            .RequireRight(Right.Read).WithName("GetVersionLineage").Produces<LineageInfo>();

        models.MapGet("/{model}/deployments", async (string model, FindVersionDeployments find, CancellationToken cancellationToken) =>
            (await find.OfModelAsync(model, cancellationToken)).ToOk())
            .RequireRight(Right.Read).WithName("ListModelDeployments").Produces<Page<ModelDeploymentInfo>>();
    }
}
