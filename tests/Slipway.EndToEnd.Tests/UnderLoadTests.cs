using System.Diagnostics;

namespace Slipway.EndToEnd.Tests;

/// <summary>What users of an endpoint see while it changes under them.</summary>
public sealed class UnderLoadTests
{
    public static TheoryData<string> OnPostgreSql => [.. Databases.Of(Databases.PostgreSql)];

    public static TheoryData<string> OnSqlite => [.. Databases.Of(Databases.Sqlite)];

    [Theory]
    [MemberData(nameof(OnSqlite))]
    public async Task Twenty_updates_under_constant_load_fail_no_request(string database)
    {
        await using var slipway = await Databases.StartAsync(database);
        await slipway.PushAsync("echo", Packages.Echo("v1"));
        await using var load = Load.Start(slipway.Client, "/development/models/echo", 100, TimeSpan.FromMinutes(5));
        for (var i = 2; i <= 21; i++)
        {
            await slipway.PushAsync("echo", Packages.Echo($"v{i}"));
        }

        var seconds = load.Elapsed.TotalSeconds;
        var answers = await load.StopAsync();
        var failed = answers.Where(a => a.Status != 200).ToList();
        Assert.True(failed.Count == 0, $"{failed.Count} of {answers.Count} failed; first: {failed.FirstOrDefault()}");
        Assert.True(answers.Count > 80 * seconds, $"only {answers.Count} were asked in {seconds:0} s");
        Assert.Contains(answers, a => a.Body.Contains("\"v21\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_version_that_fails_to_load_leaves_the_old_one_serving_and_says_why()
    {
        await using var slipway = await SlipwayProcess.StartAsync();
        await slipway.PushAsync("echo", Packages.Echo("good"));
        await using var load = Load.Start(slipway.Client, "/development/models/echo", 50, TimeSpan.FromMinutes(2));
        var broken = slipway.WritePackage("broken", Packages.Code("""
            class Model:
                def load(self):
                    raise ValueError("the weights are from another planet")

                def predict(self, inputs):
                    return 1
            """));
        var (code, _, error) = await slipway.RunAsync("push", broken, "--name", "echo", "--wait");
        Assert.Equal(7, code);
        Assert.Contains("another planet", error, StringComparison.Ordinal);
        var answers = await load.StopAsync();
        Assert.All(answers, a => Assert.True(a.Status == 200 && a.Body.Contains("good", StringComparison.Ordinal), a.ToString()));
        var deployment = await slipway.GetAsync("/api/v1/deployments/development/echo");
        Assert.Equal("ACTIVE", deployment.GetProperty("status").GetString());
    }

    [Theory]
    [MemberData(nameof(OnSqlite))]
    public async Task A_replica_killed_every_five_seconds_costs_only_what_was_inside_it(string database)
    {
        await using var slipway = await Databases.StartAsync(database);
        await slipway.PushAsync("echo", Packages.Slow("echo", 0.01));
        await slipway.MustAsync("deployments", "scale", "echo", "--replicas", "2", "--raise-max");
        await Eventually.TrueAsync(async () => (await slipway.ReadyPidsAsync("development", "echo")).Length == 2, "two replicas are ready");

        await using var load = Load.Start(slipway.Client, "/development/models/echo", 50, TimeSpan.FromMinutes(2));
        for (var kill = 0; kill < 6; kill++)
        {
            await Task.Delay(TimeSpan.FromSeconds(5));
            var pids = await slipway.ReadyPidsAsync("development", "echo");
            using var process = Process.Start("/bin/kill", ["-KILL", pids[kill % pids.Length].ToString()]);
            await process.WaitForExitAsync();
        }

        var answers = await load.StopAsync();
        var failed = answers.Where(a => a.Status != 200).ToList();
        // One call runs inside a replica at a time, and a killed one takes only that with it.
        Assert.True(failed.Count <= 6, $"{failed.Count} failed: {string.Join("; ", failed.Take(5))}");
        Assert.All(failed, a => Assert.True(a.Status == 502 && a.Body.Contains("replica_lost", StringComparison.Ordinal), a.ToString()));
        await Eventually.TrueAsync(async () => (await slipway.ReadyPidsAsync("development", "echo")).Length == 2, "both are back", TimeSpan.FromSeconds(90));
    }

    [Theory]
    [MemberData(nameof(OnPostgreSql))]
    public async Task Bad_neighbours_are_not_noticed(string database)
    {
        await using var slipway = await Databases.StartAsync(database);
        await slipway.PushAsync("good", Packages.Echo("good"));
        await slipway.PushAsync("hangs", Packages.Slow("hangs", 3600));
        await slipway.PushAsync("floods", Packages.Code("""
            class Model:
                def predict(self, inputs):
                    for _ in range(20000):
                        print("x" * 1000)
                    return 1
            """));
        await slipway.PushAsync("eats", Packages.Code("""
            class Model:
                def predict(self, inputs):
                    block = bytearray(400 * 1024 * 1024)
                    for i in range(0, len(block), 4096):
                        block[i] = 1
                    return len(block)
            """), "--output", "json");
        await slipway.MustAsync("deployments", "update", "eats", "--memory", "256");
        await Eventually.TrueAsync(async () => (await slipway.GetAsync("/api/v1/deployments/development/eats")).GetProperty("live").GetProperty("number").GetInt32() == 2, "256 MiB is live");
        var crashing = slipway.WritePackage("crashes", Packages.Code("""
            import os

            class Model:
                def load(self):
                    os._exit(3)

                def predict(self, inputs):
                    return 1
            """));

        await using var load = Load.Start(slipway.Client, "/development/models/good", 50, TimeSpan.FromMinutes(2));
        var crashed = slipway.RunAsync("push", crashing, "--name", "crashes", "--wait");
        var hanging = slipway.PredictAsync("development", "hangs", "{}");
        using var flood = await slipway.PredictAsync("development", "floods", "{}");
        Assert.True(flood.IsSuccessStatusCode);
        var limits = (await slipway.GetAsync("/api/v1/deployments/development/eats/replicas")).GetProperty("items").EnumerateArray().First().GetProperty("limits");
        var heldToMemory = limits.GetProperty("memory").GetString() == "enforced";
        if (heldToMemory)
        {
            using var eaten = await slipway.PredictAsync("development", "eats", "{}");
            Assert.Equal(502, (int)eaten.StatusCode);
            await Eventually.TrueAsync(
                async () => (await slipway.GetAsync("/api/v1/deployments/development/eats/replicas")).GetProperty("items").EnumerateArray()
                    .Any(r => r.GetProperty("last_exit").GetString() == "memory_limit"),
                "the API names memory_limit");
            Assert.Contains("memory_limit", await slipway.MustAsync("deployments", "replicas", "eats"), StringComparison.Ordinal);
        }

        var (code, _, error) = await crashed;
        Assert.Equal(7, code);
        Assert.Contains("ended with code 3", error, StringComparison.Ordinal);
        var answers = await load.StopAsync();
        Assert.NotEmpty(answers);
        Assert.All(answers, a => Assert.True(a.Status == 200, a.ToString()));
        await slipway.MustAsync("deployments", "stop", "hangs");
        using var stopped = await hanging;
        Assert.True((int)stopped.StatusCode >= 500);
        Assert.SkipUnless(heldToMemory, "All but the model that eats memory: this machine holds no replica to its memory.");
    }

    [Fact]
    public async Task Items_yielded_a_second_apart_arrive_a_second_apart_and_a_caller_who_leaves_ends_the_generator()
    {
        await using var slipway = await SlipwayProcess.StartAsync();
        await slipway.PushAsync("drips", Packages.Code("""
            import time

            class Model:
                def predict(self, inputs):
                    try:
                        for i in range(inputs["n"]):
                            yield f"{i}\n"
                            time.sleep(1)
                    except GeneratorExit:
                        print("the caller has left")
                        raise
            """));
        // A machine that stalls moves an item; what holds them back moves them every time.
        List<double> gaps = [];
        for (var tries = 0; tries < 5 && !(gaps.Count == 2 && gaps.TrueForAll(g => g is > 0.8 and < 1.3)); tries++)
        {
            gaps = await GapsAsync(slipway, """{"n": 3}""");
        }

        Assert.Equal(2, gaps.Count);
        Assert.All(gaps, g => Assert.InRange(g, 0.8, 1.3));

        using var leave = new CancellationTokenSource();
        using var endless = new HttpRequestMessage(HttpMethod.Post, "/development/models/drips/invocations") { Content = new StringContent("{\"n\": 1000}", System.Text.Encoding.UTF8, "application/json") };
        using (var response = await slipway.Client.SendAsync(endless, HttpCompletionOption.ResponseHeadersRead, leave.Token))
        {
            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
            await reader.ReadLineAsync();
        }

        await Eventually.TrueAsync(async () => (await slipway.MustAsync("logs", "drips")).Contains("the caller has left", StringComparison.Ordinal), "GeneratorExit reached the model", TimeSpan.FromSeconds(5));
        await Eventually.TrueAsync(
            async () => (await slipway.GetAsync("/api/v1/predictions?environment=development&deployment=drips")).GetProperty("items").EnumerateArray()
                .Any(p => p.GetProperty("status").ValueKind == System.Text.Json.JsonValueKind.Number && p.GetProperty("status").GetInt32() == 499),
            "499 is recorded");
    }

    /// <summary>Seconds between the lines of an answer, as they arrive.</summary>
    private static async Task<List<double>> GapsAsync(SlipwayProcess slipway, string json)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/development/models/drips/invocations") { Content = new StringContent(json, System.Text.Encoding.UTF8, "application/json") };
        using var response = await slipway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        var times = new List<long>();
        while (await reader.ReadLineAsync() is not null)
        {
            times.Add(Stopwatch.GetTimestamp());
        }

        return [.. times.Zip(times.Skip(1), (a, b) => Stopwatch.GetElapsedTime(a, b).TotalSeconds)];
    }
}
