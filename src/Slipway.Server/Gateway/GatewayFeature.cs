using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Slipway.Server.Deployments;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Gateway;

/// <summary>The table of contents of this folder: its services and routes.</summary>
internal static class GatewayFeature
{
    private static readonly string[] Routes =
    [
        "/{scope}/models/{name}", "/{scope}/models/{name}/predict", "/{scope}/models/{name}/invocations", "/{scope}/models/{name}/revisions/{revision:int}/invocations",
        "/models/{name}", "/models/{name}/predict", "/models/{name}/invocations", "/models/{name}/revisions/{revision:int}/invocations",
    ];

    private static readonly string[] InferRoutes =
    [
        "/{scope}/v2/models/{name}/infer", "/{scope}/v2/models/{name}/versions/{version}/infer", "/v2/models/{name}/infer", "/v2/models/{name}/versions/{version}/infer",
    ];

    /// <summary>What the rest of a clean stop may take once predictions have ended: draining replicas, writing history.</summary>
    private static readonly TimeSpan AfterPredictions = TimeSpan.FromSeconds(25);

    public static void AddGateway(this IServiceCollection services)
    {
        services.AddOptions<GatewayOptions>().BindConfiguration("Slipway:Gateway").ValidateOnStart();
        services.AddSingleton<IValidateOptions<GatewayOptions>, GatewayOptionsValidator>();
        services.AddMetrics();
        services.TryAddSingleton<RouteTableFeed>();
        services.TryAddSingleton<GatewayReports>();
        services.AddSingleton<Gateway>();
        services.AddHostedService(provider => provider.GetRequiredService<Gateway>());
        services.AddSingleton<IMetricSource, GatewayMetrics>();
        services.AddTransient<IStartupFilter, GatewayStartup>();
        services.AddOptions<HostOptions>().Configure<IOptions<GatewayOptions>>((host, gateway) => host.ShutdownTimeout = gateway.Value.ShutdownTimeout + AfterPredictions);
        services.Configure<SocketTransportOptions>(sockets =>
        {
            sockets.UnsafePreferInlineScheduling = true;
            sockets.WaitForDataBeforeAllocatingBuffer = false;   // a look less at the socket for each request, and some 3 KB held for each connection
        });

        // Hosting's own log of each request makes an activity and a scope for it; ours is the journal.
        services.AddLogging(logging => logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None));
    }

    /// <summary>The middleware serves these; they are endpoints so that the route table, its rules and other methods (405) know them.</summary>
    public static void MapGateway(this IEndpointRouteBuilder routes)
    {
        foreach (var route in Routes)
        {
            routes.MapPost(route, RefuseAsync).ChecksRightItself(Right.Predict).ExcludeFromDescription();
        }

        foreach (var route in InferRoutes)
        {
            routes.MapPost(route, RefuseAsync).ChecksRightItself(Right.Predict).WithMetadata(OpenInference.Errors).ExcludeFromDescription();
        }

        routes.MapOpenInference();
    }

    // Only a path that the router reads and the middleware does not comes here: an escape, another case, a slash at the end.
    private static Task RefuseAsync(HttpContext context) =>
        Problems.WriteAsync(context, Refusal.NotFound("not_found", "Nothing is here. Predict routes are /{scope}/models/{name} and /{scope}/v2/models/{name}/infer, as they are spelt, without a slash at the end."));
}
