using Slipway.Server.Runtimes;

namespace Slipway.Server.Deployments.Secrets;

/// <summary>The names of secrets that a configuration uses: their rules, and where they come from.</summary>
internal static class SecretNames
{
    public const int Most = 50;

    /// <summary>The names after a change; what is wrong with them goes to the field <c>secrets</c>.</summary>
    /// <param name="before">The configuration before; null: there is none.</param>
    /// <param name="variants">Those after the change.</param>
    /// <param name="wanted">What the request says; null: those from before, and what the packages of versions declare that are new in it.</param>
    /// <param name="variables">Plain variables of the same configuration: one name has one value.</param>
    public static IReadOnlyList<string> Chosen(
        DeploymentFields fields, RevisionContent? before, IReadOnlyList<Variant> variants, IReadOnlyList<string>? wanted, IReadOnlyDictionary<string, string> variables)
    {
        var declared = variants.Where(v => before?.Variants.Any(b => b.ModelVersionId == v.ModelVersionId) != true).SelectMany(v => v.DeclaredSecrets);
        if (wanted?.Contains(null!) == true)
        {
            fields.Wrong("secrets", "A name of a secret is a text; null is none.");
            return [];
        }

        IReadOnlyList<string> names = [.. (wanted ?? [.. before?.Secrets ?? [], .. declared]).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        foreach (var name in names)
        {
            if ((VariableNames.Wrong(name) ?? (variables.ContainsKey(name) ? $"{name} is a plain variable of this configuration too; take one of them away." : null)) is { } wrong)
            {
                fields.Wrong("secrets", wrong);
            }
        }

        if (names.Count > Most)
        {
            fields.Wrong("secrets", $"A configuration uses at most {Most} secrets.");
        }

        return names;
    }
}
