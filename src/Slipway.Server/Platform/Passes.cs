namespace Slipway.Server.Platform;

/// <summary>The frame of a loop that works from what is stored.</summary>
internal static class Passes
{
    /// <summary>
    /// A pass at once, one after each change that concerns the loop, and one at a pace, because changes are hints. A pass that fails is told of and is followed by the next one; only the end of the
    /// host ends the loop.
    /// </summary>
    public static async Task RunPassesAsync(
        this Changes changes, Func<Change, bool> concerns, TimeSpan pace, TimeProvider time, Func<CancellationToken, Task> pass, Action<Exception> failed, CancellationToken stoppingToken)
    {
        using var subscription = changes.Subscribe(concerns);   // before the first look, so that no change falls between
        try
        {
            while (!stoppingToken.IsCancellationRequested)
            {
                try
                {
                    await pass(stoppingToken);
                }
                catch (Exception exception) when (exception is not OperationCanceledException)
                {
                    failed(exception);
                }

                await subscription.WaitAsync(pace, time, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }
}
