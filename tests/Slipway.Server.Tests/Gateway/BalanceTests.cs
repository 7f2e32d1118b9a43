using System.Net;
using System.Text.Json;
using Slipway.Server.Deployments;
using Slipway.Testing;

namespace Slipway.Server.Tests.Gateway;

public sealed class BalanceTests
{
    [Fact]
    public async Task Round_robin_gives_each_its_turn()
    {
        await using var first = new FakeReplica();
        await using var second = new FakeReplica();
        await using var third = new FakeReplica();
        await using var host = await GatewayHost.StartAsync(first, second, third);
        for (var i = 0; i < 9; i++)
        {
            await host.PredictAsync();
        }

        Assert.Equal([3, 3, 3], new[] { first.Requests.Count, second.Requests.Count, third.Requests.Count });
    }

    [Fact]
    public async Task When_all_but_one_go_at_once_that_one_takes_the_next_turn()
    {
        await using var stays = new FakeReplica();
        await using var second = new FakeReplica();
        await using var third = new FakeReplica();
        await using var fourth = new FakeReplica();
        await using var fifth = new FakeReplica();
        await using var host = await GatewayHost.StartAsync(stays, second, third, fourth, fifth);
        for (var i = 0; i < 4; i++)
        {
            await host.PredictAsync();   // the turn is the fifth's
        }

        await host.PublishAsync([stays]);
        for (var i = 0; i < 3; i++)
        {
            await host.PredictAsync();
        }

        Assert.Equal(7, new[] { stays, second, third, fourth, fifth }.Sum(r => r.Requests.Count));
    }

    [Fact]
    public async Task Least_connections_avoids_the_busy_one()
    {
        var release = new TaskCompletionSource();
        await using var slow = new FakeReplica(async r =>
        {
            await release.Task;
            await r.AnswerAsync("1");
        });
        await using var quick = new FakeReplica();
        await using var host = await GatewayHost.StartAsync();
        await host.PublishAsync([slow, quick], balancing: LoadBalancing.LeastConnections);
        var stuck = host.PredictAsync();
        await slow.ReceivedAsync();
        for (var i = 0; i < 10; i++)
        {
            await host.PredictAsync();
        }

        Assert.Equal(10, quick.Requests.Count);
        release.SetResult();
        Assert.Equal(HttpStatusCode.OK, (await stuck).StatusCode);
    }

    [Fact]
    public async Task A_replica_is_handed_no_more_than_its_concurrency_and_the_queue_is_first_in_first_out()
    {
        var gates = new SemaphoreSlim(0);
        await using var replica = new FakeReplica(async r =>
        {
            await gates.WaitAsync();
            await r.AnswerAsync(r.Text);
        });
        await using var host = await GatewayHost.StartAsync();
        await host.PublishAsync([replica], concurrency: 2);
        var answers = new List<Task<HttpResponseMessage>>();
        for (var i = 0; i < 8; i++)
        {
            answers.Add(host.PredictAsync(i.ToString()));
            var (inFlight, queued) = (Math.Min(2, i + 1), Math.Max(0, i - 1));
            await WaitAsync(host, a => a == (inFlight, queued));
        }

        Assert.Equal(2, replica.Requests.Count);
        for (var i = 0; i < 8; i++)
        {
            gates.Release();
            await WaitAsync(host, a => a.InFlight + a.Waiting == 7 - i);
        }

        await Task.WhenAll(answers);
        Assert.Equal(["0", "1", "2", "3", "4", "5", "6", "7"], replica.Requests.Select(r => r.Text));
    }

