using System.Collections.Immutable;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Contracts;
using Slipway.Server.Deployments;
using Slipway.Server.Tests.Deployments;
using Slipway.Testing;

namespace Slipway.Server.Tests.Gateway;

public sealed class LiveMetricsTests
{
    [Fact]
    public async Task What_is_asked_shows_in_the_metrics_by_status_with_its_latency()
    {
        await using var replica = new FakeReplica(async r => await (r.Text == "\"bad\"" ? r.ErrorAsync(502, "model_error") : r.AnswerAsync("1")));
        await using var host = await GatewayHost.StartAsync(replica);
        for (var i = 0; i < 5; i++)
        {
            await host.InvokeAsync();
        }

        await host.InvokeAsync("\"bad\"");
        var text = await host.Administrator.GetStringAsync("/metrics");
        const string Labels = "deployment=\"echo\",environment=\"production\",model=\"echo-model\",version=\"1\",variant=\"default\",runtime=\"python\"";
        Assert.Contains($"slipway_inference_requests_total{{{Labels},code=\"200\"}} 5\n", text, StringComparison.Ordinal);
        Assert.Contains($"slipway_inference_requests_total{{{Labels},code=\"502\"}} 1\n", text, StringComparison.Ordinal);
        Assert.Contains($"slipway_inference_duration_seconds_count{{{Labels}}} 6\n", text, StringComparison.Ordinal);
        Assert.Contains("slipway_queue_depth{deployment=\"echo\",environment=\"production\"} 0\n", text, StringComparison.Ordinal);
        Assert.Contains("slipway_replicas_ejected{deployment=\"echo\",environment=\"production\"} 0\n", text, StringComparison.Ordinal);
        var report = await host.ReportAsync(r => r.Replicas.Any(l => l.Requests > 0 || l.InFlight == 0));
        Assert.NotNull(report);
    }

    [Fact]
    public async Task The_last_minute_of_a_deployment_and_of_each_replica_is_shown()
    {
        await using var host = await DeploymentHost.StartAsync();
        await host.LiveAsync();
        var route = host.Service<RouteTableFeed>().Current.Deployments[new RouteKey("development", "iris")];
        var (revision, set) = (route.Revisions[0], route.Revisions[0].Default.Set);
        var buckets = new long[LatencyBuckets.Count];
        buckets[LatencyBuckets.Of(TimeSpan.FromMilliseconds(20))] = 9;
        buckets[LatencyBuckets.Of(TimeSpan.FromMilliseconds(200))] = 1;
        var now = DateTimeOffset.UtcNow;
        host.Service<GatewayReports>().Take(new GatewayReport(
            "another", 1, now.AddSeconds(-2), now, 1, [new ReplicaSetLoad(route.DeploymentId, set.Hash, 3, 2, 1, 0, 1)],
            [new VariantOutcomes(route.DeploymentId, revision.RevisionId, "default", 10, 1, [.. buckets])],
            [new ReplicaLoad(set.Replicas[0].ReplicaId, 2, 2, 10, 1, [.. buckets])], []) { Ejected = [set.Replicas[0].ReplicaId] });
        var metrics = await host.Admin.GetAsync<LiveMetrics>("/api/v1/deployments/development/iris/metrics");
        Assert.InRange(metrics.RequestsPerSecond, 0.1, 5);   // the server's own gateway reports beside it
        Assert.Equal(0.1, metrics.ErrorRate);
        Assert.InRange(metrics.P50Ms!.Value, 15, 25);
        Assert.InRange(metrics.P99Ms!.Value, 150, 250);
        Assert.InRange(metrics.Points.Count, 59, 60);   // the step that has just begun may have nothing yet
        Assert.Contains(metrics.Points, p => p.RequestsPerSecond > 0 && p.ErrorsPerSecond > 0);
        var one = metrics.Replicas.Single();
        Assert.Equal(0.1, one.ErrorRate);
        Assert.InRange(one.P95Ms!.Value, 100, 250);
        var listed = await host.GetAsync();
        Assert.Equal(0.1, listed.ErrorRate);

        using var scrape = new HttpRequestMessage(HttpMethod.Get, "/metrics") { Headers = { { "Accept", "application/openmetrics-text" } } };
        using var scraped = await host.Admin.SendAsync(scrape);
        Assert.Equal("application/openmetrics-text; version=1.0.0; charset=utf-8", scraped.Content.Headers.ContentType!.ToString());
        var text = await scraped.Content.ReadAsStringAsync();
        Assert.EndsWith("\n# EOF\n", text, StringComparison.Ordinal);
        Assert.Contains("slipway_replicas{deployment=\"iris\",environment=\"development\",state=\"ready\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("slipway_replicas{deployment=\"iris\",environment=\"development\",state=\"backing_off\"} 0\n", text, StringComparison.Ordinal);
    }
}
