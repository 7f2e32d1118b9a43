namespace Slipway.Server.History;

/// <summary>The table of contents of this folder: its services and routes.</summary>
internal static class HistoryFeature
{
    public static void AddHistory(this IServiceCollection services)
    {
    }

    public static void MapHistory(this IEndpointRouteBuilder routes)
    {
    }
}
