using System.Diagnostics;
using System.Globalization;

namespace Slipway.Server.Gateway;

/// <summary>Header values that come again and again, made once: milliseconds to the hundredth below 20, and small numbers.</summary>
internal static class Numbers
{
    private static readonly string[] Hundredths = [.. Enumerable.Range(0, 2000).Select(i => (i / 100.0).ToString("0.00", CultureInfo.InvariantCulture))];

    public static string Milliseconds(long ticks)
    {
        var hundredths = ticks * 100_000 / Stopwatch.Frequency;
        return hundredths < Hundredths.Length ? Hundredths[(int)hundredths] : (hundredths / 100.0).ToString("0.00", CultureInfo.InvariantCulture);
    }

    public static string Whole(int value) => value switch
    {
        0 => "0",
        1 => "1",
        2 => "2",
        3 => "3",
        _ => value.ToString(CultureInfo.InvariantCulture),
    };
}
