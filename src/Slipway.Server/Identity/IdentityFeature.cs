namespace Slipway.Server.Identity;

/// <summary>The table of contents of this folder: its services and routes.</summary>
internal static class IdentityFeature
{
    public static void AddIdentity(this IServiceCollection services)
    {
        services.AddSingleton<AuditLog>();
    }

    public static void MapIdentity(this IEndpointRouteBuilder routes)
    {
    }
}
