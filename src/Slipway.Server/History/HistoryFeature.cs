using Microsoft.Extensions.Options;
using Slipway.Server.History.Store;

namespace Slipway.Server.History;

/// <summary>The table of contents of this folder: its services and routes.</summary>
internal static class HistoryFeature
{
    public static void AddHistory(this IServiceCollection services)
    {
        services.AddOptions<HistoryOptions>().BindConfiguration("Slipway:History").ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<PredictionJournal>();
        services.AddSingleton<JournalKeeper>();
        services.AddSingleton<PredictionFeed>();
        services.AddSingleton<IPredictionStore>(provider => ActivatorUtilities.CreateInstance<SqlitePredictionStore>(provider));
        services.AddSingleton<HistoryService>();
        services.AddHostedService(provider => provider.GetRequiredService<HistoryService>());
        services.AddHostedService<Retention>();
    }

    public static void MapHistory(this IEndpointRouteBuilder routes)
    {
    }
}
