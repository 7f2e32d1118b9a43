using System.Text.Json;
using Slipway.Contracts;
using Slipway.Server.Runtimes;

namespace Slipway.Server.Deployments;

/// <summary>Plain environment variables of a revision: their rules, and how they are stored.</summary>
internal static class PlainVariables
{
    public const int Most = 100;
    public const int LongestValue = 32_768;
    public const int LongestAll = 131_072;

    /// <summary>The variables after a change; what is wrong with them goes to the field <c>variables</c>.</summary>
    /// <param name="change">Values to set; a null takes one away. Null: no change.</param>
    public static IReadOnlyDictionary<string, string> Changed(DeploymentFields fields, IReadOnlyDictionary<string, string> before, IReadOnlyDictionary<string, string?>? change)
    {
        if (change is null)
        {
            return before;
        }

        var after = new SortedDictionary<string, string>(before.ToDictionary(), StringComparer.Ordinal);
        foreach (var (name, value) in change)
        {
            if (value is null)
            {
                after.Remove(name);
                continue;
            }

            if ((VariableNames.Wrong(name) ?? (value.Length > LongestValue ? $"{name} has {value.Length} characters; at most {LongestValue} are kept." : null)) is { } wrong)
            {
                fields.Wrong("variables", wrong);
            }

            after[name] = value;
        }

        if (after.Count > Most || after.Sum(v => v.Key.Length + v.Value.Length) > LongestAll)
        {
            fields.Wrong("variables", $"A revision has at most {Most} variables with {LongestAll} characters together.");
        }

        return after;
    }

    public static IReadOnlyDictionary<string, string> Read(string? stored) =>
        stored is null ? new Dictionary<string, string>() : JsonSerializer.Deserialize(stored, ContractsJson.Default.DictionaryStringString)!;

    /// <summary>One text for equal variables, whatever their order; null: none.</summary>
    public static string? Store(IReadOnlyDictionary<string, string> variables) => variables.Count == 0
        ? null
        : JsonSerializer.Serialize(variables.OrderBy(v => v.Key, StringComparer.Ordinal).ToDictionary(), ContractsJson.Default.DictionaryStringString);
}
