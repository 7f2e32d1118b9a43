namespace Slipway.EndToEnd.Tests;

/// <summary>The server dies at each boundary between two stored facts, in the middle of push, rollout and predictions, and goes on.</summary>
public sealed class FailpointTests(ITestOutputHelper output)
{
    private static readonly string[] Points =
    [
        "artifacts.after_rename", "packages.after_materialise", "packages.before_ready", "rollouts.before_effect", "rollouts.after_effect", "replicas.after_row",
        "replicas.after_spawn", "history.before_commit", "history.after_commit",
    ];

    [Fact]
    public async Task A_server_that_dies_between_any_two_steps_goes_on_where_it_was()
    {
        await using var slipway = await SlipwayProcess.StartAsync();
        await slipway.PushAsync("echo", Packages.Echo("first"));
        var (models, predictions) = (new List<string>(), new List<string>());
        foreach (var point in Points)
        {
            output.WriteLine($"{DateTime.UtcNow:HH:mm:ss.fff} {point}");

            // 1. It dies there.
            await slipway.KillAsync();
            slipway.Variables["SLIPWAY_FAILPOINTS"] = $"{point}=kill@1";
            await slipway.UpAsync();
            using var stop = new CancellationTokenSource();
            var writing = Traffic.WriteAsync(slipway.Client, i => $"{point}-{i}", models, stop.Token);
            var asking = Traffic.AskAsync(slipway.Client, predictions, stop.Token);
            var pushing = slipway.RunAsync("push", slipway.WritePackage("echo", Packages.Echo(point)), "--name", "echo", "--wait");
            await slipway.EndedAsync(TimeSpan.FromSeconds(60));
            await stop.CancelAsync();
            await Task.WhenAll(writing, asking, pushing);
            Assert.NotEqual(0, (await pushing).ExitCode);

            // 2. Without the fault everything that was begun is finished; what was not acknowledged can be said again.
            slipway.Variables.Remove("SLIPWAY_FAILPOINTS");
            await slipway.UpAsync();
            await RolledOutAsync(slipway);
            if (await TagAsync(slipway) != point)
            {
                await slipway.PushAsync("echo", Packages.Echo(point));
                await RolledOutAsync(slipway);
            }

            Assert.Equal(point, await TagAsync(slipway));

            // 3. One replica, known and alive, and no other process that could be one.
            var pids = Array.Empty<int>();
            await Eventually.TrueAsync(
                async () => (pids = await PidsAsync(slipway)).Length == 1 && pids.SequenceEqual(slipway.ReplicaProcesses()),
                $"the replicas that are known and those that run are the same one after {point}");
            Assert.Equal(pids, await slipway.ReadyPidsAsync("development", "echo"));
            await slipway.MustAsync("verify");
        }

        // 4. What was acknowledged is there.
        Assert.NotEmpty(models);
        Assert.NotEmpty(predictions);
        foreach (var model in models)
        {
            using var found = await slipway.Client.GetAsync($"/api/v1/models/{model}");
            Assert.True(found.IsSuccessStatusCode, $"acknowledged, but gone: {model}");
        }

        var recorded = new List<string>();
        await Eventually.TrueAsync(
            async () => predictions.All((recorded = await Traffic.RecordedAsync(slipway)).ToHashSet().Contains), "every answered prediction is in history", TimeSpan.FromSeconds(30));
        Assert.Equal(recorded.Count, recorded.Distinct().Count());
        output.WriteLine($"{models.Count} writes, {predictions.Count} predictions");
    }

    /// <summary>Waits for the end of every rollout; none may have failed.</summary>
    private static async Task RolledOutAsync(SlipwayProcess slipway)
    {
        List<string?> seen = [];
        await Eventually.TrueAsync(
            async () =>
            {
                var rollouts = (await slipway.GetAsync("/api/v1/deployments/development/echo/rollouts?limit=500")).GetProperty("items").EnumerateArray();
                seen = [.. rollouts.Select(r => r.GetProperty("status").GetString())];
                return seen.All(s => s is "SUCCEEDED" or "FAILED" or "CANCELED");
            },
            "the rollouts end",
            TimeSpan.FromSeconds(60));
        Assert.All(seen, s => Assert.Equal("SUCCEEDED", s));
    }

    private static async Task<string?> TagAsync(SlipwayProcess slipway)
    {
        string? tag = null;
        await Eventually.TrueAsync(
            async () =>
            {
                using var answer = await slipway.PredictAsync("development", "echo", "{}");
                var text = await answer.Content.ReadAsStringAsync();
                tag = answer.IsSuccessStatusCode ? Points.Append("first").Single(t => text.Contains($"\"{t}\"", StringComparison.Ordinal)) : null;
                return tag is not null;
            },
            "it answers",
            TimeSpan.FromSeconds(30));
        return tag;
    }

    private static async Task<int[]> PidsAsync(SlipwayProcess slipway) =>
        [.. (await slipway.GetAsync("/api/v1/deployments/development/echo/replicas")).GetProperty("items").EnumerateArray().Select(r => r.GetProperty("pid").GetInt32()).Order()];
}
