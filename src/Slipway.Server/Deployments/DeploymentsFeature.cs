namespace Slipway.Server.Deployments;

/// <summary>The table of contents of this folder: its services and routes.</summary>
internal static class DeploymentsFeature
{
    public static void AddDeployments(this IServiceCollection services)
    {
    }

    public static void MapDeployments(this IEndpointRouteBuilder routes)
    {
    }
}
