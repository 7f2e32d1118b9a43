namespace Slipway.Server.Runtimes;

/// <summary>The table of contents of this folder: its services and routes.</summary>
internal static class RuntimesFeature
{
    public static void AddRuntimes(this IServiceCollection services)
    {
    }

    public static void MapRuntimes(this IEndpointRouteBuilder routes)
    {
    }
}
