using System.Numerics;

namespace Slipway.Serving.Hosting;

/// <summary>
/// How many waiting rows go into one run: learnt from what runs of 1, 2-3, 4-7, … rows have cost. It chooses only among what waits already, so there is no timer. The same rule
/// as the Python runner's (runtimes/python/slipway_runner/batching.py).
/// </summary>
public sealed class BatchSize(int maxBatch)
{
    // Of the newest measurement in a bucket's moving average: a slow run is more often the machine's doing than the model's.
    private const double WeightBelow = 0.5;
    private const double WeightAbove = 0.1;

    // A larger batch must cost at most this share per row of a smaller one: at equal cost the smaller answers sooner.
    private const double Gain = 0.95;

    // One choice in so many takes all that waits, so that an old measurement of a large batch is renewed.
    private const int Explore = 64;

    private readonly double[] secondsPerRow = [.. Enumerable.Repeat(double.NaN, BitOperations.Log2((uint)maxBatch) + 1)];
    private int choices;

    public int MaxBatch { get; } = maxBatch;

    /// <param name="waiting">At least 1.</param>
    /// <param name="secondsLeft">What the first of them has to its deadline.</param>
    /// <returns>How many to take, 1 to <paramref name="waiting"/>, never above <see cref="MaxBatch"/>.</returns>
    public int Choose(int waiting, double secondsLeft = double.PositiveInfinity)
    {
        var limit = Math.Min(waiting, MaxBatch);
        if (limit <= 1)
        {
            return limit;
        }

        choices++;
        var largest = BitOperations.Log2((uint)limit);
        var best = -1;
        for (var bucket = 0; bucket <= largest; bucket++)
        {
            var cost = secondsPerRow[bucket];
            if (double.IsNaN(cost) || (bucket > 0 && cost * (1 << bucket) > secondsLeft))
            {
                continue;
            }

            if (best < 0 || cost < secondsPerRow[best] * Gain)
            {
                best = bucket;
            }
        }

        var known = secondsPerRow[largest];
        if (double.IsNaN(known) || choices % Explore == 0)
        {
            var slowest = best < 0 ? known : secondsPerRow[best];   // per row: together they hardly take longer than one by one
            return double.IsNaN(slowest) ? limit : Math.Max(1, (int)Math.Min(limit, secondsLeft / Math.Max(slowest, 1e-9)));
        }

        return best < 0 ? 1 : best == largest ? limit : 1 << best;
    }

    /// <summary>One run of <paramref name="rows"/> rows took <paramref name="seconds"/>.</summary>
    public void Observe(int rows, double seconds)
    {
        var bucket = BitOperations.Log2((uint)Math.Max(1, rows));
        if (bucket >= secondsPerRow.Length)
        {
            return;
        }

        var (cost, known) = (seconds / rows, secondsPerRow[bucket]);
        secondsPerRow[bucket] = double.IsNaN(known) ? cost : known + ((cost < known ? WeightBelow : WeightAbove) * (cost - known));
    }

    /// <summary>Seconds that a row costs less in the best batch than alone; 0 where nothing is known of one.</summary>
    public double Saving
    {
        get
        {
            var best = secondsPerRow[0];
            foreach (var cost in secondsPerRow)
            {
                best = cost < best ? cost : best;
            }

            return secondsPerRow[0] - best is > 0 and var gain ? gain : 0;
        }
    }

    /// <summary>Seconds a row by power of two, for the log; NaN where nothing was measured.</summary>
    public IReadOnlyList<double> SecondsPerRow => secondsPerRow;
}
