using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using Slipway.Server.Platform;

namespace Slipway.Server.Artifacts;

/// <summary>The table of contents of this folder: its services. It has no routes; who stores files has them.</summary>
internal static class ArtifactsFeature
{
    public static void AddArtifacts(this IServiceCollection services)
    {
        services.AddOptions<ArtifactOptions>().BindConfiguration("Slipway:Artifacts").ValidateOnStart();
        services.AddSingleton<IValidateOptions<ArtifactOptions>, ArtifactOptionsValidator>();
        services.AddSingleton<MasterKey>();
        services.AddSingleton<ISecretSeal, SecretSeal>();
        services.AddSingleton<IArtifactStore, DiskArtifactStore>();
        services.AddSingleton<BlobLocks>();
        services.AddSingleton<Blobs>();
        services.AddSingleton<IVerification, ArtifactVerification>();
        services.AddSingleton<ArtifactSweeper>();
        services.AddHostedService(provider => provider.GetRequiredService<ArtifactSweeper>());
    }

    /// <summary>Artifacts may be larger than other bodies; the store's own limits hold.</summary>
    public static void AllowBody(HttpContext context, long bytes)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = bytes;
        }
    }
}
