using System.Globalization;
using Slipway.Server.Deployments;

namespace Slipway.Server.Gateway;

/// <summary>How a caller names a live version of a deployment: as everywhere 3, v3, a label or @alias, and here also an alias without its sign.</summary>
internal static class VersionNames
{
    public const int NotNamed = 0;

    /// <summary>How well a text names the version of a variant: an alias without its sign yields to a label of the same name.</summary>
    public static int Rank(ReadOnlySpan<char> text, VariantRoute variant)
    {
        if (text is ['@', .. var alias])
        {
            return IsAlias(alias, variant) ? 2 : NotNamed;
        }

        var number = text is ['v' or 'V', .. var digits] ? digits : text;
        if (!number.IsEmpty && !number.ContainsAnyExceptInRange('0', '9'))
        {
            return int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value == variant.ModelVersion ? 2 : NotNamed;
        }

        return text.Equals(variant.Version.Label, StringComparison.Ordinal) ? 2 : IsAlias(text, variant) ? 1 : NotNamed;
    }

    private static bool IsAlias(ReadOnlySpan<char> alias, VariantRoute variant)
    {
        foreach (var name in variant.Version.Aliases)
        {
            if (alias.Equals(name, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }
}