    [Fact]
    public async Task Weights_split_the_traffic()
    {
        await using var stable = new FakeReplica(r => r.AnswerAsync("1"));
        await using var canary = new FakeReplica(r => r.AnswerAsync("2"));
        await using var host = await GatewayHost.StartAsync();
        host.Publish(host.Deployment([GatewayHost.Revision(1, 9_000, host.Set("h1", [stable])), GatewayHost.Revision(2, 1_000, host.Set("h2", [canary]))]));
        await host.ConnectedAsync(stable, canary);
        const int Requests = 1_000;
        await Parallel.ForEachAsync(Enumerable.Range(0, Requests), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (_, _) => await host.PredictAsync());

        // 100 expected with a standard deviation of 9.5: six of them are one failure in 500 million runs.
        Assert.InRange(canary.Requests.Count, 43, 157);
        Assert.Equal(Requests, stable.Requests.Count + canary.Requests.Count);
        var asked = await host.Client.PostAsync("/production/models/echo/revisions/2/invocations", new StringContent("1"));
        Assert.Equal("2", asked.Headers.GetValues("Slipway-Revision").Single());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(250)]
    [InlineData(9_999)]
    [InlineData(10_000)]
    public void A_seeded_choice_follows_the_weights(int weight)
    {
        const int Seed = 20261122;
        var set = new ReplicaSetRoute(Guid.NewGuid(), "h", 1, false, 1, []);
        var route = new DeploymentRoute(
            Guid.NewGuid(), "production", "echo", Guid.Empty, "ada", RouteState.Serving, [GatewayHost.Revision(1, 10_000 - weight, set), GatewayHost.Revision(2, weight, set)],
            LoadBalancing.RoundRobin, false, TimeSpan.FromSeconds(1), 1, true);
        var target = new Slipway.Server.Gateway.DeploymentTarget(
            route, (_, s) => new Slipway.Server.Gateway.Admission(s.DeploymentId, s.Hash, "production", "echo"), (_, _) => new Slipway.Server.Gateway.OutcomeCounters());
        var random = new Random(Seed);
        const int Draws = 100_000;
        var second = Enumerable.Range(0, Draws).Count(_ => target.Choose(random)!.Route.Number == 2);
        var share = weight / 10_000.0;
        var deviation = Math.Sqrt(Draws * share * (1 - share));
        Assert.True(Math.Abs(second - (Draws * share)) <= 6 * deviation, $"seed {Seed}: {second} of {Draws} at weight {weight}");
    }

    [Fact]
    public async Task The_report_counts_requests_failures_load_and_latency()
    {
        var failing = false;
        await using var replica = new FakeReplica(async r =>
        {
            await Task.Delay(20);
            await (failing ? r.ErrorAsync(502, "model_error") : r.AnswerAsync("1"));
        });
        await using var host = await GatewayHost.StartAsync(replica);
        var reports = new System.Collections.Concurrent.ConcurrentQueue<GatewayReport>();
        ((GatewayReports)host.Services.GetService(typeof(GatewayReports))!).Taken += reports.Enqueue;
        for (var i = 0; i < 5; i++)
        {
            await host.PredictAsync();
        }

        failing = true;
        await host.PredictAsync();
        await host.ReportAsync(r => reports.Sum(x => x.Outcomes.Sum(o => o.Requests)) == 6);
        Assert.Equal(1, reports.Sum(r => r.Outcomes.Sum(o => o.Failures)));
        Assert.Equal(6, reports.Sum(r => r.Outcomes.Sum(o => o.LatencyBuckets.Sum())));
        Assert.Equal(6, reports.Sum(r => r.Replicas.Sum(l => l.Requests)));
        Assert.InRange(reports.Sum(r => r.Sets.Sum(s => s.InFlightSeconds)), 6 * 0.019, 5);   // a timer of 20 ms may be a tick early
        Assert.Equal(reports.Select(r => r.Sequence).Order(), reports.Select(r => r.Sequence));
    }

    private static async Task WaitAsync(GatewayHost host, Func<(int InFlight, int Waiting), bool> holds)
    {
        var gateway = (Slipway.Server.Gateway.Gateway)host.Services.GetService(typeof(Slipway.Server.Gateway.Gateway))!;
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (!holds(gateway.Table.Targets[0].Revisions[0].Default.Admission.Now))
        {
            await Task.Delay(2, patience.Token);
        }
    }
}
