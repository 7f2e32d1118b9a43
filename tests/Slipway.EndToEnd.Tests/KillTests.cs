using Slipway.Testing;

namespace Slipway.EndToEnd.Tests;

/// <summary>The server is killed at random moments under writes and predictions. <c>SLIPWAY_KILLS</c> sets how often; the seed is printed.</summary>
public sealed class KillTests(ITestOutputHelper output)
{
    private static readonly int Kills = int.Parse(Environment.GetEnvironmentVariable("SLIPWAY_KILLS") ?? "30");

    [Fact]
    public Task Nothing_acknowledged_is_lost_on_sqlite() => KillAsync(null);

    [Fact]
    public async Task Nothing_acknowledged_is_lost_on_postgresql() => await KillAsync(await PostgreSqlServer.CreateEmptyDatabaseOrSkipAsync());

    private async Task KillAsync(string? postgreSql)
    {
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        await using var slipway = await SlipwayProcess.StartAsync(postgreSql);
        await slipway.PushAsync("echo", Packages.Talks("kept"));   // a pipe to the server would break with it, and end the replica
        var pids = await slipway.ReadyPidsAsync("development", "echo");
        var models = new List<string>();
        var predictions = new List<string>();
        var ready = new List<TimeSpan>();

        for (var kill = 0; kill < Kills; kill++)
        {
            using var stop = new CancellationTokenSource();
            var round = kill;
            var writing = Traffic.WriteAsync(slipway.Client, i => $"model-{round}-{i}", models, stop.Token);
            var asking = Enumerable.Range(0, 4).Select(_ => Traffic.AskAsync(slipway.Client, predictions, stop.Token)).ToArray();
            await Task.Delay(random.Next(50, 1500));
            await slipway.KillAsync();
            await stop.CancelAsync();
            await Task.WhenAll([writing, .. asking]);

            await slipway.UpAsync();
            ready.Add(slipway.ReadyAfter);
            await Eventually.TrueAsync(
                async () =>
                {
                    using var answer = await slipway.PredictAsync("development", "echo", "{}");
                    return answer.IsSuccessStatusCode;
                },
                "it answers again");
            Assert.Equal(pids, await slipway.ReadyPidsAsync("development", "echo"));
        }

        ready.Sort();
        output.WriteLine(
            $"{models.Count} writes, {predictions.Count} predictions, ready after {ready[0].TotalSeconds:0.00} to {ready[^1].TotalSeconds:0.00} s, median {ready[ready.Count / 2].TotalSeconds:0.00} s");

        // The bar of 3 s is held by the program as it is released, on a machine that does nothing else: bench/cold-start. This one is compiled as it runs, and other tests take their part of both cores.
        Assert.True(ready[ready.Count / 2] < TimeSpan.FromSeconds(10), $"Of {Kills} starts half were not ready within 10 s.");
        Assert.True(models.Count >= Kills && predictions.Count >= Kills, $"Too little was under way to be lost: {models.Count} writes, {predictions.Count} predictions.");
        foreach (var model in models)
        {
            using var found = await slipway.Client.GetAsync($"/api/v1/models/{model}");
            Assert.True(found.IsSuccessStatusCode, $"acknowledged, but gone: {model}");
        }

        // Every answered prediction is in history exactly once, and nothing is there twice.
        var recorded = new List<string>();
        await Eventually.TrueAsync(
            async () =>
            {
                recorded = await Traffic.RecordedAsync(slipway);
                return predictions.All(recorded.ToHashSet().Contains);
            },
            "every answered prediction is in history",
            TimeSpan.FromSeconds(60));
        Assert.Equal(recorded.Count, recorded.Distinct().Count());
        await slipway.MustAsync("verify");
    }
}
