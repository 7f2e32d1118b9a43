using System.Text.Json;

namespace Slipway.EndToEnd.Tests;

/// <summary>Schedules with the real program: the nightly sample, and jobs whose server dies.</summary>
public sealed class ScheduleTests
{
    /// <summary>All places by <c>SLIPWAY_KILL_POINTS=all</c>.</summary>
    private static readonly string[] Points = Environment.GetEnvironmentVariable("SLIPWAY_KILL_POINTS") == "all"
        ?
        [
            "schedules.before_settled", "schedules.after_begin", "schedules.after_spawn", "schedules.before_release", "schedules.after_release", "schedules.before_ended", "schedules.after_ended",
        ]
        : ["schedules.after_spawn", "schedules.after_release", "schedules.before_ended"];

    private const string Script = """
        import os, time
        print("began", os.getpid(), flush=True)
        while os.environ.get("WAIT") and not os.path.exists("go on"): time.sleep(0.05)
        time.sleep(0.5)
        print("ended", os.getpid())
        """;

    [Fact]
    public async Task The_nightly_sample_trains_and_registers_a_version_by_itself()
    {
        Assert.SkipUnless(File.Exists("/usr/lib/python3/dist-packages/sklearn/__init__.py"), "scikit-learn is not installed (python3-sklearn)");
        await using var slipway = await SlipwayProcess.StartAsync();
        await slipway.MustAsync(
            "schedules", "create", Path.Combine(SlipwayProcess.SourceRoot, "samples/nightly-iris"), "--experiment", "nightly", "--cron", "30 2 * * *", "--time-zone", "Europe/Berlin",
            "--parameters", """{"trees": 7}""");
        Assert.Contains("02:30", await slipway.MustAsync("schedules", "preview", "30 2 * * *", "--time-zone", "Europe/Berlin"), StringComparison.Ordinal);

        var execution = JsonDocument.Parse(await slipway.MustAsync("schedules", "run", "nightly-iris", "--wait", "--output", "json")).RootElement;

        Assert.Equal("succeeded", execution.GetProperty("status").GetString());
        Assert.Contains("registered nightly-iris v1 with accuracy", await slipway.MustAsync("schedules", "logs", "nightly-iris"), StringComparison.Ordinal);
        var version = await slipway.GetAsync("/api/v1/models/nightly-iris/versions/1");
        Assert.True(version.GetProperty("runnable").GetBoolean());
        var run = (await slipway.GetAsync($"/api/v1/runs/{execution.GetProperty("run_id").GetString()}")).GetProperty("run");
        Assert.Equal(("Completed", "nightly", "7"), (run.GetProperty("status").GetString(), run.GetProperty("experiment_name").GetString(), run.GetProperty("parameters").GetProperty("trees").GetString()));
        Assert.InRange(run.GetProperty("metrics").GetProperty("accuracy").GetProperty("value").GetDouble(), 0.9, 1);
        Assert.Equal(run.GetProperty("id").GetString(), version.GetProperty("source_run_id").GetString());
        Assert.Equal("7", version.GetProperty("parameters").GetProperty("trees").GetString());
        Assert.Equal(run.GetProperty("metrics").GetProperty("accuracy").GetProperty("value").GetDouble(), version.GetProperty("metrics").GetProperty("accuracy").GetDouble());
        Assert.Equal("iris", Assert.Single(version.GetProperty("datasets").EnumerateArray()).GetProperty("name").GetString());
        Assert.Contains("succeeded", await slipway.MustAsync("schedules", "executions", "nightly-iris"), StringComparison.Ordinal);
        Assert.Contains("train.py", await slipway.MustAsync("schedules", "files", "nightly-iris"), StringComparison.Ordinal);
        var copy = Path.Combine(slipway.DataFolder, "copy");
        await slipway.MustAsync("schedules", "download", "nightly-iris", "--to", copy, "--file", "train.py");
        Assert.Equal(await File.ReadAllTextAsync(Path.Combine(SlipwayProcess.SourceRoot, "samples/nightly-iris/train.py")), await File.ReadAllTextAsync(Path.Combine(copy, "train.py")));
        await slipway.MustAsync("verify");
    }

