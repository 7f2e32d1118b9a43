using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Deployments;
using Slipway.Server.Rollouts;
using Slipway.Server.Tests.Deployments;
using Slipway.Testing;

namespace Slipway.Server.Tests.Rollouts;

/// <summary>Rollouts that are judged by what the gateway reports.</summary>
public sealed class GateTests
{
    private const string Canary = ""","strategy":"canary","rollout":{"steps":[10],"window_seconds":2,"gate":{"min_requests":50,"wait_seconds":1}}""";
    private static int sequence;

    [Fact]
    public async Task A_candidate_that_fails_more_often_is_rolled_back_with_the_figures()
    {
        await using var host = await DeploymentHost.StartAsync();
        await host.LiveAsync();
        var rollout = await ShiftedAsync(host, Canary, 10);
        await ReportAsync(host, rollout, candidate: (60, 6), previous: (540, 1));
        var ended = await host.UntilEndedAsync(rollout);
        Assert.Equal(("FAILED", "error_rate", 0), (ended.Status, ended.ErrorCode, ended.PercentTrafficToNewVersion));
        Assert.Contains("Revision 2 failed 6 of 60 requests (10 %)", ended.ErrorMessage, StringComparison.Ordinal);
        var evidence = ended.Steps[^1].Evidence!;
        Assert.Equal((60L, 6L, 540L, "fail"), (evidence.Candidate.Requests, evidence.Candidate.Failures, evidence.Previous.Requests, evidence.Verdict));
        Assert.Equal((60L, 0.1), (ended.Candidate.Total.Requests, ended.Candidate.Total.ErrorRate));
        Assert.Equal("update_failed", (await host.UntilAsync(d => d.Status == "ACTIVE")).StatusReason);
    }

    [Fact]
    public async Task A_candidate_that_is_slower_is_rolled_back()
    {
        await using var host = await DeploymentHost.StartAsync();
        await host.LiveAsync();
        var rollout = await ShiftedAsync(host, Canary, 10);
        await ReportAsync(host, rollout, candidate: (60, 0), previous: (540, 0), candidateMs: 800, previousMs: 20);
        Assert.Equal("latency", (await host.UntilEndedAsync(rollout)).ErrorCode);
    }

    [Fact]
    public async Task A_good_canary_goes_on_and_succeeds()
    {
        await using var host = await DeploymentHost.StartAsync();
        await host.LiveAsync();
        var rollout = await ShiftedAsync(host, Canary, 10);
        await ReportAsync(host, rollout, candidate: (60, 0), previous: (540, 0));
        await host.UntilAsync(() => GetAsync(host, rollout), r => r.PercentTrafficToNewVersion == 100);
        await ReportAsync(host, rollout, candidate: (600, 0), previous: (0, 0));
        var ended = await host.UntilEndedAsync(rollout);
        Assert.Equal("SUCCEEDED", ended.Status);
        Assert.Equal(["pass", "pass"], ended.Steps.Where(s => s.Evidence is { Candidate.Requests: > 0 }).Select(s => s.Evidence!.Verdict));
    }

    [Fact]
    public async Task A_canary_that_nobody_asks_waits_then_pauses_and_goes_on_when_it_is_resumed_and_asked()
    {
        await using var host = await DeploymentHost.StartAsync();
        await host.LiveAsync();
        var rollout = await ShiftedAsync(host, Canary, 10);
        var paused = await host.UntilAsync(() => GetAsync(host, rollout), r => r.Status == "PAUSED");
        Assert.Equal(("no_evidence", 10), (paused.PausedReason, paused.PercentTrafficToNewVersion));
        Assert.Contains("At least 50 requests are needed", paused.Steps[^1].What, StringComparison.Ordinal);

        await (await host.Admin.PostJsonAsync($"/api/v1/rollouts/{rollout.Id}/resume", "{}")).ShouldSucceedAsync();
        await ReportAsync(host, rollout, candidate: (60, 0), previous: (540, 0));
        await host.UntilAsync(() => GetAsync(host, rollout), r => r.PercentTrafficToNewVersion == 100);
    }

