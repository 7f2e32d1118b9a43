using System.Text.RegularExpressions;

namespace Slipway.Server.Runtimes;

/// <summary>Which names environment variables of a model may have.</summary>
internal static partial class VariableNames
{
    public const int Longest = 128;

    /// <summary>Names that decide how a replica itself is started; a model that set them would break it, or its containment.</summary>
    private static readonly HashSet<string> Reserved = new(StringComparer.Ordinal)
    {
        "PATH", "HOME", "USER", "LOGNAME", "SHELL", "PWD", "TMPDIR", "IFS", "BASH_ENV", "ENV", "PORT", "PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONUSERBASE", "LD_PRELOAD",
        "LD_LIBRARY_PATH", "LD_AUDIT", "CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES",
    };

    /// <summary>Whether a text has the form of a variable's name.</summary>
    public static bool HasForm(string name) => name.Length <= Longest && Pattern().IsMatch(name);

    /// <summary>Why a name cannot be a variable's, as a sentence; null: it can.</summary>
    public static string? Wrong(string name)
    {
        if (!HasForm(name))
        {
            return $"{(name.Length > Longest ? name[..Longest] + "…" : name)}: a variable's name has 1 to {Longest} letters, digits and underscores and does not begin with a digit.";
        }

        return Reserved.Contains(name) || name.StartsWith("SLIPWAY_", StringComparison.OrdinalIgnoreCase) ? $"{name} is set by Slipway itself; choose another name." : null;
    }

    [GeneratedRegex(@"\A[A-Za-z_][A-Za-z0-9_]*\z", RegexOptions.NonBacktracking)]
    private static partial Regex Pattern();
}
