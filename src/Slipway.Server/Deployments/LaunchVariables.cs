using System.Text.Json;
using Slipway.Server.Runtimes;

namespace Slipway.Server.Deployments;

/// <summary>The environment variables of a replica's process: what config.yaml of its package says, overlaid by those of its revision.</summary>
internal static class LaunchVariables
{
    public static IReadOnlyDictionary<string, string> Of(RuntimeLaunch launch, Revision revision)
    {
        var all = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in OfPackage(launch.Model).Where(v => VariableNames.Wrong(v.Name) is null))
        {
            all[name] = value;
        }

        foreach (var (name, value) in PlainVariables.Read(revision.Variables))
        {
            all[name] = value;
        }

        return all;
    }

    private static IEnumerable<(string Name, string Value)> OfPackage(JsonElement model)
    {
        if (model.ValueKind != JsonValueKind.Object || !model.TryGetProperty("config", out var config) || config.ValueKind != JsonValueKind.Object
            || !config.TryGetProperty("environment_variables", out var variables) || variables.ValueKind != JsonValueKind.Object)
        {
            yield break;
        }

        foreach (var variable in variables.EnumerateObject())
        {
            switch (variable.Value.ValueKind)
            {
                case JsonValueKind.String:
                    yield return (variable.Name, variable.Value.GetString()!);
                    break;
                case JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False:
                    yield return (variable.Name, variable.Value.GetRawText());
                    break;
            }
        }
    }
}
