using System.Runtime.CompilerServices;

namespace Slipway.Serving.Tensors;

/// <summary>
/// The numbers that follow a number in a JSON list, without a token for each: a picture of 28x28 is 784 of them, and the reader's tokens cost three times what the numbers do. Takes what is
/// plain and leaves the rest to the reader, which also judges what is no JSON: a run ends before the first thing that is not a comma and a number of up to 15 digits.
/// </summary>
internal static class NumberRun
{
    private const int MostDigits = 15;   // exact in double, as is the power of ten below the fraction

    /// <param name="text">What comes after a number of a list.</param>
    /// <param name="into">Room for the numbers, as FP32, correctly rounded.</param>
    /// <param name="consumed">Bytes of the run.</param>
    /// <returns>How many numbers it has; all of the room means that there may be more.</returns>
    public static int Read(ReadOnlySpan<byte> text, Span<float> into, out int consumed)
    {
        consumed = 0;
        var count = 0;
        var at = 0;
        while (count < into.Length && Comma(text, ref at) && Number(text, ref at, out into[count]))
        {
            count++;
            consumed = at;
        }

        return count;
    }

    private static bool Comma(ReadOnlySpan<byte> text, ref int at)
    {
        Space(text, ref at);
        if (at >= text.Length || text[at] != ',')
        {
            return false;
        }

        at++;
        Space(text, ref at);
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Space(ReadOnlySpan<byte> text, ref int at)
    {
        while (at < text.Length && text[at] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t')
        {
            at++;
        }
    }

    /// <summary>A number by JSON's grammar, without exponent: no zero before other digits, a digit on each side of the point, and behind it an end of numbers.</summary>
    private static bool Number(ReadOnlySpan<byte> text, ref int at, out float value)
    {
        value = 0;
        var i = at;
        var isNegative = i < text.Length && text[i] == '-';
        i += isNegative ? 1 : 0;
        var start = i;
        long number = 0;
        Digits(text, ref i, ref number);
        var digits = i - start;
        if (digits == 0 || (digits > 1 && text[start] == '0'))
        {
            return false;
        }

        var fraction = 0;
        if (i < text.Length && text[i] == '.')
        {
            var point = i++;
            Digits(text, ref i, ref number);
            fraction = i - point - 1;
            digits += fraction;
            if (fraction == 0)
            {
                return false;
            }
        }

        if (digits > MostDigits || i >= text.Length || text[i] is not ((byte)',' or (byte)']' or (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t')
            || !JsonNumbers.TryRound(isNegative, number, fraction, out value))
        {
            return false;
        }

        at = i;
        return true;
    }

    /// <summary>Overflows silently: what has too many digits is not taken.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Digits(ReadOnlySpan<byte> text, ref int at, ref long number)
    {
        for (uint digit; at < text.Length && (digit = (uint)(text[at] - '0')) <= 9; at++)
        {
            number = (number * 10) + digit;
        }
    }
}
