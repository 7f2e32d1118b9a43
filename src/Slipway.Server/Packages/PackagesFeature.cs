using Microsoft.Extensions.Options;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

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
        services.AddSingleton<InspectPackage>();
        services.AddSingleton<PushVersion>();
    }

    public static void MapPackages(this IEndpointRouteBuilder routes)
    {
        var versions = routes.MapGroup("/api/v1/models/{model}/versions").WithTags("Versions");

        versions.MapPost("/", async (string model, CreateVersionRequest request, PushVersion push, Actor by, CancellationToken cancellationToken) =>
            {
                var made = await push.RunAsync(model, request, by, cancellationToken);
                return request.DryRun ? made.ToOk() : made.ToCreated(v => $"/api/v1/models/{v.Model}/versions/{v.Version}");
            })
            .RequireRight(Right.WriteRegistry).WithName("CreateModelVersion").Produces<ModelVersionInfo>(StatusCodes.Status201Created).Produces<ModelVersionInfo>();
    }
}