    [Fact]
    public async Task A_server_that_dies_loses_no_job_and_starts_none_twice()
    {
        await using var slipway = await SlipwayProcess.StartAsync();
        var folder = slipway.WritePackage("job", new Dictionary<string, string> { ["train.py"] = Script, ["config.yaml"] = "base_image: python-system\n" });
        await slipway.MustAsync("schedules", "create", folder, "--name", "waits", "--experiment", "kills", "--cron", "0 0 1 1 *", "--variable", "WAIT=1");
        await slipway.MustAsync("schedules", "create", folder, "--name", "quick", "--experiment", "kills", "--cron", "0 0 1 1 *");

        // In the middle of its work: the same process goes on and is followed to its end.
        await slipway.MustAsync("schedules", "run", "waits");
        await Eventually.TrueAsync(async () => await LogAsync(slipway, "waits", 1) is var log && log.Contains("began ", StringComparison.Ordinal) && await StatusAsync(slipway, "waits", 1) == "running", "it runs");
        await slipway.KillAsync();
        await slipway.UpAsync();
        Assert.Equal("running", await StatusAsync(slipway, "waits", 1));
        var work = Assert.Single(Directory.EnumerateDirectories(Path.Combine(slipway.DataFolder, "jobs", "run")));
        await File.WriteAllTextAsync(Path.Combine(work, "work", "go on"), "", TestContext.Current.CancellationToken);
        await EndedAsync(slipway, "waits", 1);

        // Between any two of its steps.
        for (var number = 1; number <= Points.Length; number++)
        {
            await slipway.StopAsync();
            slipway.Client.Dispose();
            slipway.Variables["SLIPWAY_FAILPOINTS"] = $"{Points[number - 1]}=kill@1";
            await slipway.UpAsync();
            await slipway.RunAsync("schedules", "run", "quick");
            if (Points[number - 1] == "schedules.before_settled")
            {
                await slipway.RunAsync("schedules", "edit", "quick", "--cron", "* * * * *");   // due within the minute
            }

            await slipway.EndedAsync(TimeSpan.FromSeconds(90));
            slipway.Variables.Remove("SLIPWAY_FAILPOINTS");
            await slipway.UpAsync();
            if (Points[number - 1] == "schedules.before_settled")
            {
                await slipway.MustAsync("schedules", "edit", "quick", "--cron", "0 0 1 1 *");
            }

            await EndedAsync(slipway, "quick", number);
        }

        await slipway.MustAsync("verify");
    }

    /// <summary>It succeeded, and its command began and ended once, in one process.</summary>
    private static async Task EndedAsync(SlipwayProcess slipway, string schedule, int number)
    {
        await Eventually.TrueAsync(async () => await StatusAsync(slipway, schedule, number) is not ("queued" or "preparing" or "running" or "stopping"), $"{schedule} {number} is over");
        var log = await LogAsync(slipway, schedule, number);
        Assert.True(await StatusAsync(slipway, schedule, number) == "succeeded", $"{await slipway.GetAsync($"/api/v1/schedules/{schedule}/executions/{number}")}\n{log}\n{slipway.Output}");
        var said = log.Split('\n').Select(l => l.Split(' ')).Where(w => w is [_, "began" or "ended", _]).Select(w => (w[1], w[2])).ToList();
        Assert.Equal(["began", "ended"], said.Select(s => s.Item1));
        Assert.Equal(said[0].Item2, said[1].Item2);
        var run = await slipway.GetAsync($"/api/v1/schedules/{schedule}/executions/{number}");
        Assert.Equal("Completed", (await slipway.GetAsync($"/api/v1/runs/{run.GetProperty("run_id").GetString()}")).GetProperty("run").GetProperty("status").GetString());
    }

    private static async Task<string?> StatusAsync(SlipwayProcess slipway, string schedule, int number) =>
        (await slipway.GetAsync($"/api/v1/schedules/{schedule}/executions/{number}")).GetProperty("status").GetString();

    private static Task<string> LogAsync(SlipwayProcess slipway, string schedule, int number) => slipway.Client.GetStringAsync($"/api/v1/schedules/{schedule}/executions/{number}/log");
}
