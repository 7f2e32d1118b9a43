using Microsoft.Extensions.Options;

namespace Slipway.Server.Platform;

/// <summary>The table of contents of this folder: its services and routes.</summary>
internal static class PlatformFeature
{
    public static void AddPlatform(this IServiceCollection services)
    {
        services.AddSingleton<HostNames>();
        services.AddSingleton<Changes>();
        services.AddSingleton<Database>(provider =>
        {
            var options = provider.GetRequiredService<IOptions<ServerOptions>>().Value;
            return options.PostgreSql is { } connection ? new PostgreSqlDatabase(connection) : new SqliteDatabase(Path.Combine(options.DataFolder, "slipway.db"));
        });
        services.AddSingleton<Writes>();
        services.AddSingleton<KeptAnswers>();
        services.AddSingleton<OutboundClient>();
        services.AddSingleton<SoleServer>();
        services.AddHostedService(provider => provider.GetRequiredService<SoleServer>());   // first: it starts before all others, and stops after them
        services.AddHostedService<DatabaseStartup>();
        services.AddSingleton<ServerEpoch>();
        services.AddHostedService(provider => provider.GetRequiredService<ServerEpoch>());
    }

    public static void MapPlatform(this IEndpointRouteBuilder routes)
    {
    }
}
