namespace Slipway.Server.Registry;

/// <summary>The table of contents of this folder: its services and routes.</summary>
internal static class RegistryFeature
{
    public static void AddRegistry(this IServiceCollection services)
    {
    }

    public static void MapRegistry(this IEndpointRouteBuilder routes)
    {
    }
}
