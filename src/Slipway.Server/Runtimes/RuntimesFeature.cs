using Microsoft.Extensions.Options;
using Slipway.Server.Platform;

namespace Slipway.Server.Runtimes;

/// <summary>The table of contents of this folder: its services and routes.</summary>
internal static class RuntimesFeature
{
    public static void AddRuntimes(this IServiceCollection services)
    {
        services.AddOptions<RuntimesOptions>().BindConfiguration("Slipway:Runtimes").ValidateOnStart();
        services.AddSingleton<IValidateOptions<RuntimesOptions>, RuntimesOptionsValidator>();
        services.AddSingleton<BaseImages>();
        services.AddSingleton<Gpus>();
        services.AddSingleton<PythonRunner>();
        services.AddSingleton<PythonSdk>();
        services.AddSingleton<OnnxProgram>();
        services.AddSingleton<BaseImageFacts>();
        services.AddSingleton<ISystemFact>(provider => provider.GetRequiredService<BaseImageFacts>());
        services.AddHostedService(provider => provider.GetRequiredService<BaseImageFacts>());
    }

    public static void MapRuntimes(this IEndpointRouteBuilder routes)
    {
    }
}
