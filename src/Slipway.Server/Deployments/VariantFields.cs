using System.Text.RegularExpressions;

namespace Slipway.Server.Deployments;

/// <summary>Rules of a variant's own fields.</summary>
internal static partial class VariantFields
{
    public const int MostVariants = 20;
    public const int MostRetries = 10;

    public static void VariantName(this DeploymentFields fields, string field, string? name)
    {
        if (name is null || !NamePattern().IsMatch(name))
        {
            fields.Wrong(field, "A variant's name is 1 to 64 letters, digits, dots, underscores or hyphens, and begins with a letter or digit.");
        }
    }

    /// <param name="prefix">Of the field's name: empty, or ending in a dot.</param>
    public static void VariantReplicas(this DeploymentFields fields, string prefix, int? min, int? max)
    {
        if (min is < 0 || (min is not null && max is not null && min > max))
        {
            fields.Wrong($"{prefix}min_replicas", "min_replicas of a variant must be 0 or more and not above its max_replicas.");
        }

        if (max is { } most && (most < 1 || most > fields.Limits.MaxReplicas))
        {
            fields.Wrong($"{prefix}max_replicas", $"max_replicas of a variant must be between 1 and {fields.Limits.MaxReplicas}.");
        }
    }

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._-]{0,63}\z", RegexOptions.NonBacktracking)]
    private static partial Regex NamePattern();
}
