using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Slipway.Server.Platform;

namespace Slipway.Server.Notifications;

/// <summary>Removes old messages at a pace.</summary>
internal sealed partial class NotificationSweeper(Writes writes, TimeProvider time, IOptions<NotificationOptions> options, ILogger<NotificationSweeper> logger) : HostedLoop
{
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        var before = time.GetUtcNow() - options.Value.Retention;
        await writes.RunAsync(
            async (db, token) =>
            {
                await db.Set<Notification>().Where(n => n.CreatedAt < before).ExecuteDeleteAsync(token);
                return Result.Done;
            },
            cancellationToken);
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

    [LoggerMessage(LogLevel.Error, "Removing old messages failed; next try at the next tick")]
    private partial void LogSweepFailed(Exception exception);
}
