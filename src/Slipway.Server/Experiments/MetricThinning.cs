using System.Runtime.InteropServices;

namespace Slipway.Server.Experiments;

/// <summary>Which values of a long series a chart gets: evenly chosen ones, the first and the last among them.</summary>
internal static class MetricThinning
{
    /// <summary>Most values that are held at a time for metrics that are read together: 6 MB. A longer series is read by itself.</summary>
    public const int MostHeld = 250_000;

    public static bool IsChosen(int at, int count, int most) => at % Every(count, most) == 0 || at == count - 1;

    /// <summary>How many different values there are, and the chosen ones in order. Sorts what it is given.</summary>
    public static (int Count, List<MetricSample> Chosen) Choose(List<MetricSample> samples, int most)
    {
        samples.Sort();
        var all = CollectionsMarshal.AsSpan(samples);
        var count = 0;
        foreach (var sample in all)
        {
            if (count == 0 || sample != all[count - 1])
            {
                all[count++] = sample;
            }
        }

        var chosen = new List<MetricSample>(Math.Min(count, most));
        for (var at = 0; at < count; at++)
        {
            if (IsChosen(at, count, most))
            {
                chosen.Add(all[at]);
            }
        }

        return (count, chosen);
    }

    /// <summary>Metrics in groups that are read together, because each reading goes through all of a run's batches.</summary>
    public static List<List<long>> Together(IEnumerable<long> keys, Func<long, int> size)
    {
        var groups = new List<List<long>>();
        var held = 0L;
        foreach (var key in keys)
        {
            if (groups.Count == 0 || held + size(key) > MostHeld)
            {
                groups.Add([]);
                held = 0;
            }

            groups[^1].Add(key);
            held += size(key);
        }

        return groups;
    }

    private static int Every(int count, int most) => Math.Max(1, (int)Math.Ceiling((count - 1) / (double)(most - 1)));
}
