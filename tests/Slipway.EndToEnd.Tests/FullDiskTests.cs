using System.Text;
using System.Text.Json;

namespace Slipway.EndToEnd.Tests;

/// <summary>A disk that is really full: a small file system of its own under the data folder.</summary>
public sealed class FullDiskTests(ITestOutputHelper output)
{
    private static readonly bool Full = Environment.GetEnvironmentVariable("SLIPWAY_ROLLOUTS") == "full";

    [Fact]
    public async Task A_full_disk_refuses_writes_with_507_and_predictions_go_on()
    {
        await using var slipway = SlipwayProcess.Prepare();
        await using var disk = new SmallDisk("200m");   // unmounted before its folder is removed
        await disk.MountAsync(slipway.DataFolder);
        await slipway.UpAsync();
        await slipway.PushAsync("echo", Packages.Echo("kept"));
        var fill = Path.Combine(slipway.DataFolder, "fill");
        await SmallDisk.RunAsync("dd", "if=/dev/zero", $"of={fill}", "bs=1M");

        using (var refused = await RegisterAsync(slipway, "too-late"))
        {
            var text = await refused.Content.ReadAsStringAsync();
            Assert.True((int)refused.StatusCode == 507 && text.Contains("storage_full", StringComparison.Ordinal), text);
        }

        var asked = new List<string>();
        for (var i = 0; i < 20; i++)
        {
            using var answer = await slipway.PredictAsync("development", "echo", "{}");
            Assert.True(answer.IsSuccessStatusCode);
            asked.Add(answer.Headers.GetValues("Slipway-Prediction-Id").Single());
        }

        File.Delete(fill);
        await Eventually.TrueAsync(async () => (await RegisterAsync(slipway, $"model-{Guid.NewGuid():N}")).IsSuccessStatusCode, "writes are taken again");
        using var absent = await slipway.Client.GetAsync("/api/v1/models/too-late");
        Assert.Equal(404, (int)absent.StatusCode);
        await Eventually.TrueAsync(async () => (await slipway.Client.GetAsync($"/api/v1/predictions/{asked[^1]}")).IsSuccessStatusCode, "history has caught up");
        foreach (var id in asked)
        {
            using var found = await slipway.Client.GetAsync($"/api/v1/predictions/{id}");
            Assert.True(found.IsSuccessStatusCode, id);
        }

        await slipway.MustAsync("verify");
        await slipway.StopAsync();
    }

