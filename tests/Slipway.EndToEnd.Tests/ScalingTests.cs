using System.Net;
using System.Text;

namespace Slipway.EndToEnd.Tests;

/// <summary>The number of replicas follows a real load, and sleeps without one.</summary>
public sealed class ScalingTests
{
    private const string Path = "/api/v1/deployments/development/echo";

    [Fact]
    public async Task Target_4_with_32_connections_brings_8_replicas_and_calm_takes_them_back_to_zero_from_where_a_request_wakes_it()
    {
        await using var slipway = await SlipwayProcess.StartAsync();
        await slipway.PushAsync("echo", Packages.Slow("echo", 0.05));
        await slipway.MustAsync(
            "deployments", "autoscaling", "echo", "--enabled", "true", "--max", "10", "--concurrency-target", "4", "--target-utilization", "100", "--window", "20",
            "--scale-down-delay", "8");

        var wanted = new List<int>();
        using var calm = new CancellationTokenSource();
        var callers = Enumerable.Range(0, 32).Select(_ => AskAsync(slipway, calm.Token)).ToArray();
        await Eventually.TrueAsync(
            async () =>
            {
                var seen = await slipway.GetAsync(Path);
                wanted.Add(seen.GetProperty("replicas_wanted").GetInt32());
                return seen.GetProperty("replicas_ready").GetInt32() >= 8;
            },
            "eight replicas are ready", TimeSpan.FromSeconds(120));
        await calm.CancelAsync();
        foreach (var statuses in await Task.WhenAll(callers))
        {
            Assert.All(statuses, status => Assert.Equal(HttpStatusCode.OK, status));
        }

        await Eventually.TrueAsync(
            async () =>
            {
                var seen = (await slipway.GetAsync(Path)).GetProperty("replicas_wanted").GetInt32();
                wanted.Add(seen);
                return seen == 1;
            },
            "it is back at its minimum", TimeSpan.FromSeconds(120));
        var turns = wanted.Zip(wanted.Skip(1), (a, b) => Math.Sign(b - a)).Where(s => s != 0).ToList();
        Assert.True(turns.Zip(turns.Skip(1)).Count(t => t.First != t.Second) <= 1, string.Join(' ', wanted));

        await slipway.MustAsync("deployments", "autoscaling", "echo", "--min", "0", "--scale-down-delay", "1");
        await Eventually.TrueAsync(
            async () => (await slipway.GetAsync(Path)).GetProperty("status").GetString() == "SCALED_TO_ZERO" && slipway.ReplicaProcesses().Length <= 1,
            "it sleeps; at most the warm parent runs", TimeSpan.FromSeconds(60));
        using var answer = await slipway.PredictAsync("development", "echo", "{}");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    /// <summary>One request after another on a connection.</summary>
    private static async Task<List<HttpStatusCode>> AskAsync(SlipwayProcess slipway, CancellationToken until)
    {
        var statuses = new List<HttpStatusCode>();
        while (!until.IsCancellationRequested)
        {
            using var answer = await slipway.Client.PostAsync(
                "/development/models/echo", new StringContent("{}", Encoding.UTF8, "application/json"), CancellationToken.None);
            await answer.Content.ReadAsByteArrayAsync(CancellationToken.None);
            statuses.Add(answer.StatusCode);
        }

        return statuses;
    }
}
