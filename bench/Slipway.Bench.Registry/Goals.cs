using System.Globalization;

namespace Slipway.Bench.Registry;

/// <summary>Tells the driver what was held against which bar, where it asks for that: a line of JSON for each, in the file that SLIPWAY_BENCH_GOALS names.</summary>
internal static class Goals
{
    private static readonly string? File = Environment.GetEnvironmentVariable("SLIPWAY_BENCH_GOALS");

    /// <returns>Whether the bar was reached.</returns>
    public static bool Add(string what, double value, bool atMost, double bound)
    {
        if (File is not null)
        {
            System.IO.File.AppendAllText(File, string.Create(CultureInfo.InvariantCulture, $$"""{"what":"{{what}}","value":{{value:0.#####}},"relation":"{{(atMost ? "<=" : ">=")}}","bound":{{bound}}}{{"\n"}}"""));
        }

        return atMost ? value <= bound : value >= bound;
    }
}
