using Slipway.Contracts;

namespace Slipway.Cli.Commands;

/// <summary>Names with values, as options and arguments give them.</summary>
internal static class Pairs
{
    /// <summary>The value of <c>--labels</c>.</summary>
    public static Dictionary<string, string>? Labels(string? json)
    {
        try
        {
            return json is null ? null : JsonSerializer.Deserialize(json, ContractsJson.Default.DictionaryStringString);
        }
        catch (JsonException)
        {
            throw new CliException(ExitCode.Usage, "--labels takes a JSON object of strings, for example '{\"team\": \"growth\"}'.");
        }
    }

    /// <summary><c>NAME=VALUE</c>, each once; the value may hold further equals signs.</summary>
    public static Dictionary<string, string?> Assigned(IEnumerable<string> texts)
    {
        var pairs = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var text in texts)
        {
            if (text.Split('=', 2) is not [{ Length: > 0 } name, var value] || !pairs.TryAdd(name, value))
            {
                throw new CliException(ExitCode.Usage, $"'{text}' is not NAME=VALUE, or its name comes twice.");
            }
        }

        return pairs;
    }
}
