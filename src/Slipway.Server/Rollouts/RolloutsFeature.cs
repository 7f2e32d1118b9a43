namespace Slipway.Server.Rollouts;

/// <summary>The table of contents of this folder: its services and routes.</summary>
internal static class RolloutsFeature
{
    public static void AddRollouts(this IServiceCollection services)
    {
    }

    public static void MapRollouts(this IEndpointRouteBuilder routes)
    {
    }
}