    /// <summary>What the release does on the full disk, and where the server dies; the first alone in the short form: its load fails, and there is no room to write down why.</summary>
    public static TheoryData<string, string?> Fillings()
    {
        var cases = new TheoryData<string, string?> { { "raise", null } };
        if (Full)
        {
            cases.Add("time.sleep(600)", null);   // it lives on and holds the disk
            cases.Add("raise", "replicas.before_end");
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Fillings))]
    public async Task A_release_that_fills_the_whole_disk_is_rolled_back_and_the_old_one_serves_on(string then, string? dies)
    {
        await using var slipway = SlipwayProcess.Prepare();
        await using var disk = new SmallDisk("150m");   // unmounted before its folder is removed
        if (dies is not null)
        {
            slipway.Variables["SLIPWAY_FAILPOINTS"] = $"{dies}=kill@1";
        }

        await disk.MountAsync(slipway.DataFolder);
        await slipway.UpAsync();
        await slipway.PushAsync("echo", Packages.Echo("good"));
        await using var load = dies is not null ? null : Load.Start(slipway.Client, "/development/models/echo", 30, TimeSpan.FromMinutes(5));

        // Into the replica's own folder, which is on the disk of database, history and store.
        var fills = Packages.Code(
            $"""
            import time

            class Model:
                def load(self):
                    try:
                        with open('weights.bin', 'wb', buffering=0) as file:
                            while True:
                                file.write(b'x' * 65536)
                    except OSError:
                        {then}

                def predict(self, inputs):
                    return dict(tag='bad')
            """);
        var pushing = slipway.RunAsync("push", slipway.WritePackage("bad", fills), "--name", "echo", "--wait", "--progress-deadline", "120");
        if (dies is not null)
        {
            await slipway.EndedAsync(TimeSpan.FromSeconds(60));
            await pushing;
            slipway.Variables.Remove("SLIPWAY_FAILPOINTS");
            await slipway.UpAsync();
        }

        var rollout = default(JsonElement);
        await Eventually.TrueAsync(
            async () =>
            {
                rollout = (await slipway.GetAsync("/api/v1/rollouts?limit=1")).GetProperty("items")[0];
                return rollout.GetProperty("to_revision").GetInt32() == 2 && rollout.GetProperty("status").GetString() is "FAILED" or "SUCCEEDED" or "CANCELED";
            },
            "the rollout has ended", TimeSpan.FromMinutes(2), () => slipway.Output);
        Assert.Equal(("FAILED", "out_of_disk"), (rollout.GetProperty("status").GetString(), rollout.GetProperty("error_code").GetString()));
        output.WriteLine(rollout.GetProperty("error_message").GetString()!);
        if (load is not null)
        {
            var (exit, _, error) = await pushing;
            Assert.True(exit == 7 && error.Contains("[out_of_disk]", StringComparison.Ordinal), $"{exit}\n{error}");
            var answers = await load.StopAsync();
            Assert.All(answers, a => Assert.True(a.Status == 200 && a.Body.Contains("\"good\"", StringComparison.Ordinal), $"{a}"));
            output.WriteLine($"{answers.Count} requests, none failed");
        }

        // What filled the disk has gone with it.
        Assert.True((await RegisterAsync(slipway, "afterwards")).IsSuccessStatusCode);
        await slipway.MustAsync("verify");
        await slipway.StopAsync();
    }

    [Fact]
    public async Task A_ready_replica_that_fills_its_storage_or_the_disk_is_ended_and_replaced_and_its_neighbour_stays()
    {
        await using var slipway = SlipwayProcess.Prepare();
        await using var disk = new SmallDisk("200m");   // unmounted before its folder is removed
        await disk.MountAsync(slipway.DataFolder);
        await slipway.UpAsync();
        await slipway.PushAsync("echo", Packages.Echo("kept"));
        await slipway.PushAsync("writer", Packages.Code(
            """
            import os, tempfile
            class Model:
                def predict(self, inputs):
                    try:
                        with open(os.path.join(tempfile.gettempdir(), 'scratch.bin'), 'wb', buffering=0) as file:
                            for _ in range(inputs.get('mebibytes', 100000)):
                                file.write(b'x' * 1048576)
                    except OSError as full:
                        return str(full)
                    return 'written'
            """));
        var neighbour = await slipway.ReadyPidsAsync("development", "echo");

        // Its limit: 40 MB are less, 80 MB are more.
        await slipway.MustAsync("deployments", "update", "writer", "--storage", "0.06", "--wait");
        Assert.Contains("\"storage\":\"advisory\"", await slipway.MustAsync("deployments", "replicas", "writer", "--output", "json"), StringComparison.Ordinal);
        await WriteAsync("""{"mebibytes": 40}""");
        await ReplacedAsync("storage_limit", () => WriteAsync("""{"mebibytes": 80}"""));

        // The disk: without a limit of its own it takes what there is.
        await slipway.MustAsync("deployments", "update", "writer", "--storage", "0", "--wait");
        await ReplacedAsync("out_of_disk", () => WriteAsync("{}"));
        Assert.Equal(neighbour, await slipway.ReadyPidsAsync("development", "echo"));
        Assert.True((await RegisterAsync(slipway, "afterwards")).IsSuccessStatusCode);
        await slipway.StopAsync();

        async Task WriteAsync(string input)
        {
            using var answer = await slipway.PredictAsync("development", "writer", input);   // it may be ended before it has answered
            output.WriteLine($"{input}: {(int)answer.StatusCode}");
        }

        async Task ReplacedAsync(string reason, Func<Task> write)
        {
            var before = await slipway.ReadyPidsAsync("development", "writer");
            await write();
            await Eventually.TrueAsync(
                async () =>
                {
                    using var answer = await slipway.PredictAsync("development", "echo", "{}");
                    Assert.True(answer.IsSuccessStatusCode);
                    var replicas = (await slipway.GetAsync("/api/v1/deployments/development/writer/replicas")).GetProperty("items").EnumerateArray();   // one of the revision before may still drain
                    return replicas.Any(r => r.GetProperty("state").GetString() == "ready" && r.GetProperty("last_exit").GetString() == reason && !before.Contains(r.GetProperty("pid").GetInt32()));
                },
                $"the writer is ended with {reason} and ready again", TimeSpan.FromMinutes(1), () => slipway.Output);
        }
    }

    private static Task<HttpResponseMessage> RegisterAsync(SlipwayProcess slipway, string name) =>
        slipway.Client.PostAsync("/api/v1/models", new StringContent($$"""{"name": "{{name}}"}""", Encoding.UTF8, "application/json"));
}
