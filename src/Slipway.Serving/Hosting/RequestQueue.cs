namespace Slipway.Serving.Hosting;

/// <summary>Requests that wait for the model, first come first served.</summary>
public sealed class RequestQueue
{
    private readonly Lock gate = new();
    private readonly Queue<PredictRequest> waiting = new();
    private readonly object come = new();   // a monitor: a semaphore would spin, on the core that others need, before it sleeps
    private int signals;                    // under it
    private long calls;
    private long requests;

    public int Waiting => Volatile.Read(ref waitingCount);

    private int waitingCount;

    /// <summary>Runs of the model since the start.</summary>
    public ulong Calls => (ulong)Volatile.Read(ref calls);

    /// <summary>Requests that runs have answered since the start.</summary>
    public ulong Requests => (ulong)Volatile.Read(ref requests);

    /// <summary>Set when workers wait in <see cref="Wait"/> and have to be woken.</summary>
    public bool WakesWorkers { get; set; }

    public void Add(PredictRequest request)
    {
        lock (gate)
        {
            waiting.Enqueue(request);
            waitingCount = waiting.Count;
        }

        if (WakesWorkers)
        {
            Signal();
        }
    }

    /// <summary>Waits until something may be there.</summary>
    public void Wait()
    {
        lock (come)
        {
            while (signals == 0)
            {
                Monitor.Wait(come);
            }

            signals--;
        }
    }

    /// <summary>Lets one worker look.</summary>
    public void Signal()
    {
        lock (come)
        {
            signals++;
            Monitor.Pulse(come);
        }
    }

    /// <summary>Takes the first requests.</summary>
    /// <param name="choose">From how many wait, and the first one's deadline in <see cref="Environment.TickCount64"/>, how many to take.</param>
    public void Take(List<PredictRequest> into, Func<int, long, int> choose)
    {
        lock (gate)
        {
            while (waiting.TryPeek(out var gone) && gone.IsGone)
            {
                waiting.Dequeue().FreeBody();   // answered while it waited
            }

            if (waiting.TryPeek(out var first))
            {
                for (var count = choose(waiting.Count, first.Deadline); count > 0 && waiting.TryDequeue(out var request); count--)
                {
                    into.Add(request);
                }
            }

            waitingCount = waiting.Count;
        }
    }

    public void Count(int answered)
    {
        Interlocked.Increment(ref calls);
        Interlocked.Add(ref requests, answered);
    }
}
