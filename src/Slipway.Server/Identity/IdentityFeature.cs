using Slipway.Server.Platform;

namespace Slipway.Server.Identity;

/// <summary>The table of contents of this folder: its services and routes.</summary>
internal static class IdentityFeature
{
    public static void AddIdentity(this IServiceCollection services)
    {
        services.AddSingleton<AuditLog>();
        services.AddSingleton<KeyDirectory>();
        services.AddSingleton<Sessions>();
        services.AddSingleton<Authentication>();
        services.AddSingleton<Passwords>();
        services.AddSingleton<SignInThrottle>();
        services.AddSingleton<IdentitySnapshots>();
        services.AddSingleton<IdempotencyInFlight>();

        services.AddSingleton<CreateUser>();
        services.AddSingleton<UpdateUser>();
        services.AddSingleton<DeleteUser>();
        services.AddSingleton<CreateKey>();
        services.AddSingleton<RevokeKey>();
        services.AddSingleton<JobKeys>();
        services.AddSingleton<CreateSignInLink>();
        services.AddSingleton<SignIn>();
        services.AddSingleton<SetPassword>();

        services.AddHostedService<FirstStart>();
        services.AddHostedService(provider => provider.GetRequiredService<IdentitySnapshots>());
        services.AddHostedService<KeyUseWriter>();
        services.AddSingleton<AuditSealer>();
        services.AddHostedService(provider => provider.GetRequiredService<AuditSealer>());
        services.AddSingleton<AuditChain>();
        services.AddSingleton<IVerification>(provider => provider.GetRequiredService<AuditChain>());
    }

    public static void MapIdentity(this IEndpointRouteBuilder routes)
    {
        routes.MapSession();
        routes.MapUsers();
        routes.MapKeys();
        routes.MapAudit();
    }
}
