using System.Buffers.Text;

namespace Slipway.Serving.Tensors;

/// <summary>
/// Numbers of JSON text as FP32 and FP64, correctly rounded. Short numbers take the exact path of Clinger (1990): digits and power of ten are both exact
/// in double, so that one division or product rounds once; everything else goes to the framework's parser.
/// </summary>
internal static class JsonNumbers
{
    private static readonly double[] Powers =
        [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22];

    /// <param name="text">A number by JSON's grammar.</param>
    /// <returns>False when it is beyond the type's range.</returns>
    public static bool TryReadDouble(ReadOnlySpan<byte> text, out double value) =>
        (TryReadShort(text, out value) || (Utf8Parser.TryParse(text, out value, out var used) && used == text.Length)) && double.IsFinite(value);

    /// <inheritdoc cref="TryReadDouble"/>
    public static bool TryReadSingle(ReadOnlySpan<byte> text, out float value)
    {
        if (TryReadShort(text, out var exact) && RoundsOnce(exact))
        {
            value = (float)exact;
            return float.IsFinite(value);
        }

        return Utf8Parser.TryParse(text, out value, out var used) && used == text.Length && float.IsFinite(value);
    }

    /// <summary>digits / 10^fraction, both exact in double.</summary>
    /// <param name="digits">Up to 15 of them.</param>
    /// <param name="fraction">0 to 15.</param>
    /// <returns>False: it takes more to round it.</returns>
    public static bool TryRound(bool isNegative, long digits, int fraction, out float value)
    {
        var exact = digits / Powers[fraction];
        value = (float)(isNegative ? -exact : exact);
        return RoundsOnce(exact);
    }

    /// <summary>
    /// Whether rounding this double to float gives what rounding the number itself would: not when it lies at a midpoint of two floats (the number may
    /// lie to either side of it), nor below the normal range of float.
    /// </summary>
    private static bool RoundsOnce(double value)
    {
        const ulong below = (1UL << 29) - 1;
        return (BitConverter.DoubleToUInt64Bits(value) & below) != 1UL << 28 && (value == 0 || Math.Abs(value) >= 1.2e-38);
    }

    private static bool TryReadShort(ReadOnlySpan<byte> text, out double value)
    {
        value = 0;
        var i = 0;
        var negative = text[0] == '-';
        if (negative)
        {
            i = 1;
        }

        if (text.Length - i > 17)
        {
            return false;   // 16 digits and a point at most: below 2^53 or seen to be above
        }

        ulong digits = 0;
        var fraction = -1;
        for (; i < text.Length; i++)
        {
            var digit = (uint)(text[i] - '0');
            if (digit <= 9)
            {
                digits = (digits * 10) + digit;
            }
            else if (text[i] == '.')
            {
                fraction = i;
            }
            else
            {
                return false;   // an exponent
            }
        }

        if (digits > 1UL << 53)
        {
            return false;
        }

        value = fraction < 0 ? digits : digits / Powers[text.Length - 1 - fraction];
        value = negative ? -value : value;
        return true;
    }
}
