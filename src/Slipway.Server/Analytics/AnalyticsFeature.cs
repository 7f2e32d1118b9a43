namespace Slipway.Server.Analytics;

/// <summary>The table of contents of this folder: its services and routes.</summary>
internal static class AnalyticsFeature
{
    public static void AddAnalytics(this IServiceCollection services)
    {
    }

    public static void MapAnalytics(this IEndpointRouteBuilder routes)
    {
    }
}
