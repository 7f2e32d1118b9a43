using System.Net;
using System.Text.Json;

namespace Slipway.EndToEnd.Tests;

/// <summary>The story that the README tells: push, ask, read the history, kill the server, find everything as it was.</summary>
public sealed class FirstStoryTests
{
    [Fact]
    public async Task A_newcomer_pushes_a_model_gets_answers_and_finds_everything_after_kill_9()
    {
        await using var slipway = await SlipwayProcess.StartAsync();
        var printed = await slipway.MustAsync("push", Path.Combine(SlipwayProcess.SourceRoot, "samples/sentiment"), "--wait");
        Assert.Contains("curl -s", printed, StringComparison.Ordinal);

        using var response = await slipway.PredictAsync("development", "sentiment", """{"text": "A wonderful day, thank you"}""");
        var answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("OK", answer.GetProperty("status").GetString());
        Assert.Equal("positive", answer.GetProperty("result").GetProperty("label").GetString());
        var id = answer.GetProperty("promote_id").GetString()!;

        await Eventually.TrueAsync(async () => (await slipway.Client.GetAsync($"/api/v1/predictions/{id}")).IsSuccessStatusCode, "the prediction is in history");
        var pids = await slipway.ReadyPidsAsync("development", "sentiment");
        Assert.Single(pids);

        await slipway.KillAsync();
        Assert.NotEmpty(SlipwayProcess.ProcessesOf(slipway.DataFolder));
        await slipway.UpAsync();

        await Eventually.TrueAsync(async () => (await slipway.PredictAsync("development", "sentiment", """{"text": "good"}""")).IsSuccessStatusCode, "it answers again");
        Assert.Equal(pids, await slipway.ReadyPidsAsync("development", "sentiment"));
        var detail = await slipway.GetAsync($"/api/v1/predictions/{id}");
        Assert.Contains("wonderful", detail.GetProperty("input").GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.Contains("positive", await slipway.MustAsync("predictions", "show", id), StringComparison.Ordinal);
        Assert.Contains("sentiment", await slipway.MustAsync("deployments", "list"), StringComparison.Ordinal);
        await slipway.MustAsync("verify");
    }

    [Fact]
    public async Task Up_with_demo_prints_a_curl_line_that_works_and_a_second_up_only_says_where_it_is()
    {
        await using var slipway = await SlipwayProcess.DemoAsync("-d '");
        var line = slipway.Output[slipway.Output.IndexOf("curl -s", StringComparison.Ordinal)..].Split("\n\n")[0];
        var start = new System.Diagnostics.ProcessStartInfo("/bin/bash", ["-c", line]) { RedirectStandardOutput = true, UseShellExecute = false };
        using var curl = System.Diagnostics.Process.Start(start)!;
        var answer = await curl.StandardOutput.ReadToEndAsync();
        Assert.Equal("OK", JsonDocument.Parse(answer).RootElement.GetProperty("status").GetString());

        var again = await slipway.RunAsync("up", "--data", slipway.DataFolder);
        Assert.Equal(0, again.ExitCode);
        Assert.Contains(slipway.Address.ToString().TrimEnd('/'), again.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_ONNX_Runtime_the_demo_is_another_model_and_says_why()
    {
        await using var slipway = SlipwayProcess.Prepare();
        slipway.Variables["Slipway__Runtimes__OnnxLibrary"] = "/nowhere/libonnxruntime.so.1";
        await slipway.UpAsync("--demo");
        await Eventually.TrueAsync(() => Task.FromResult(slipway.Output.Contains("-d '", StringComparison.Ordinal)), "the demo is live", TimeSpan.FromMinutes(3), () => slipway.Output);
        Assert.Contains("The demo model 'digits' cannot be served here (There is no ONNX Runtime at the configured Slipway:Runtimes:OnnxLibrary), so 'sentiment' takes its place.", slipway.Output, StringComparison.Ordinal);
        Assert.Contains("The demo model 'sentiment' is live", slipway.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Exit_codes_are_stable()
    {
        await using var slipway = await SlipwayProcess.StartAsync();
        (int Code, string[] Arguments)[] rows =
        [
            (2, ["models", "lst"]),                                  // no such verb
            (4, ["models", "show", "nothing"]),                      // 404
            (2, ["push", "/no/such/folder"]),                        // a mistake before anything is sent
            (4, ["predict", "nothing", "--data", "{}"]),             // no such deployment
            (2, ["models", "delete", "x"]),                          // nobody there to confirm
            (0, ["doctor"]),
            (0, ["keys", "list", "--output", "json"]),
        ];
        foreach (var (code, arguments) in rows)
        {
            var (exit, output, error) = await slipway.RunAsync(arguments);
            Assert.True(code == exit, $"{string.Join(' ', arguments)}: {exit} {output} {error}");
            Assert.True(code == 0 || error.Length > 0, string.Join(' ', arguments));
        }
    }
}
