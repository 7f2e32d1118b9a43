namespace Slipway.Server.Packages;

/// <summary>The table of contents of this folder: its services and routes.</summary>
internal static class PackagesFeature
{
    public static void AddPackages(this IServiceCollection services)
    {
    }

    public static void MapPackages(this IEndpointRouteBuilder routes)
    {
    }
}
