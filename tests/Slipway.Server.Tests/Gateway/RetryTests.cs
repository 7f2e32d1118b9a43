using System.Net;
using Slipway.Server.Deployments;
using Slipway.Testing;

namespace Slipway.Server.Tests.Gateway;

public sealed class RetryTests
{
    [Theory]
    [InlineData("draining", 503, false, false, true)] // not begun: another replica may have it
    [InlineData("not_ready", 503, false, false, true)]
    [InlineData("model_error", 502, true, false, false)] // begun
    [InlineData("model_error", 502, true, true, true)] // begun, but the deployment says that twice does no harm
    [InlineData("bad_input", 400, false, true, false)] // no other replica would like it better
    public async Task A_request_is_tried_again_where_that_is_safe(string code, int status, bool begun, bool idempotent, bool tried)
    {
        await using var bad = new FakeReplica(r => r.ErrorAsync(status, code, fromModel: begun, begun: begun));
        await using var good = new FakeReplica();
        await using var host = await GatewayHost.StartAsync();
        await host.PublishAsync([bad, good], idempotent: idempotent);
        var response = await host.PredictAsync();
        Assert.Equal(tried ? 200 : status, (int)response.StatusCode);
        Assert.Equal(tried ? "2" : "1", response.Headers.GetValues("Slipway-Attempts").Single());
        Assert.Single(bad.Requests);
        Assert.Equal(tried ? 1 : 0, good.Requests.Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_replica_killed_with_a_request_is_502_unless_the_deployment_is_idempotent(bool idempotent)
    {
        await using var doomed = new FakeReplica(_ => Task.CompletedTask);
        await using var good = new FakeReplica();
        await using var host = await GatewayHost.StartAsync();
        await host.PublishAsync([doomed, good], idempotent: idempotent);
        var running = host.PredictAsync();
        await doomed.ReceivedAsync();
        doomed.Kill();
        if (idempotent)
        {
            Assert.Equal(HttpStatusCode.OK, (await running).StatusCode);
        }
        else
        {
            await ErrorTests.ShouldBeAsync(await running, 502, "replica_lost");
        }

        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(HttpStatusCode.OK, (await host.PredictAsync()).StatusCode);
        }
    }

    [Fact]
    public async Task Requests_that_wait_when_the_last_replica_dies_are_503_and_a_new_connection_serves_again()
    {
        var replica = new FakeReplica(_ => Task.CompletedTask);
        await using var host = await GatewayHost.StartAsync();
        await host.PublishAsync([replica], concurrency: 1);
        var running = host.PredictAsync();
        await replica.ReceivedAsync();
        var waiting = host.PredictAsync();
        await host.ReportAsync(r => r.Sets.Any(s => s.Queued == 1));
        await replica.DisposeAsync();
        await ErrorTests.ShouldBeAsync(await running, 502, "replica_lost");
        await ErrorTests.ShouldBeAsync(await waiting, 503, "no_ready_replica");
        await using var next = new FakeReplica();
        await host.PublishAsync([next]);
        Assert.Equal(HttpStatusCode.OK, (await host.PredictAsync()).StatusCode);
    }

    [Fact]
    public async Task A_dropped_connection_is_made_again()
    {
        await using var replica = new FakeReplica();
        await using var host = await GatewayHost.StartAsync(replica);
        Assert.Equal(HttpStatusCode.OK, (await host.PredictAsync()).StatusCode);
        replica.DropConnections();
        while (replica.Hellos.Count < 2)
        {
            await Task.Delay(5);
        }

        Assert.Equal(HttpStatusCode.OK, (await host.PredictAsync()).StatusCode);
    }

    [Fact]
    public async Task A_replica_that_breaks_the_protocol_loses_its_connection_and_its_requests()
    {
        await using var replica = new FakeReplica(r =>
        {
            r.SendRaw(f => f.Raw(Slipway.Serving.FrameKind.Predict, r.Id));
            return Task.CompletedTask;
        });
        await using var host = await GatewayHost.StartAsync(replica);
        await ErrorTests.ShouldBeAsync(await host.PredictAsync(), 502, "replica_lost");
    }

    [Fact]
    public async Task A_new_table_moves_waiting_requests_to_the_new_replicas_and_none_fails()
    {
        await using var old = new FakeReplica(async r =>
        {
            await Task.Delay(20);
            await r.AnswerAsync("\"old\"");
        });
        await using var fresh = new FakeReplica(r => r.AnswerAsync("\"new\""));
        await using var host = await GatewayHost.StartAsync();
        host.Publish(host.Deployment([GatewayHost.Revision(1, 10_000, host.Set("h1", [old], concurrency: 1))]));
        await host.ConnectedAsync(old);
        using var stop = new CancellationTokenSource();
        var statuses = new System.Collections.Concurrent.ConcurrentBag<int>();
        var load = Enumerable.Range(0, 8).Select(async _ =>
        {
            while (!stop.IsCancellationRequested)
            {
                statuses.Add((int)(await host.PredictAsync()).StatusCode);
            }
        }).ToList();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        for (var round = 0; round < 10; round++)
        {
            var (hash, replica) = round % 2 == 0 ? ("h2", fresh) : ("h1", old);
            var before = replica.Requests.Count;
            host.Publish(host.Deployment([GatewayHost.Revision(round + 2, 10_000, host.Set(hash, [replica], concurrency: 1))]));
            while (replica.Requests.Count < before + 3)   // all of them go there: eight wait, and one at a time is let in
            {
                await Task.Delay(2, patience.Token);
            }
        }

        await stop.CancelAsync();
        await Task.WhenAll(load);
        Assert.All(statuses, status => Assert.Equal(200, status));
    }
}
