namespace Slipway.Server.Platform;

/// <summary>Brings the database to this version before any other service starts.</summary>
internal sealed class DatabaseStartup(Database database) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => database.MigrateAsync(cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
