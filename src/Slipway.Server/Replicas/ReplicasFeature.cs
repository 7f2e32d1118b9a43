namespace Slipway.Server.Replicas;

/// <summary>The table of contents of this folder: its services and routes.</summary>
internal static class ReplicasFeature
{
    public static void AddReplicas(this IServiceCollection services)
    {
    }

    public static void MapReplicas(this IEndpointRouteBuilder routes)
    {
    }
}
