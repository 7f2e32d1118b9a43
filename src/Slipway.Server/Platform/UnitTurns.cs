namespace Slipway.Server.Platform;

/// <summary>
/// Lets units run side by side, and a unit that keeps losing against the others alone: while it runs no other does, so it cannot lose again. Serializable transactions say who lost and not that it will
/// ever win; the one with the most to read loses most.
/// </summary>
internal sealed class UnitTurns
{
    /// <summary>Units that run at a time; below the connections of a pool.</summary>
    public const int Most = 64;

    private readonly SemaphoreSlim places = new(Most);

    /// <summary>The turnstile before them.</summary>
    private readonly SemaphoreSlim one = new(1);

    /// <summary>Waits for a place, or for all of them.</summary>
    /// <returns>To be disposed when the unit has ended.</returns>
    public async Task<IDisposable> TakeAsync(bool alone, CancellationToken cancellationToken)
    {
        // One at a time takes places, in the order of coming. Two that want all and have half of them each would wait for ever, and so would one whom newcomers pass.
        await one.WaitAsync(cancellationToken);
        var (taken, wanted) = (0, alone ? Most : 1);
        try
        {
            for (; taken < wanted; taken++)
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

        return new Turn(this, wanted);
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
