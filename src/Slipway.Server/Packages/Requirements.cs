using System.Text.RegularExpressions;

namespace Slipway.Server.Packages;

/// <summary>Lines of a requirements list, as pip reads them.</summary>
internal static partial class Requirements
{
    public const int MaxCount = 500;

    /// <summary>Without comments and empty lines; lines that end in a backslash are joined.</summary>
    public static IReadOnlyList<string> Parse(string text) =>
    [
        .. text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace("\\\n", " ", StringComparison.Ordinal).Split('\n')
            .Select(Clean).Where(line => line.Length > 0),
    ];

    /// <summary>
    /// Whether a line names a package, with extras, versions and markers. What else pip takes (URLs, folders, options) would run code of the package, or fetch
    /// from elsewhere, while building.
    /// </summary>
    public static bool IsNamed(string requirement) => Named().IsMatch(requirement);

    /// <summary>The bare name of a named requirement.</summary>
    public static string NameOf(string requirement) => Leading().Match(requirement).Value;

    public static string Clean(string line)
    {
        var comment = line.StartsWith('#') ? 0 : line.IndexOf(" #", StringComparison.Ordinal);
        return (comment >= 0 ? line[..comment] : line).Trim();
    }

    [GeneratedRegex(@"\A[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?\s*(\[[A-Za-z0-9._,\s-]*\])?\s*(\(?\s*(===|==|~=|!=|<=|>=|<|>)[^;@]*)?(;.*)?\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Named();

    [GeneratedRegex(@"\A[A-Za-z0-9._-]+", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Leading();
}
