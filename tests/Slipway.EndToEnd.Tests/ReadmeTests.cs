using System.Text.RegularExpressions;

namespace Slipway.EndToEnd.Tests;

/// <summary>Code in docs is run.</summary>
public sealed partial class ReadmeTests
{
    [Fact]
    public async Task The_commands_of_the_README_work()
    {
        await using var slipway = await SlipwayProcess.StartAsync(null, "--demo");
        await Eventually.TrueAsync(() => Task.FromResult(slipway.Output.Contains("-d '", StringComparison.Ordinal)), "the demo is live", TimeSpan.FromMinutes(1));
        var readme = await File.ReadAllTextAsync(Path.Combine(SlipwayProcess.SourceRoot, "README.md"));
        var commands = Command().Matches(readme).Select(m => m.Groups["command"].Value.Trim()).Where(c => c is not ("up --demo" or "up") && !c.Contains(" -f", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(commands);
        foreach (var command in commands)
        {
            var arguments = Word().Matches(command).Select(m => m.Value.Trim('\''))
                .Select(a => a.StartsWith("samples/", StringComparison.Ordinal) ? Path.Combine(SlipwayProcess.SourceRoot, a) : a).ToArray();
            await slipway.MustAsync(arguments);
        }
    }

    [GeneratedRegex("""^\$ \./slipway (?<command>[^\n]+)$""", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Command();

    [GeneratedRegex("""'[^']*'|\S+""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Word();
}
