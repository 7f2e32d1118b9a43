using System.Collections.Concurrent;
using System.Text.Json;

namespace Slipway.EndToEnd.Tests;

/// <summary>The command line as a person types it: words are apart by blanks, and what stands in single quotes is one. Keeps which verbs were tried.</summary>
internal sealed class CommandLine(SlipwayProcess slipway)
{
    private readonly ConcurrentDictionary<string, bool> tried = new(StringComparer.Ordinal);

    /// <summary>Runs a command that must succeed and print each of these on standard output.</summary>
    /// <returns>What it printed, without the line's end.</returns>
    public async Task<string> PrintsAsync(string line, params string[] expected)
    {
        var output = (await slipway.MustAsync(Words(line))).Trim();
        foreach (var text in expected)
        {
            Assert.True(output.Contains(text, StringComparison.Ordinal), $"'slipway {line}' does not print '{text}', but\n{output}");
        }

        return output;
    }

    /// <summary>Runs a command that must end with a code, and say each of these on standard error.</summary>
    /// <returns>What it printed on standard output, without the line's end.</returns>
    public async Task<string> EndsAsync(int code, string line, params string[] expected)
    {
        var (ended, output, error) = await slipway.RunAsync(Words(line));
        Assert.True(ended == code, $"'slipway {line}' ended with {ended}, not {code}:\n{output}\n{error}");
        foreach (var text in expected)
        {
            Assert.True(error.Contains(text, StringComparison.Ordinal), $"'slipway {line}' does not say '{text}', but\n{error}");
        }

        return output.Trim();
    }

    public async Task<JsonElement> JsonAsync(string line) => JsonElement.Parse(await PrintsAsync($"{line} --output json"));

    /// <summary>The verbs of a noun, as its help lists them, that were not tried.</summary>
    public async Task<IReadOnlyList<string>> UntriedAsync(string noun)
    {
        var help = await slipway.MustAsync(noun, "--help");
        var listed = help.Split("Commands:")[1].Split('\n').Where(l => l.StartsWith("  ", StringComparison.Ordinal) && l.Length > 2 && l[2] != ' ').Select(l => $"{noun} {l.Trim().Split(' ')[0]}").ToList();
        Assert.NotEmpty(listed);
        return [.. listed.Where(verb => !tried.ContainsKey(verb))];
    }

    private string[] Words(string line)
    {
        string[] words = [.. line.Split('\'').SelectMany((part, at) => at % 2 == 1 ? [part] : part.Split(' ', StringSplitOptions.RemoveEmptyEntries))];
        tried[string.Join(' ', words.Take(2))] = true;
        return words;
    }
}
