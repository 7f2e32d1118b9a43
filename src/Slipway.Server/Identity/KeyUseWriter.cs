using Microsoft.EntityFrameworkCore;
using Slipway.Server.Platform;

namespace Slipway.Server.Identity;

/// <summary>Writes when keys were last used, all together every half minute and at the end. Use is a time, not rows.</summary>
internal sealed partial class KeyUseWriter(KeyDirectory keys, Writes writes, TimeProvider time, ILogger<KeyUseWriter> logger) : HostedLoop
{
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(30);

    public async Task WriteAsync(CancellationToken cancellationToken)
    {
        var uses = keys.TakeUses();
        if (uses.Count == 0)
        {
            return;
        }

        await writes.RunAsync(
            async (db, cancel) =>
            {
                foreach (var (id, at) in uses)
                {
                    DateTimeOffset? value = at;
                    await db.Set<ApiKey>().Where(k => k.Id == id && (k.LastUsedAt == null || k.LastUsedAt < value))
                        .ExecuteUpdateAsync(set => set.SetProperty(k => k.LastUsedAt, value), cancel);
                }

                return Result.Done;
            },
            cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await TryWriteAsync(cancellationToken);
    }

    protected override async Task LoopAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Pace, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await TryWriteAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    private async Task TryWriteAsync(CancellationToken cancellationToken)
    {
        try
        {
            await WriteAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            LogWriteFailed(exception);
        }
    }

    [LoggerMessage(LogLevel.Error, "The times of last use of keys could not be written; those of the last half minute are lost")]
    private partial void LogWriteFailed(Exception exception);
}
