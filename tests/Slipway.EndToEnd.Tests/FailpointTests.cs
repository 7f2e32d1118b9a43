namespace Slipway.EndToEnd.Tests;

/// <summary>The server dies at each boundary between two stored facts, in the middle of push, rollout and predictions, and goes on.</summary>
public sealed class FailpointTests(ITestOutputHelper output)
{
    /// <summary>Where, after how many passes, and on which database in the short form. (The first passes may belong to the start.)</summary>
    private static readonly (string Point, int Passed, string Database)[] All =
    [
        ("history.before_commit", 5, Databases.PostgreSql),
        ("history.after_commit", 5, Databases.Sqlite),
        ("artifacts.after_rename", 1, Databases.Sqlite),
        ("packages.after_materialise", 1, Databases.Sqlite),
        ("packages.before_ready", 1, Databases.PostgreSql),
        ("rollouts.before_effect", 1, Databases.Sqlite),
        ("rollouts.after_effect", 1, Databases.PostgreSql),
        ("replicas.after_row", 1, Databases.PostgreSql),
        ("replicas.after_spawn", 1, Databases.Sqlite),
    ];

    public static TheoryData<string, int, string> Points => [.. All.SelectMany(p => Databases.Of(p.Database).Select(d => new TheoryDataRow<string, int, string>(p.Point, p.Passed, d)))];

    [Theory]
    [MemberData(nameof(Points))]
    public async Task A_server_that_dies_between_two_steps_goes_on_where_it_was(string point, int passed, string database)
    {
        await using var slipway = await Databases.StartAsync(database);
        await slipway.PushAsync("echo", Packages.Echo("first"));
        var (models, predictions) = (new List<string>(), new List<string>());

        // 1. It dies there.
        await slipway.KillAsync();
        slipway.Variables["SLIPWAY_FAILPOINTS"] = $"{point}=kill@{passed}";
        await slipway.UpAsync();
        using var stop = new CancellationTokenSource();
        var writing = Traffic.WriteAsync(slipway.Client, i => $"model-{i}", models, stop.Token);
        var asking = Traffic.AskAsync(slipway.Client, predictions, stop.Token);
        var pushing = slipway.RunAsync("push", slipway.WritePackage("echo", Packages.Echo("second")), "--name", "echo", "--wait");
        await slipway.EndedAsync(TimeSpan.FromSeconds(60));
        await stop.CancelAsync();
        await Task.WhenAll(writing, asking, pushing);
        Assert.NotEqual(0, (await pushing).ExitCode);

        // 2. Without the fault everything that was begun is finished; what was not acknowledged can be said again.
        slipway.Variables.Remove("SLIPWAY_FAILPOINTS");
        await slipway.UpAsync();
        await RolledOutAsync(slipway);
        if (await TagAsync(slipway) != "second")
        {
            await slipway.PushAsync("echo", Packages.Echo("second"));
            await RolledOutAsync(slipway);
        }

        Assert.Equal("second", await TagAsync(slipway));

        // 3. One replica, known and alive, and no other process that could be one.
        var pids = Array.Empty<int>();
        await Eventually.TrueAsync(
            async () => (pids = await PidsAsync(slipway)).Length == 1 && pids.SequenceEqual(slipway.ReplicaProcesses()),
            "the replica that is known is the only one that runs");
        Assert.Equal(pids, await slipway.ReadyPidsAsync("development", "echo"));
        await slipway.MustAsync("verify");

        // 4. What was acknowledged is there, once.
        foreach (var model in models)
        {
            using var found = await slipway.Client.GetAsync($"/api/v1/models/{model}");
            Assert.True(found.IsSuccessStatusCode, $"acknowledged, but gone: {model}");
        }

        var recorded = new List<string>();
        await Eventually.TrueAsync(
            async () => predictions.All((recorded = await Traffic.RecordedAsync(slipway)).ToHashSet().Contains), "every answered prediction is in history");
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
                tag = answer.IsSuccessStatusCode ? new[] { "first", "second" }.Single(t => text.Contains($"\"{t}\"", StringComparison.Ordinal)) : null;
                return tag is not null;
            },
            "it answers",
            TimeSpan.FromSeconds(30));
        return tag;
    }

    private static async Task<int[]> PidsAsync(SlipwayProcess slipway) =>
        [.. (await slipway.GetAsync("/api/v1/deployments/development/echo/replicas")).GetProperty("items").EnumerateArray().Select(r => r.GetProperty("pid").GetInt32()).Order()];
}
