using System.Text.Json;

namespace Slipway.EndToEnd.Tests;

/// <summary>Rollouts of real replicas, under load. <c>SLIPWAY_ROLLOUTS=full</c> tries every kind of bad release and kills the server twenty times.</summary>
public sealed class RolloutTests(ITestOutputHelper output)
{
    private static readonly bool Full = Environment.GetEnvironmentVariable("SLIPWAY_ROLLOUTS") == "full";

    /// <summary>A release that a gate or a crash must find, and the code for it.</summary>
    private static readonly (string Kind, string Code, string Model, bool Short)[] BadReleases =
    [
        ("crashes on a request", "crashed", "import os\n\nclass Model:\n    def predict(self, inputs):\n        os._exit(3)\n", true),
        ("fails one request in ten", "error_rate", "class Model:\n    n = 0\n    def predict(self, inputs):\n        self.n += 1\n        if self.n % 10 == 0:\n            raise KeyError('tenth')\n        return dict(tag='bad')\n", true),
        ("answers what cannot be serialised", "error_rate", "class Model:\n    def predict(self, inputs):\n        return dict(tag=object())\n", false),
        ("breaks its signature", "error_rate", "class Model:\n    def predict(self, inputs):\n        return dict(tag=5)\n", false),
        ("is slow", "latency", "import time\n\nclass Model:\n    def predict(self, inputs):\n        time.sleep(0.4)\n        return dict(tag='bad')\n", false),
        ("crashes on load", "load_failed", "class Model:\n    def load(self):\n        raise ValueError('no weights')\n    def predict(self, inputs):\n        return 1\n", false),
        ("is never ready", "progress_deadline", "import time\n\nclass Model:\n    def load(self):\n        time.sleep(600)\n    def predict(self, inputs):\n        return 1\n", false),
        ("fills the disk", "out_of_disk", "class Model:\n    def load(self):\n        with open('/dev/full', 'w') as file:\n            file.write('x' * 100000)\n    def predict(self, inputs):\n        return 1\n", false),
        ("dies after a minute", "crashed", "import os, threading\n\nclass Model:\n    def load(self):\n        threading.Timer(60, lambda: os._exit(4)).start()\n    def predict(self, inputs):\n        return dict(tag='bad')\n", false),
        ("leaks memory", "memory_limit", "class Model:\n    kept = []\n    def predict(self, inputs):\n        block = bytearray(20 * 1024 * 1024)\n        for i in range(0, len(block), 4096):\n            block[i] = 1\n        self.kept.append(block)\n        return dict(tag='bad')\n", false),
        ("misses a requirement", "build_failed", "class Model:\n    def predict(self, inputs):\n        return 1\n", false),
    ];

    [Fact]
    public async Task Bad_releases_are_rolled_back_by_themselves_with_their_reason()
    {
        await using var slipway = await SlipwayProcess.StartAsync();
        await slipway.PushAsync("echo", Packages.Echo("good"));
        await using var load = Load.Start(slipway.Client, "/development/models/echo", 30, TimeSpan.FromMinutes(10));
        foreach (var (kind, code, model, isShort) in BadReleases.Where(b => Full || b.Short))
        {
            if (code == "memory_limit" && !await EnforcesMemoryAsync(slipway))
            {
                output.WriteLine("Memory limits are not enforced here: a leak is not tried.");
                continue;
            }

            var package = Packages.Code(model);
            if (code == "build_failed")
            {
                package["config.yaml"] = "requirements:\n  - slipway-has-no-such-package==9\n";
            }

            if (kind == "breaks its signature")
            {
                package["config.yaml"] = "signature:\n  inputs: [{name: x, datatype: FP64, shape: [-1]}]\n  outputs: [{name: tag, datatype: BYTES, shape: [1]}]\n";
            }

            if (code == "memory_limit")
            {
                package["config.yaml"] = "resources:\n  memory: 256Mi\n";
            }

            var (exit, _, error) = await slipway.RunAsync("push", slipway.WritePackage("bad", package), "--name", "echo", "--wait", "--bake", kind == "dies after a minute" ? "120" : "60", "--progress-deadline", code == "progress_deadline" ? "6" : "300");
            Assert.True(exit == 7 && error.Contains($"[{code}]", StringComparison.Ordinal), $"{kind}: {exit}, expected {code}\n{error}");
            output.WriteLine($"{kind}: {error.Split('\n').First(l => l.Contains($"[{code}]", StringComparison.Ordinal))}");
            var rollout = (await slipway.GetAsync("/api/v1/rollouts?limit=1")).GetProperty("items")[0];
            Assert.Equal(("FAILED", code, 0), (Text(rollout, "status"), Text(rollout, "error_code"), rollout.GetProperty("percent_traffic_to_new_version").GetInt32()));
            await Eventually.TrueAsync(
                async () =>
                {
                    using var answer = await slipway.PredictAsync("development", "echo", "{}");
                    return (await answer.Content.ReadAsStringAsync()).Contains("\"good\"", StringComparison.Ordinal);
                },
                "the old revision answers");
        }
    }

