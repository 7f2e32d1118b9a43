using Microsoft.Extensions.Options;
using Slipway.Server.Platform;

namespace Slipway.Server.Artifacts;

/// <summary>Loads the master key before anything uses it, then removes at a pace what nobody wants: expired uploads, blobs without reference, staged leftovers.</summary>
internal sealed partial class ArtifactSweeper(
    MasterKey master, IServiceProvider services, TimeProvider time, IOptions<ArtifactOptions> options, ILogger<ArtifactSweeper> logger) : HostedLoop
{
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await master.LoadAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    /// <summary>One pass; each step is safe to repeat and to interrupt.</summary>
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        var before = time.GetUtcNow() - options.Value.StagingLifetime;
        services.GetRequiredService<IArtifactStore>().SweepStaging(before);
        foreach (var use in services.GetServices<IExpiringBlobUse>())
        {
            await use.ExpireAsync(cancellationToken);
        }

        var blobs = services.GetRequiredService<Blobs>();
        await blobs.SweepAsync(among: null, cancellationToken);
        await blobs.SweepFilesAsync(before, cancellationToken);
    }

    protected override async Task LoopAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.SweepInterval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await SweepAsync(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                LogSweepFailed(exception);
            }
        }
    }

    [LoggerMessage(LogLevel.Error, "Sweeping artifacts failed; next try at the next tick")]
    private partial void LogSweepFailed(Exception exception);
}
