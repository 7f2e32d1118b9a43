using System.Text.RegularExpressions;
using Slipway.Testing;

namespace Slipway.EndToEnd.Tests;

/// <summary>Code in docs is run.</summary>
public sealed partial class ReadmeTests
{
    [Fact]
    public async Task The_commands_of_the_README_work()
    {
        await using var slipway = await SlipwayProcess.DemoAsync("-d '");
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

    [Fact]
    public async Task The_calls_of_the_page_on_Open_Inference_answer_as_it_shows()
    {
        Assert.SkipWhen(OnnxLibrary.Path is null, OnnxLibrary.Missing);
        await using var slipway = await SlipwayProcess.StartAsync();
        await slipway.MustAsync("push", Path.Combine(SlipwayProcess.SourceRoot, "samples", "digits"), "--wait");
        var page = await File.ReadAllTextAsync(Path.Combine(SlipwayProcess.SourceRoot, "docs", "open-inference.md"));
        var blocks = Block().Matches(page).Select(m => (Language: m.Groups["language"].Value, Text: m.Groups["text"].Value.Replace("http://localhost:7070/", slipway.Address.ToString(), StringComparison.Ordinal))).ToList();
        var calls = blocks.Zip(blocks.Skip(1)).Where(b => b.First.Text.StartsWith("curl", StringComparison.Ordinal)).ToList();
        Assert.Equal(2, calls.Count);
        foreach (var (call, answer) in calls)
        {
            Assert.Equal(answer.Text.Trim(), (await RunAsync(slipway, "/bin/bash", call.Text)).Trim());
        }

        Assert.Contains("probabilities", await RunAsync(slipway, "python3", blocks.Single(b => b.Language == "python").Text), StringComparison.Ordinal);
    }

    private static async Task<string> RunAsync(SlipwayProcess slipway, string program, string code)
    {
        var start = new System.Diagnostics.ProcessStartInfo(program, ["-c", code]) { RedirectStandardOutput = true, UseShellExecute = false };
        start.Environment["SLIPWAY_API_KEY"] = slipway.Client.DefaultRequestHeaders.Authorization!.Parameter;
        using var process = System.Diagnostics.Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return output;
    }

    [GeneratedRegex("""^```(?<language>\w*)\n(?<text>.*?)^```$""", RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Block();

    [GeneratedRegex("""^\$ \./slipway (?<command>[^\n]+)$""", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Command();

    [GeneratedRegex("""'[^']*'|\S+""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Word();
}
