using System.Diagnostics;
using System.Text;

namespace Slipway.EndToEnd.Tests;

/// <summary><c>push --watch</c> as a person uses it: files are saved in a folder, and the program in the other window does the rest.</summary>
public sealed class LiveReloadTests(ITestOutputHelper output)
{
    [Fact]
    public async Task A_save_is_answered_a_broken_one_prints_its_traceback_and_a_killed_server_loses_nothing()
    {
        await using var slipway = await SlipwayProcess.StartAsync();
        var folder = slipway.WritePackage("live", Packages.Echo("one"));
        var model = Path.Combine(folder, "model/model.py");
        using var watch = slipway.Start(["push", folder, "--name", "live", "--watch"]);
        var said = new StringBuilder();
        watch.OutputDataReceived += (_, e) => Note(said, e.Data);
        watch.ErrorDataReceived += (_, e) => Note(said, e.Data);
        watch.BeginOutputReadLine();
        watch.BeginErrorReadLine();
        try
        {
            await AnswersAsync(slipway, "one");
            await SaysAsync(said, "Watching");

            var clock = Stopwatch.StartNew();
            await SaveAsync(model, Packages.Echo("two")["model/model.py"]);
            await AnswersAsync(slipway, "two");
            output.WriteLine($"save to answer: {clock.ElapsedMilliseconds} ms");

            await SaveAsync(model, "class Model:\n    def predict(self, inputs):\n        return (\n");
            await SaysAsync(said, "SyntaxError");
            await SaysAsync(said, "\"model/model.py\", line 3");   // the log may say it first, with the whole path
            await AnswersAsync(slipway, "two");

            await SaveAsync(Path.Combine(folder, "config.yaml"), "resources:\n  cpu: \"0.5\"\n");
            await SaysAsync(said, "A full push is required: resources of config.yaml changed");
            await SaveAsync(Path.Combine(folder, "config.yaml"), Packages.Echo("x")["config.yaml"]);

            // What cannot be taken is said once, however often the folder is looked at.
            await SaveAsync(Path.Combine(folder, "config.yaml"), "a: [");
            await SaysAsync(said, "bad_config");
            await Task.Delay(TimeSpan.FromSeconds(5));
            Assert.Equal(2, Text(said).Split("bad_config").Length);
            await SaveAsync(Path.Combine(folder, "config.yaml"), Packages.Echo("x")["config.yaml"]);

            // Saved while no server is there.
            await slipway.KillAsync();
            await SaveAsync(model, Packages.Echo("three")["model/model.py"]);
            await SaysAsync(said, "The server is away");
            await slipway.UpAsync();
            await AnswersAsync(slipway, "three");
            await SaysAsync(said, "The server is back");

            Assert.Contains("+++ b/model/model.py", await slipway.MustAsync("deployments", "diff", "live"), StringComparison.Ordinal);
            Assert.Contains("requests", await slipway.MustAsync("deployments", "analytics", "live", "--range", "1h", "--by-variant"), StringComparison.Ordinal);
            await slipway.MustAsync("deployments", "freeze", "live");
            await Eventually.TrueAsync(
                async () => (await slipway.GetAsync("/api/v1/deployments/development/live/draft")) is var d && d.TryGetProperty("is_frozen", out var frozen) && frozen.GetBoolean()
                    && d.GetProperty("base_version").GetInt32() == 2,
                "the draft is version 2", TimeSpan.FromSeconds(60));
            await AnswersAsync(slipway, "three");

            // It ends when there is nothing to watch any more, and says why.
            await slipway.MustAsync("deployments", "delete", "live", "--yes");
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            await watch.WaitForExitAsync(patience.Token);
            Assert.Equal(4, watch.ExitCode);

            var (code, _, error) = await slipway.RunAsync("push", folder, "--name", "live", "--watch", "--max", "4");
            Assert.Equal(2, code);
            Assert.Contains("cannot be combined with --max", error, StringComparison.Ordinal);
        }
        finally
        {
            output.WriteLine(Text(said));
            watch.Kill();
            await watch.WaitForExitAsync();
        }
    }

    /// <summary>As editors save: another file that takes the place of the first.</summary>
    private static async Task SaveAsync(string path, string text)
    {
        await File.WriteAllTextAsync(path + "~", text);
        File.Move(path + "~", path, overwrite: true);
    }

    private static Task AnswersAsync(SlipwayProcess slipway, string tag) => Eventually.TrueAsync(
        async () =>
        {
            using var answer = await slipway.PredictAsync("development", "live", "{}");
            return (await answer.Content.ReadAsStringAsync()).Contains($"\"{tag}\"", StringComparison.Ordinal);
        },
        $"{tag} answers", TimeSpan.FromSeconds(60));

    private static Task SaysAsync(StringBuilder said, string words) =>
        Eventually.TrueAsync(() => Task.FromResult(Text(said).Contains(words, StringComparison.Ordinal)), $"it says: {words}", TimeSpan.FromSeconds(60));

    private static void Note(StringBuilder said, string? line)
    {
        lock (said)
        {
            said.AppendLine(line);
        }
    }

    private static string Text(StringBuilder said)
    {
        lock (said)
        {
            return said.ToString();
        }
    }
}
