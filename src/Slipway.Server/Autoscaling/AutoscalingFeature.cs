using Microsoft.AspNetCore.Http.Extensions;
using Slipway.Contracts;
using Slipway.Server.Deployments;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Autoscaling;

/// <summary>The table of contents of this folder: its services and routes.</summary>
internal static class AutoscalingFeature
{
    public static void AddAutoscaling(this IServiceCollection services)
    {
        services.AddOptions<AutoscalingOptions>().BindConfiguration("Slipway:Autoscaling").ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<StoredWishes>();
        services.AddSingleton<IScaling>(provider => provider.GetRequiredService<StoredWishes>());
        services.AddSingleton<AutoscalingMeter>();
        services.AddSingleton<Autoscaler>();
        services.AddHostedService(provider => provider.GetRequiredService<Autoscaler>());
        services.AddHostedService<WakeOnRequest>();
        services.AddSingleton<WakeDeployment>();
        services.AddSingleton<UpdateAutoscaling>();
        services.AddSingleton<ReadAutoscaling>();
    }

    public static void MapAutoscaling(this IEndpointRouteBuilder routes)
    {
        var deployment = routes.MapGroup("/api/v1/deployments/{environment}/{name}").WithTags("Deployments");
        deployment.MapGet("/autoscaling", async (string environment, string name, ReadAutoscaling read, CancellationToken cancellationToken) =>
            (await read.RunAsync(new DeploymentRef(environment, name), cancellationToken)).ToOk())
            .RequireRight(Right.Read).WithName("GetAutoscaling").Produces<AutoscalingInfo>();

        deployment.MapPatch("/autoscaling", async (
                string environment, string name, JsonBody<AutoscalingRequest> body, HttpContext http, UpdateAutoscaling update, Actor by, CancellationToken cancellationToken) =>
            (await update.RunAsync(new DeploymentRef(environment, name, Etag.Of(http.Request)), body.Value, by, Host(http.Request), cancellationToken)).ToOk())
            .RequireRight(Right.DeployToDevelopment).WithName("UpdateAutoscaling").Produces<AutoscalingUpdate>();

        deployment.MapPost("/wake", async (
            string environment, string name, HttpContext http, WakeDeployment wake, ReadDeployments read, Actor by, CancellationToken cancellationToken) =>
        {
            var woken = await wake.RunAsync(new DeploymentRef(environment, name), by, cancellationToken);
            return woken.Refusal is { } refusal ? refusal.ToProblem() : Results.Accepted(null, await read.GetAsync(woken.Value, Host(http.Request), cancellationToken));
        }).RequireRight(Right.Predict).WithName("WakeDeployment").Produces<DeploymentInfo>(StatusCodes.Status202Accepted);
    }

    private static Uri Host(HttpRequest request) => new(UriHelper.BuildAbsolute(request.Scheme, request.Host));
}
