namespace Slipway.Server.Gateway;

/// <summary>The table of contents of this folder: its services and routes.</summary>
internal static class GatewayFeature
{
    public static void AddGateway(this IServiceCollection services)
    {
    }

    public static void MapGateway(this IEndpointRouteBuilder routes)
    {
    }
}
