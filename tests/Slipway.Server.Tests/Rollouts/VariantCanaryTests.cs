using Slipway.Contracts;
using Slipway.Server.Deployments;
using Slipway.Server.Rollouts;
using Slipway.Server.Tests.Deployments;
using Slipway.Testing;

namespace Slipway.Server.Tests.Rollouts;

/// <summary>A canary of a revision with two variants, from the first stage to its end.</summary>
public sealed class VariantCanaryTests
{
    private const string Canary = """ "strategy":"canary","rollout":{"steps":[25,50,75],"window_seconds":1,"gate":{"min_requests":20,"wait_seconds":600}}""";
    private static int sequence;

    [Fact]
    public async Task It_goes_through_every_stage_with_all_its_variants_at_the_weight_of_the_revision()
    {
        await using var host = await DeploymentHost.StartAsync();
        var rollout = await BegunAsync(host);
        foreach (var percent in (int[])[25, 50, 75, 100])
        {
            var seen = await host.UntilAsync(() => GetAsync(host, rollout), r => r.PercentTrafficToNewVersion == percent || r.FinishedAt is not null);
            Assert.Null(seen.ErrorCode);
            var feed = host.Service<RouteTableFeed>();
            var route = await host.UntilAsync(() => Task.FromResult(feed.Current.Deployments[new RouteKey("development", "iris")]), r => r.Revisions.Any(x => x.Number == 2 && x.Weight == percent * 100));

            // The revision is chosen by its weight first, then the variant by the table of that revision: so each variant's share is split as the whole is.
            Assert.Equal(10_000, route.Revisions.Sum(r => r.Weight));
            Assert.All(route.Revisions.Where(r => r.Weight > 0), r => Assert.True(
                r.Router is not null && r.Variants.Select(v => v.Name).SequenceEqual(["main", "spare"]) && r.Variants.All(v => v.Set.Replicas.Any(x => x.Ready)), $"{r}"));
            Assert.Equal([3, 4], route.Revisions.Single(r => r.Number == 2).Variants.Select(v => v.ModelVersion));
            await ReportAsync(host, rollout, (100, 0), (40, 1));
        }

        Assert.Equal("SUCCEEDED", (await host.UntilEndedAsync(rollout)).Status);
        await host.UntilAsync(() => Task.FromResult((host.Replicas.DesiredOf("iris-1"), host.Replicas.DesiredOf("iris-2"))), desired => desired == (0, 0));
    }

    [Fact]
    public async Task One_variant_that_fails_its_gate_rolls_the_whole_revision_back()
    {
        await using var host = await DeploymentHost.StartAsync();
        var rollout = await BegunAsync(host);
        await host.UntilAsync(() => GetAsync(host, rollout), r => r.PercentTrafficToNewVersion == 25);
        await ReportAsync(host, rollout, (960, 0), (40, 10));   // 1 % of all
        var ended = await host.UntilEndedAsync(rollout);
        Assert.Equal(("FAILED", "error_rate", 0), (ended.Status, ended.ErrorCode, ended.PercentTrafficToNewVersion));
        Assert.StartsWith("Revision 2, variant spare, failed 10 of 40 requests (25 %)", ended.ErrorMessage, StringComparison.Ordinal);
        var after = await host.UntilAsync(d => d is { Status: "ACTIVE", ReplicasReady: 2 });
        Assert.Equal((1, "update_failed"), (after.Live!.Number, after.StatusReason));
        await host.UntilAsync(() => Task.FromResult((host.Replicas.DesiredOf("iris-3"), host.Replicas.DesiredOf("iris-4"))), desired => desired == (0, 0));
    }

    private static async Task<RolloutInfo> BegunAsync(DeploymentHost host)
    {
        await (await host.Admin.PostJsonAsync("/api/v1/deployments", """
            {"name":"iris","environment":"development","variants":[{"name":"main","model":"iris","version":"1"},{"name":"spare","model":"iris","version":"2"}],
             "routing":{"fields":[{"name":"country","type":"string"}],"rows":[{"variant":"spare","conditions":{"country":{"operator":"=","value":"NO"}}}]}}
            """)).ShouldSucceedAsync();
        await host.UntilAsync(d => d is { Status: "ACTIVE", ReplicasReady: 2 });
        return await (await host.PostAsync("revisions", """{"variants":[{"name":"main","version":"3"},{"name":"spare","version":"4"}],""" + Canary + "}")).ReadAsync<RolloutInfo>();
    }

    private static Task<RolloutInfo> GetAsync(DeploymentHost host, RolloutInfo rollout) => host.Admin.GetAsync<RolloutInfo>($"/api/v1/rollouts/{rollout.Id}");

    /// <summary>What a gateway says of one second, once the rollout is watched in its present window; the previous revision fails nothing.</summary>
    private static async Task ReportAsync(DeploymentHost host, RolloutInfo rollout, (int Requests, int Failures) main, (int Requests, int Failures) spare)
    {
        var id = Guid.Parse(rollout.Id);
        Rollout? row = null;
        await host.UntilAsync(
            async () =>
            {
                await using var db = host.Service<Server.Platform.Database>().Read();
                row = await db.Set<Rollout>().FindAsync(id);
                return row!.FinishedAt is not null || host.Service<RolloutEvidence>().Of(row, 1).Current is not null;
            },
            watched => watched);
        var now = DateTimeOffset.UtcNow;
        var (to, from) = (row!.ToRevisionId, row.FromRevisionId!.Value);
        host.Service<GatewayReports>().Take(new GatewayReport(
            "variants", Interlocked.Increment(ref sequence), now.AddSeconds(-1), now, host.Service<RouteTableFeed>().Current.Version, [],
            [Of(row, to, "main", main), Of(row, to, "spare", spare), Of(row, from, "main", (main.Requests, 0)), Of(row, from, "spare", (spare.Requests, 0))], [], []));
    }

    private static VariantOutcomes Of(Rollout rollout, Guid revision, string variant, (int Requests, int Failures) side)
    {
        var buckets = new long[LatencyBuckets.Count];
        buckets[LatencyBuckets.Of(TimeSpan.FromMilliseconds(10))] = side.Requests;
        return new VariantOutcomes(rollout.DeploymentId, revision, variant, side.Requests, side.Failures, [.. buckets]);
    }
}
