namespace Slipway.Server.Platform;

/// <summary>
/// Lets units run side by side, and a unit that keeps losing against the others alone: while it runs no other does, so it cannot lose again. Serializable transactions say who lost and not that it will
/// ever win; the one with the most to read loses most.
/// </summary>
internal sealed class UnitTurns
{
    /// <summary>Units that run at a time; below the connections of a pool.</summary>
    private const int Most = 64;

    private readonly SemaphoreSlim places = new(Most);
    private readonly SemaphoreSlim one = new(1);

    /// <summary>Waits for a place, or for all of them.</summary>
    /// <returns>To be disposed when the unit has ended.</returns>
    public async Task<IDisposable> TakeAsync(bool alone, CancellationToken cancellationToken)
    {
        if (!alone)
        {
            await places.WaitAsync(cancellationToken);
            return new Turn(this, 1);
        }

        // One at a time takes all: two that have half of them each would wait for ever.
        await one.WaitAsync(cancellationToken);
        var taken = 0;
        try
        {
            for (; taken < Most; taken++)
            {
                await places.WaitAsync(cancellationToken);
            }
        }
        catch
        {
            Release(taken);
            throw;
        }
        finally
        {
            one.Release();
        }

        return new Turn(this, Most);
    }

    private void Release(int taken)
    {
        if (taken > 0)
        {
            places.Release(taken);
        }
    }

    private sealed class Turn(UnitTurns turns, int taken) : IDisposable
    {
        private int left = taken;

        public void Dispose() => turns.Release(Interlocked.Exchange(ref left, 0));
    }
}
