using Microsoft.Extensions.Options;
using Slipway.Contracts;
using Slipway.Server.Artifacts;
using Slipway.Server.Identity;
using Slipway.Server.Packages.Drafts;
using Slipway.Server.Platform;
using Slipway.Server.Registry;

namespace Slipway.Server.Packages;

/// <summary>The table of contents of this folder: its services and routes.</summary>
internal static class PackagesFeature
{
    public static void AddPackages(this IServiceCollection services)
    {
        services.AddOptions<PackagesOptions>().BindConfiguration("Slipway:Packages").ValidateOnStart();
        services.AddSingleton<IValidateOptions<PackagesOptions>, PackagesOptionsValidator>();
        services.AddSingleton<DataFolders>();
        services.AddSingleton<PythonSource>();
        services.AddSingleton<OnnxSource>();
        services.AddSingleton<InspectPackage>();
        services.AddSingleton<InspectJob>();
        services.AddSingleton<PushVersion>();
        services.AddSingleton<DraftPackages>();
        services.AddSingleton<IBlobUse, DraftBlobs>();

        services.AddSingleton<BuildSignal>();
        services.AddSingleton<PackageBuilds>();
        services.AddSingleton<IVersionBuilds>(provider => provider.GetRequiredService<PackageBuilds>());
        services.AddSingleton<SystemRequirements>();
        services.AddSingleton<PythonEnvironments>();
        services.AddSingleton<PythonImports>();
        services.AddSingleton<BuildPackage>();
        services.AddSingleton<BuildLoop>();
        services.AddHostedService(provider => provider.GetRequiredService<BuildLoop>());
    }

    public static void MapPackages(this IEndpointRouteBuilder routes)
    {
        var versions = routes.MapGroup("/api/v1/models/{model}/versions").WithTags("Versions");

        versions.MapPost("/", async (string model, JsonBody<CreateVersionRequest> body, PushVersion push, Actor by, CancellationToken cancellationToken) =>
            {
                var made = await push.RunAsync(model, body.Value, by, cancellationToken);
                return body.Value.DryRun ? made.ToOk() : made.ToCreated(v => $"/api/v1/models/{v.Model}/versions/{v.Version}");
            })
            .RequireRight(Right.WriteRegistry).WithIdempotency("version", async (http, made) =>
                (await http.RequestServices.GetRequiredService<FindVersions>().OneAsync(made[1], made[3], http.RequestAborted)).ToCreated(v => $"/api/v1/models/{v.Model}/versions/{v.Version}"))
            .WithName("CreateModelVersion").Produces<ModelVersionInfo>(StatusCodes.Status201Created).Produces<ModelVersionInfo>();

        versions.MapGet("/{version}/builds", async (string model, string version, FindVersions find, CancellationToken cancellationToken) =>
            {
                var found = await find.OneAsync(model, version, cancellationToken);
                return found.Refusal is { } refusal ? refusal.ToProblem() : Results.Ok(new Page<BuildInfo>(found.Value.Builds, null));
            })
            .RequireRight(Right.Read).WithName("ListBuilds").Produces<Page<BuildInfo>>();

        versions.MapPost("/{version}/builds", async (
                string model, string version, FindVersions find, PackageBuilds builds, Actor by, CancellationToken cancellationToken,
                [Microsoft.AspNetCore.Mvc.FromQuery(Name = "base_image")] string? baseImage = null) =>
            {
                var found = await find.FindAsync(model, version, cancellationToken);
                if (found.Refusal is { } refusal)
                {
                    return refusal.ToProblem();
                }

                var build = await builds.EnsureAsync(found.Value.Id, baseImage, cancellationToken, again: true, by);
                return build.Refusal is { } no ? no.ToProblem() : Results.Accepted(null, await builds.InfoAsync(build.Value.BuildId, cancellationToken));
            })
            .RequireRight(Right.WriteRegistry).WithName("StartBuild").Produces<BuildInfo>(StatusCodes.Status202Accepted);

        versions.MapGet("/{version}/builds/{id:guid}/log", StreamLogAsync)
            .RequireRight(Right.Read).WithName("GetBuildLog").Produces<string>(StatusCodes.Status200OK, "text/plain");
    }

    private static async Task StreamLogAsync(
        string model, string version, Guid id, HttpContext context, FindVersions find, PackageBuilds builds, DataFolders folders, TimeProvider time,
        CancellationToken cancellationToken, bool follow = false)
    {
        var found = await find.OneAsync(model, version, cancellationToken);
        if (found.Refusal is { } refusal)
        {
            await Problems.WriteAsync(context, refusal);
            return;
        }

        if (!found.Value.Builds.Any(b => b.Id == id.ToString()))
        {
            await Problems.WriteAsync(context, PackageRefusals.BuildNotFound());
            return;
        }

        context.Response.ContentType = "text/plain; charset=utf-8";
        await foreach (var part in BuildLog.FollowAsync(folders.LogOf(id), FinishedAsync, TimeSpan.FromMilliseconds(200), time, cancellationToken))
        {
            await context.Response.Body.WriteAsync(part, cancellationToken);
            await context.Response.Body.FlushAsync(cancellationToken);
        }

        async Task<bool> FinishedAsync(CancellationToken token) =>
            !follow || (await builds.FindAsync(id, token))?.Status is null or BuildStatus.Ready or BuildStatus.Failed;
    }
}
