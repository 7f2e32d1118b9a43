using System.Threading.Channels;

namespace Slipway.Server.Replicas;

/// <summary>Wakes the loop before its next tick; any number of calls wake it once.</summary>
internal sealed class ReplicaWake
{
    private readonly Channel<bool> signal = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public void Set() => signal.Writer.TryWrite(true);

    /// <summary>Waits for a wake or for <paramref name="pace"/>.</summary>
    public async Task WaitAsync(TimeSpan pace, TimeProvider time, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(pace, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            await signal.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // the pace has passed
        }
    }
}
