namespace Slipway.Server.Platform;

/// <summary>Work that runs beside the requests for as long as the server does, away from the gateway's I/O threads.</summary>
internal abstract class HostedLoop : BackgroundService
{
    /// <param name="stoppingToken">Cancelled when the server stops.</param>
    protected abstract Task LoopAsync(CancellationToken stoppingToken);

    protected sealed override Task ExecuteAsync(CancellationToken stoppingToken) => OffIoThreads.RunAsync(() => LoopAsync(stoppingToken));
}
