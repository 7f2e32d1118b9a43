namespace Slipway.Server.Autoscaling;

/// <summary>Samples of one quantity over time, averaged over any window back from the newest. No clock: the samples carry their times.</summary>
internal sealed class LoadWindow
{
    private readonly Queue<Sample> samples = new();
    private DateTimeOffset newest = DateTimeOffset.MinValue;

    /// <param name="integral">The quantity times seconds, over the <paramref name="seconds"/> that end at <paramref name="to"/>.</param>
    public void Add(DateTimeOffset to, double seconds, double integral, TimeSpan keep)
    {
        if (to <= newest || !(seconds > 0))
        {
            return;
        }

        samples.Enqueue(new Sample(to, seconds, integral));
        newest = to;
        while (samples.Peek().To <= to - keep)
        {
            samples.Dequeue();
        }
    }

    /// <summary>The mean over the window that ends now, of what was measured of it; null: nothing was.</summary>
    public double? Mean(TimeSpan window, DateTimeOffset now)
    {
        double seconds = 0, integral = 0;
        foreach (var sample in samples)
        {
            if (sample.To > now - window)
            {
                seconds += sample.Seconds;
                integral += sample.Integral;
            }
        }

        return seconds > 0 ? integral / seconds : null;
    }

    [System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Auto)]
    private readonly record struct Sample(DateTimeOffset To, double Seconds, double Integral);
}

/// <summary>The highest of the numbers of the last while.</summary>
internal sealed class Peaks
{
    // Falling from the head: what is lower and older than another can never be the highest again.
    private readonly LinkedList<(DateTimeOffset At, int Count)> falling = new();

    public void Add(DateTimeOffset at, int count)
    {
        while (falling.Last is { } last && last.Value.Count <= count)
        {
            falling.RemoveLast();
        }

        falling.AddLast((at, count));
    }

    /// <summary>The highest number since <paramref name="since"/>; 0 without any.</summary>
    public int HighestSince(DateTimeOffset since)
    {
        while (falling.First is { } first && first.Value.At < since)
        {
            falling.RemoveFirst();
        }

        return falling.First?.Value.Count ?? 0;
    }
}
