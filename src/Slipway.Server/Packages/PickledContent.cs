using System.Text;

namespace Slipway.Server.Packages;

/// <summary>
/// Looks at the first bytes of a pickled file, and unpickles nothing: whether what it holds may be an estimator. A state_dict, a dictionary or a list saved under an
/// estimator's file name would fail only when a replica loads it.
/// </summary>
internal static class PickledContent
{
    public const int HeadBytes = 128;

    private const byte Proto = 0x80;
    private const byte Frame = 0x95;

    /// <returns>Why it is none, to be read after the file's name; null: nothing speaks against it.</returns>
    /// <remarks>Source: the opcodes of Python's pickletools. Compressed files of joblib are not looked into.</remarks>
    public static string? WhyNoEstimator(ReadOnlySpan<byte> head)
    {
        if (head.IsEmpty)
        {
            return "is empty.";
        }

        if (head.StartsWith("PK\u0003\u0004"u8))
        {
            return "is a file of PyTorch (a zip): weights such as a state_dict, and no estimator. Add model/model.py with a class Model that builds the network and loads the file.";
        }

        if (head[0] != Proto || head.Length < 3)
        {
            return null;
        }

        var rest = head[2..];
        rest = rest[0] == Frame && rest.Length > 9 ? rest[9..] : rest;
        return (char)rest[0] switch
        {
            '}' => "holds a dictionary, such as a state_dict, and no estimator.",
            ']' => "holds a list, and no estimator.",
            ')' => "holds a tuple, and no estimator.",
            'K' or 'M' or 'J' or 'G' or 'N' => "holds a single value, and no estimator.",
            _ when NamesOrderedDict(rest) => "holds a dictionary, such as a state_dict, and no estimator.",
            _ => null,
        };
    }

    private static bool NamesOrderedDict(ReadOnlySpan<byte> rest)
    {
        var text = Encoding.Latin1.GetString(rest[..Math.Min(rest.Length, 40)]);
        return text.StartsWith("ccollections\nOrderedDict\n", StringComparison.Ordinal)                      // protocols up to 3
            || (rest[0] == 0x8C && text.AsSpan(2).StartsWith("collections", StringComparison.Ordinal) && text.Contains("\u008C\u000BOrderedDict", StringComparison.Ordinal));
    }
}
