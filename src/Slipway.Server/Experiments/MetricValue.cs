namespace Slipway.Server.Experiments;

/// <summary>
/// How values of metrics are stored: as integers that sort as the values do. SQLite keeps no NaN (it becomes NULL) and the two databases place NaN and
/// infinities differently; integers compare alike on both. NaN is below everything.
/// </summary>
internal static class MetricValue
{
    public const long NaN = long.MinValue;

    public static long Encode(double value)
    {
        if (double.IsNaN(value))
        {
            return NaN;
        }

        // Sign and magnitude become two's complement; adding zero turns -0 into 0.
        var bits = BitConverter.DoubleToInt64Bits(value + 0.0);
        return bits >= 0 ? bits : long.MinValue - bits;
    }

    public static double Decode(long stored) =>
        stored == NaN ? double.NaN : BitConverter.Int64BitsToDouble(stored >= 0 ? stored : long.MinValue - stored);
}
