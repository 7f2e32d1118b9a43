using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Status;

/// <summary>The table of contents of this folder: its services and routes.</summary>
internal static class StatusFeature
{
    public static void AddStatus(this IServiceCollection services)
    {
        services.AddSingleton<UiFiles>();
        services.AddSingleton<FindStatus>();
        services.AddSingleton<VerifyServer>();
        services.AddSingleton<MetricsExport>();
        services.AddHostedService(provider => provider.GetRequiredService<MetricsExport>());
        services.AddSingleton<IMetricSource, ProcessMetrics>();
        services.AddOpenApiDocument();
    }

    public static void MapStatus(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/", () => Results.Redirect("/ui/")).Open("the way to the user interface").ExcludeFromDescription();
        routes.MapGet("/ui/{**path}", (string? path, UiFiles files, HttpResponse response) => files.Find(path, response))
            .Open("the user interface's files hold no data").ExcludeFromDescription();
        routes.MapOpenApi("/openapi/{documentName}.json").Open("describes the API and holds no data");

        routes.MapGet("/health/live", () => Results.Text("""{"status":"live"}""", "application/json")).Open("for whatever watches the process").WithTags("health").WithName("Live");
        routes.MapGet("/health/ready", (IEnumerable<IReadiness> conditions) =>
                conditions.Select(c => c.NotReadyBecause).FirstOrDefault(reason => reason is not null) is { } reason
                    ? Refusal.Unavailable("not_ready", reason, TimeSpan.FromSeconds(1)).ToProblem()
                    : Results.Text("""{"status":"ready"}""", "application/json"))
            .Open("for load balancers").WithTags("health").WithName("Ready");
        routes.MapGet("/metrics", (MetricsExport metrics, HttpRequest request, HttpResponse response) =>
            {
                var format = MetricsFormats.Asked(request.Headers.Accept);
                response.Headers.Vary = "Accept";
                return Results.Text(metrics.Write(format), format.ContentType());
            })
            .RequireRight(Right.Read).ExcludeFromDescription();

        var system = routes.MapGroup("/api/v1/system").WithTags("system");
        system.MapGet("/", (FindStatus find) => Results.Ok(find.Run())).RequireRight(Right.Read).Produces<SystemStatus>().WithName("GetSystemStatus");
        system.MapPost("/verify", async (VerifyServer verify, CancellationToken cancellationToken) => Results.Ok(await verify.RunAsync(cancellationToken)))
            .RequireRight(Right.Administer).Produces<VerifyReport>().WithName("Verify");
        system.MapGet("/routes", (EndpointDataSource endpoints) => Results.Ok(RouteListing.Of(endpoints)))
            .RequireRight(Right.Administer).Produces<Page<RouteInfo>>().WithName("ListRoutes");

        routes.MapGet("/api/v1/events", EventStream.RunAsync).RequireRight(Right.Read).WithTags("system").WithName("StreamEvents")
            .Produces<string>(StatusCodes.Status200OK, "text/event-stream");
    }
}