    [Fact]
    public async Task After_all_traffic_has_moved_the_last_window_of_the_previous_revision_is_what_it_is_compared_with()
    {
        await using var host = await DeploymentHost.StartAsync();
        await host.LiveAsync();
        host.Replicas.Hold("iris-2");
        var rollout = await host.UpdateAsync(2, ""","strategy":"blue_green","rollout":{"bake_seconds":3600}""");
        await ReportAsync(host, rollout, candidate: (0, 0), previous: (500, 200));   // it was bad before
        host.Replicas.Release("iris-2");
        await host.UntilAsync(() => GetAsync(host, rollout), r => r.PercentTrafficToNewVersion == 100);
        await ReportAsync(host, rollout, candidate: (500, 180), previous: (0, 0));   // no worse
        Assert.Equal("RAMPING_UP", (await GetAsync(host, rollout)).Status);
        await ReportAsync(host, rollout, candidate: (500, 400), previous: (0, 0));
        Assert.Equal("error_rate", (await host.UntilEndedAsync(rollout)).ErrorCode);
    }

    [Theory]
    [InlineData("crashes on load", "load_failed")]
    [InlineData("is never ready", "progress_deadline")]
    [InlineData("crashes on a request", "crashed")]
    [InlineData("fails one request in ten", "error_rate")]
    [InlineData("is slow", "latency")]
    [InlineData("leaks memory", "memory_limit")]
    [InlineData("answers what cannot be serialised", "error_rate")]
    [InlineData("misses a requirement", "build_failed")]
    [InlineData("fills the disk", "out_of_disk")]
    [InlineData("dies after a minute", "crashed")]
    public async Task Each_kind_of_bad_release_is_rolled_back_by_itself_with_its_reason(string kind, string code)
    {
        await using var host = await DeploymentHost.StartAsync();
        await host.LiveAsync();
        switch (kind)
        {
            case "crashes on load":
                host.Replicas.Break("iris-2", "load_failed");
                break;
            case "fills the disk":
                host.Replicas.Break("iris-2", "load_failed", "OSError: [Errno 28] No space left on device: 'cache.bin'");
                break;
            case "is never ready":
                host.Replicas.Hold("iris-2");
                break;
            case "misses a requirement":
                host.Versions.BuildErrors["iris-2"] = "nosuchpackage==9 was not found";
                break;
        }

        var rollout = await host.UpdateAsync(2, ""","rollout":{"bake_seconds":3600,"progress_deadline_seconds":2}""");
        if (kind is not ("crashes on load" or "fills the disk" or "is never ready" or "misses a requirement"))
        {
            await host.UntilAsync(() => GetAsync(host, rollout), r => r.PercentTrafficToNewVersion == 100);
            switch (kind)
            {
                case "crashes on a request" or "dies after a minute":
                    host.Replicas.Kill("iris-2", "crashed");
                    break;
                case "leaks memory":
                    host.Replicas.Kill("iris-2", "memory_limit");
                    break;
                case "is slow":
                    // What it is compared with was seen before the switch; here as if in the same window.
                    await ReportAsync(host, rollout, candidate: (100, 0), previous: (100, 0), candidateMs: 2000);
                    break;
                default:
                    await ReportAsync(host, rollout, candidate: (100, kind == "fails one request in ten" ? 10 : 100), previous: (0, 0));
                    break;
            }
        }

        var ended = await host.UntilEndedAsync(rollout);
        Assert.Equal(("FAILED", code, 0), (ended.Status, ended.ErrorCode, ended.PercentTrafficToNewVersion));
        Assert.NotEmpty(ended.ErrorMessage!);
        var after = await host.UntilAsync(d => d.Status == "ACTIVE");
        Assert.Equal((1, 1, "update_failed"), (after.Live!.Number, after.ReplicasReady, after.StatusReason));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_next_server_decides_on_what_was_seen_before(bool postgreSql)
    {
        var folder = Directory.CreateTempSubdirectory("slipway-test-");
        var (replicas, versions) = (new FakeReplicaSets(), new FakeVersions());
        var database = postgreSql ? await PostgreSqlServer.CreateDatabaseOrSkipAsync() : null;
        try
        {
            RolloutInfo rollout;
            await using (var first = await DeploymentHost.StartAsync(replicas, versions, database, folder.FullName))
            {
                await first.LiveAsync();
                rollout = await ShiftedAsync(first, Canary.Replace("\"wait_seconds\":1", "\"wait_seconds\":600", StringComparison.Ordinal), 10);
                await ReportAsync(first, rollout, candidate: (49, 6), previous: (540, 1));   // one too few to conclude
                await first.UntilAsync(() => StoredAsync(first, rollout), requests => requests == 49);
            }

            await using var second = await DeploymentHost.StartAsync(replicas, versions, database, folder.FullName);
            await second.UntilAsync(() => GetAsync(second, rollout), r => r.Candidate.Window.Requests == 49);
            await ReportAsync(second, rollout, candidate: (1, 0), previous: (0, 0));
            var ended = await second.UntilEndedAsync(rollout);
            Assert.Equal(("FAILED", "error_rate", 50L), (ended.Status, ended.ErrorCode, ended.Steps[^1].Evidence!.Candidate.Requests));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task What_was_answered_in_the_minute_before_is_compared_with_where_both_never_answered_together_also_by_the_next_server()
    {
        var folder = Directory.CreateTempSubdirectory("slipway-test-");
        var (replicas, versions) = (new FakeReplicaSets(), new FakeVersions());
        try
        {
            RolloutInfo rollout;
            await using (var first = await DeploymentHost.StartAsync(replicas, versions, null, folder.FullName))
            {
                await first.LiveAsync();
                await using (var db = first.Service<Server.Platform.Database>().Read())
                {
                    var deployment = await db.Set<Deployment>().SingleAsync();
                    var now = DateTimeOffset.UtcNow;
                    first.Service<GatewayReports>().Take(new GatewayReport(
                        "test", Interlocked.Increment(ref sequence), now.AddSeconds(-1), now, 1, [], [Of(deployment.Id, deployment.LiveRevisionId!.Value, (100, 0), 5)], [], []));
                }

                rollout = await ShiftedAsync(first, ""","rollout":{"bake_seconds":3600}""", 100);
            }

            await using var second = await DeploymentHost.StartAsync(replicas, versions, null, folder.FullName);
            await ReportAsync(second, rollout, candidate: (100, 0), previous: (0, 0), candidateMs: 400, inSeconds: 20);
            var ended = await second.UntilEndedAsync(rollout);
            Assert.Equal(("FAILED", "latency", 0L), (ended.Status, ended.ErrorCode, ended.Previous!.Total.Requests));
            Assert.Contains("Revision 1, in the minute before the rollout, failed 0 of 100 requests", ended.ErrorMessage, StringComparison.Ordinal);
            Assert.Equal((0L, 100L, 100L), (ended.Steps[^1].Evidence!.Previous.Requests, ended.Steps[^1].Evidence!.Before!.Requests, ended.Previous.Before!.Requests));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<long> StoredAsync(DeploymentHost host, RolloutInfo rollout)
    {
        await host.Service<RolloutEvidence>().SaveAsync(everything: true, CancellationToken.None);
        return (await GetAsync(host, rollout)).Candidate.Window.Requests;
    }

    private static Task<RolloutInfo> GetAsync(DeploymentHost host, RolloutInfo rollout) => host.Admin.GetAsync<RolloutInfo>($"/api/v1/rollouts/{rollout.Id}");

    /// <summary>A rollout that has moved its first traffic.</summary>
    private static async Task<RolloutInfo> ShiftedAsync(DeploymentHost host, string settings, int percent)
    {
        var rollout = await host.UpdateAsync(2, settings);
        return await host.UntilAsync(() => GetAsync(host, rollout), r => r.PercentTrafficToNewVersion == percent);
    }

    /// <summary>What a gateway says of one second, given once the rollout is watched in its present window.</summary>
    private static async Task ReportAsync(
        DeploymentHost host, RolloutInfo rollout, (int Requests, int Failures) candidate, (int Requests, int Failures) previous, int candidateMs = 10, int previousMs = 10,
        int inSeconds = 0)
    {
        var id = Guid.Parse(rollout.Id);
        var stored = await host.UntilAsync(
            async () =>
            {
                await using var db = host.Service<Server.Platform.Database>().Read();
                var row = await db.Set<Rollout>().SingleAsync(r => r.Id == id);
                return host.Service<RolloutEvidence>().Of(row, 1).Current is null ? null : row;
            },
            row => row is not null);
        var now = DateTimeOffset.UtcNow.AddSeconds(inSeconds);
        host.Service<GatewayReports>().Take(new GatewayReport(
            "test", Interlocked.Increment(ref sequence), now.AddSeconds(-1), now, host.Service<RouteTableFeed>().Current.Version, [],
            [Of(stored!.DeploymentId, stored.ToRevisionId, candidate, candidateMs), Of(stored.DeploymentId, stored.FromRevisionId!.Value, previous, previousMs)], [], []));
    }

    private static VariantOutcomes Of(Guid deployment, Guid revision, (int Requests, int Failures) side, int ms)
    {
        var buckets = new long[LatencyBuckets.Count];
        buckets[LatencyBuckets.Of(TimeSpan.FromMilliseconds(ms))] = side.Requests;
        return new VariantOutcomes(deployment, revision, "default", side.Requests, side.Failures, [.. buckets]);
    }
}
