using Slipway.Contracts;
using Slipway.Server.Deployments;
using Slipway.Server.History;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Analytics;

/// <summary>The table of contents of this folder: its services and routes.</summary>
internal static class AnalyticsFeature
{
    public static void AddAnalytics(this IServiceCollection services)
    {
        services.AddOptions<AnalyticsOptions>().BindConfiguration("Slipway:Analytics").ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<CountedTraffic>();
        services.AddSingleton<IRecentTraffic>(provider => provider.GetRequiredService<CountedTraffic>());   // instead of what the process itself has seen
        services.AddSingleton<Aggregator>();
        services.AddSingleton<IStoredPredictionUse>(provider => provider.GetRequiredService<Aggregator>());
        services.AddHostedService(provider => provider.GetRequiredService<Aggregator>());
        services.AddSingleton<ReadAnalytics>();
    }

    public static void MapAnalytics(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/v1/analytics/deployments/{environment}/{name}", async (
                string environment, string name, string? range, DateTimeOffset? from, DateTimeOffset? to, string? variant, string? by, ReadAnalytics read, CancellationToken cancellationToken) =>
            (await read.RunAsync(environment, name, range, from, to, variant, by, cancellationToken)).ToOk())
            .RequireRight(Right.Read).WithName("GetDeploymentAnalytics").Produces<AnalyticsInfo>();
}