    [Fact]
    public async Task Each_strategy_under_load_with_pause_cancel_and_force_fails_no_request_and_asks_nobody_who_should_not_be()
    {
        await using var slipway = await SlipwayProcess.StartAsync();
        await slipway.PushAsync("echo", Packages.Echo("v1"));
        await slipway.MustAsync("deployments", "scale", "echo", "--replicas", "2", "--raise-max");
        await Eventually.TrueAsync(async () => (await slipway.ReadyPidsAsync("development", "echo")).Length == 2, "two replicas are ready");
        await using var load = Load.Start(slipway.Client, "/development/models/echo", 100, TimeSpan.FromMinutes(5));

        // When a rollout ended, and the only answer allowed from a while after that until the next one begins.
        var only = new List<(TimeSpan From, TimeSpan To, string Tag)>();
        var live = "v1";
        (string[] Strategy, string? Act)[] rounds =
        [
            (["--strategy", "rolling", "--surge", "50"], null),
            (["--strategy", "rolling", "--stabilization", "2"], "pause"),
            (["--strategy", "rolling", "--stabilization", "30"], "cancel"),
            (["--strategy", "blue_green"], null),
            (["--strategy", "blue_green", "--bake", "60"], "cancel"),
            (["--strategy", "canary", "--steps", "20,60", "--window", "6", "--min-requests", "5"], null),
            (["--strategy", "canary", "--steps", "50", "--window", "120"], "force-complete"),
            (["--strategy", "canary", "--steps", "50", "--window", "120"], "force-cancel"),
        ];
        foreach (var (round, (strategy, act)) in rounds.Index())
        {
            var tag = $"v{round + 2}";
            await slipway.MustAsync(["push", slipway.WritePackage("echo", Packages.Echo(tag)), "--name", "echo", .. strategy]);
            var id = Text((await slipway.GetAsync("/api/v1/rollouts?limit=1")).GetProperty("items")[0], "id");
            if (act is not null)
            {
                await UntilAsync(slipway, id, r => r.GetProperty("percent_traffic_to_new_version").GetInt32() > 0, "traffic has moved");
                await PostAsync(slipway, id, act);
                if (act == "pause")
                {
                    await Task.Delay(TimeSpan.FromSeconds(1));
                    await PostAsync(slipway, id, "resume");
                }
            }

            var ended = await UntilAsync(slipway, id, r => r.GetProperty("finished_at").ValueKind != JsonValueKind.Null, $"{string.Join(' ', strategy)} {act} ends");
            var back = act is "cancel" or "force-cancel";
            Assert.Equal(back ? "CANCELED" : "SUCCEEDED", Text(ended, "status"));
            live = back ? live : tag;
            var from = load.Elapsed + TimeSpan.FromSeconds(1);
            await Task.Delay(TimeSpan.FromSeconds(1.5));
            only.Add((from, load.Elapsed, live));
        }

        var answers = await load.StopAsync();
        var failed = answers.Where(a => a.Status != 200).ToList();
        Assert.True(failed.Count == 0, $"{failed.Count} of {answers.Count} failed; first: {failed.FirstOrDefault()}");
        foreach (var (from, to, tag) in only)
        {
            var inside = answers.Where(a => a.At >= from && a.At <= to).ToList();
            Assert.All(inside, a => Assert.True(a.Body.Contains($"\"{tag}\"", StringComparison.Ordinal), $"only {tag} may answer: {a}"));
        }

        output.WriteLine($"{answers.Count} requests, none failed");
    }

    [Fact]
    public async Task A_server_killed_at_random_moments_of_rollouts_ends_them_where_they_would_have_ended()
    {
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        await using var slipway = await SlipwayProcess.StartAsync();
        await slipway.PushAsync("echo", Packages.Echo("v0"));
        var live = "v0";
        var kills = Full ? 20 : 3;
        for (var kill = 0; kill < kills; kill++)
        {
            var good = kill % 3 != 1;
            var tag = $"v{kill + 1}";
            var package = good ? Packages.Echo(tag) : Packages.Code("class Model:\n    def load(self):\n        raise ValueError('no weights')\n    def predict(self, inputs):\n        return 1\n");
            await slipway.MustAsync("push", slipway.WritePackage("echo", package), "--name", "echo", "--strategy", kill % 2 == 0 ? "rolling" : "blue_green", "--bake", "1");
            var id = Text((await slipway.GetAsync("/api/v1/rollouts?limit=1")).GetProperty("items")[0], "id");
            await Task.Delay(random.Next(0, 2500));
            await slipway.KillAsync();
            await slipway.UpAsync();
            var ended = await UntilAsync(slipway, id, r => r.GetProperty("finished_at").ValueKind != JsonValueKind.Null, "it ends");
            Assert.Equal(good ? "SUCCEEDED" : "FAILED", Text(ended, "status"));
            live = good ? tag : live;
            await Eventually.TrueAsync(
                async () =>
                {
                    using var answer = await slipway.PredictAsync("development", "echo", "{}");
                    return answer.IsSuccessStatusCode && (await answer.Content.ReadAsStringAsync()).Contains($"\"{live}\"", StringComparison.Ordinal);
                },
                $"{live} answers");
            await Eventually.TrueAsync(
                async () => (await slipway.ReadyPidsAsync("development", "echo")).SequenceEqual(slipway.ReplicaProcesses()), "the replica that is known is the only one that runs",
                TimeSpan.FromSeconds(60));
        }
    }

    private static async Task<bool> EnforcesMemoryAsync(SlipwayProcess slipway) =>
        Text((await slipway.GetAsync("/api/v1/deployments/development/echo/replicas")).GetProperty("items")[0].GetProperty("limits"), "memory") == "enforced";

    private static async Task PostAsync(SlipwayProcess slipway, string id, string action)
    {
        using var response = await slipway.Client.PostAsync($"/api/v1/rollouts/{id}/{action}", null);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
    }

    private static async Task<JsonElement> UntilAsync(SlipwayProcess slipway, string id, Func<JsonElement, bool> condition, string what)
    {
        JsonElement seen = default;
        await Eventually.TrueAsync(async () => condition(seen = await slipway.GetAsync($"/api/v1/rollouts/{id}")), what, TimeSpan.FromSeconds(90));
        return seen;
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;
}
