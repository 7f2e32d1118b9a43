using Microsoft.Extensions.Options;
using Slipway.Contracts;
using Slipway.Server.Deployments;
using Slipway.Server.Rollouts;
using Slipway.Server.Tests.Deployments;
using Slipway.Testing;

namespace Slipway.Server.Tests.Rollouts;

public sealed class RolloutTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task New_replicas_serve_before_the_old_ones_go(bool postgreSql)
    {
        await using var host = await DeploymentHost.StartAsync(postgreSql);
        await host.LiveAsync("iris", ""","min_replicas":3,"max_replicas":3""");
        await host.UntilAsync(d => d.ReplicasReady == 3);

        var key = new RouteKey("development", "iris");
        var fewest = int.MaxValue;
        var weights = new List<int>();
        host.Service<RouteTableFeed>().Swapped += table =>
        {
            var revisions = table.Deployments[key].Revisions;
            fewest = Math.Min(fewest, revisions.Where(r => r.Weight > 0).Min(r => r.Default.Set.Replicas.Count(x => x.Ready)));
            weights.Add(revisions.Sum(r => r.Weight));
        };
        var rollout = await host.UntilEndedAsync(await host.UpdateAsync(2));

        Assert.Equal(("SUCCEEDED", 1, 2, 100), (rollout.Status, rollout.FromRevision, rollout.ToRevision, rollout.PercentTrafficToNewVersion));
        Assert.Equal([0, 0, 33, 66, 100, 100], rollout.Steps.Select(s => s.PercentTrafficToNewVersion));
        var after = await host.UntilAsync(d => d.Status == "ACTIVE" && d.ReplicasReady == 3 && d.Live!.Number == 2);
        Assert.Null(after.Rollout);
        await host.UntilAsync(() => Task.FromResult(host.Replicas.Current.Sets.Count), count => count == 1);
        Assert.Equal(["iris-2:1", "iris-2:2", "iris-2:3"], host.Replicas.Asked.Where(a => a.StartsWith("iris-2", StringComparison.Ordinal)));
        Assert.Equal(["iris-1:3", "iris-1:2", "iris-1:1", "iris-1:-1"], host.Replicas.Asked.Where(a => a.StartsWith("iris-1", StringComparison.Ordinal)));
        Assert.True(fewest >= 1, "every revision that took traffic had a ready replica, at every moment");
        Assert.All(weights, sum => Assert.Equal(10_000, sum));
    }

    [Fact]
    public async Task What_is_told_as_live_or_ready_is_what_requests_meet()
    {
        await using var host = await DeploymentHost.StartAsync(deployments: o => o.RoutesWait = TimeSpan.FromMinutes(1));
        await host.LiveAsync();
        using var table = new HeldTable(host.Service<RouteTableFeed>(), t => t.Deployments[new RouteKey("development", "iris")].Revisions is [{ Number: 2 }]);
        var rollout = await host.UpdateAsync(2);
        await table.HeldAsync();
        Assert.Equal(("RAMPING_UP", 1), ((await host.Admin.GetAsync<RolloutInfo>($"/api/v1/rollouts/{rollout.Id}")).Status, (await host.GetAsync()).Live!.Number));
        table.Release();
        Assert.Equal("SUCCEEDED", (await host.UntilEndedAsync(rollout)).Status);

        // A deployment that was stopped is active again when its route has its replicas.
        await (await host.PostAsync("stop")).ShouldSucceedAsync();
        await host.UntilAsync(d => d.Status == "STOPPED");
        using var started = new HeldTable(
            host.Service<RouteTableFeed>(), t => t.Deployments[new RouteKey("development", "iris")].Revisions is [var one] && one.Default.Set.Replicas.Any(r => r.Ready));
        await (await host.PostAsync("start")).ShouldSucceedAsync();
        await started.HeldAsync();
        var asked = host.GetAsync();
        Assert.NotSame(asked, await Task.WhenAny(asked, Task.Delay(300, TestContext.Current.CancellationToken)));
        started.Release();
        Assert.Equal(("ACTIVE", 1), ((await asked).Status, (await asked).ReplicasReady));
    }

    [Theory]
    [InlineData("load_failed", "load_failed")]
    [InlineData("memory_limit", "memory_limit")]
    public async Task A_version_that_does_not_load_leaves_the_old_one_serving_and_says_why(string exit, string code)
    {
        await using var host = await DeploymentHost.StartAsync();
        await host.LiveAsync();
        host.Replicas.Break("iris-2", exit);
        var rollout = await host.UntilEndedAsync(await host.UpdateAsync(2));

        Assert.Equal(("FAILED", code, 0), (rollout.Status, rollout.ErrorCode, rollout.PercentTrafficToNewVersion));
        Assert.Contains("ValueError in iris-2", rollout.ErrorMessage, StringComparison.Ordinal);
        var after = await host.UntilAsync(d => d.Status == "ACTIVE");
        Assert.Equal(("update_failed", 1, 1), (after.StatusReason, after.Live!.Number, after.ReplicasReady));
        Assert.Contains("ValueError in iris-2", after.StatusDetail, StringComparison.Ordinal);
        await host.UntilAsync(() => Task.FromResult(host.Replicas.Current.Sets.Count), count => count == 1);   // the failed set is removed

        host.Replicas.Mend("iris-2");
        await (await host.PostAsync("retry")).ShouldSucceedAsync();
        Assert.Equal(2, (await host.UntilAsync(d => d.Status == "ACTIVE" && d.Live!.Number == 2)).Live!.Number);
    }

    [Fact]
    public async Task A_build_that_fails_is_shown_and_can_be_tried_again()
    {
        await using var host = await DeploymentHost.StartAsync();
        host.Versions.BuildErrors["iris-1"] = "nosuchpackage==9 was not found";
        await host.CreateAsync();
        var failed = await host.UntilAsync(d => d.Status == "BUILD_FAILED");
        Assert.Equal("build_failed", failed.StatusReason);
        Assert.Contains("nosuchpackage==9", failed.StatusDetail, StringComparison.Ordinal);
        await (await host.PostAsync("restart")).ShouldRefuseAsync(409, "nothing_live");

        host.Versions.BuildErrors.Clear();
        var again = await (await host.PostAsync("retry")).ReadAsync<RetryDeploymentInfo>();
        Assert.Equal((true, null, "iris"), (again.Retried, again.Reason, again.Deployment.Name));
        await host.UntilAsync(d => d.Status == "ACTIVE");
        Assert.Equal(["iris-1", "iris-1"], host.Versions.TriedAgain);
        var nothing = await (await host.PostAsync("retry")).ReadAsync<RetryDeploymentInfo>();
        Assert.Equal((false, "ACTIVE"), (nothing.Retried, nothing.Deployment.Status));
        Assert.Contains("nothing to retry", nothing.Reason, StringComparison.Ordinal);
        await (await host.PostAsync("retry", path: "development/nobody")).ShouldRefuseAsync(404, "deployment_not_found");
    }

    [Fact]
    public async Task A_first_rollout_that_is_canceled_leaves_nothing_live_and_can_be_tried_again()
    {
        await using var host = await DeploymentHost.StartAsync();
        host.Replicas.Hold("iris-1");
        var loading = await host.CreateAsync();
        loading = await host.UntilAsync(d => d.Status == "LOADING_MODEL");
        await (await host.Admin.PostJsonAsync($"/api/v1/rollouts/{loading.Rollout!.Id}/cancel", "{}")).ShouldSucceedAsync();
        var canceled = await host.UntilAsync(d => d.Rollout is null);
        Assert.Equal(("DEPLOY_FAILED", "canceled"), (canceled.Status, canceled.StatusReason));
        Assert.Null(canceled.Live);

        host.Replicas.Release("iris-1");
        await (await host.PostAsync("retry")).ShouldSucceedAsync();
        Assert.Equal(1, (await host.UntilAsync(d => d.Status == "ACTIVE")).Live!.Number);
        Assert.False((await (await host.PostAsync("retry")).ReadAsync<RetryDeploymentInfo>()).Retried);
    }

    [Fact]
    public async Task Without_progress_until_the_deadline_a_rollout_fails_and_the_old_revision_stays()
    {
        await using var host = await DeploymentHost.StartAsync();
        await host.LiveAsync();
        host.Service<IOptions<RolloutOptions>>().Value.ProgressDeadline = TimeSpan.FromMilliseconds(300);
        host.Replicas.Hold("iris-2");
        var rollout = await host.UntilEndedAsync(await host.UpdateAsync(2));
        Assert.Equal("progress_deadline", rollout.ErrorCode);
        Assert.Equal(1, (await host.UntilAsync(d => d.Status == "ACTIVE")).Live!.Number);
    }

    [Fact]
    public async Task A_full_machine_fails_the_rollout_as_such()
    {
        await using var host = await DeploymentHost.StartAsync(rollouts: o =>
        {
            o.ProgressDeadline = TimeSpan.FromMilliseconds(300);
            o.MemoryOvercommit = 0.1;
        });
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 20;
        await host.CreateAsync("iris", $$""","memory_mib":{{memory / 2}}""");
        Assert.Equal("insufficient_capacity", (await host.UntilAsync(d => d.Status == "DEPLOY_FAILED")).StatusReason);
    }

    [Fact]
    public async Task A_rollout_that_waits_for_memory_of_the_machine_says_so_and_goes_on_when_there_is_some()
    {
        await using var host = await DeploymentHost.StartAsync(rollouts: o => o.MemoryOvercommit = 0.1);
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 20;
        await host.CreateAsync("iris", $$""","memory_mib":{{memory / 2}}""");
        var waiting = await host.UntilAsync(NewestAsync, r => r.WaitingFor?.Reason == "insufficient_capacity");
        Assert.Contains("no memory left for another replica of revision 1", waiting.WaitingFor!.Message, StringComparison.Ordinal);
        Assert.True(waiting.WaitingFor.Until > waiting.StartedAt);

        host.Service<IOptions<RolloutOptions>>().Value.MemoryOvercommit = 10;
        await host.UntilAsync(d => d.Status == "ACTIVE");
        Assert.Null((await NewestAsync()).WaitingFor);

        async Task<RolloutInfo> NewestAsync() => (await host.Admin.GetAsync<Page<RolloutInfo>>("/api/v1/deployments/development/iris/rollouts")).Items[0];
    }

    [Fact]
    public async Task Only_one_rollout_runs_at_a_time_and_stop_cancels_it()
    {
        await using var host = await DeploymentHost.StartAsync();
        await host.LiveAsync();
        host.Replicas.Hold("iris-2");
        var rollout = await host.UpdateAsync(2);
        var busy = await host.UntilAsync(d => d.Status == "UPDATING");
        Assert.Equal(rollout.Id, busy.Rollout!.Id);
        await (await host.PostAsync("revisions", """{"version":"3"}""")).ShouldRefuseAsync(409, "rollout_under_way");
        await (await host.PostAsync("restart")).ShouldRefuseAsync(409, "rollout_under_way");

        await (await host.PostAsync("stop")).ShouldSucceedAsync();
        Assert.Equal("CANCELED", (await host.UntilEndedAsync(rollout)).Status);
        await host.UntilAsync(d => d.Status == "STOPPED");
        await (await host.PostAsync("start")).ShouldSucceedAsync();
        Assert.Equal(1, (await host.UntilAsync(d => d.Status == "ACTIVE")).Live!.Number);
    }

    [Fact]
    public async Task A_deployment_stopped_before_it_was_ever_live_rolls_out_when_it_is_started()
    {
        await using var host = await DeploymentHost.StartAsync();
        host.Replicas.Hold("iris-1");
        await host.CreateAsync();
        await host.UntilAsync(d => d.Status == "LOADING_MODEL");
        await (await host.PostAsync("stop")).ShouldSucceedAsync();
        await host.UntilAsync(d => d.Status == "STOPPED");
        host.Replicas.Release("iris-1");
        await (await host.PostAsync("start")).ShouldSucceedAsync();
        await host.UntilAsync(d => d is { Status: "ACTIVE", Live.Number: 1 });
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_rollout_is_finished_by_the_next_server(bool postgreSql)
    {
        var folder = Directory.CreateTempSubdirectory("slipway-test-");
        var (replicas, versions) = (new FakeReplicaSets(), new FakeVersions());
        var database = postgreSql ? await PostgreSqlServer.CreateDatabaseOrSkipAsync() : null;
        try
        {
            RolloutInfo rollout;
            await using (var first = await DeploymentHost.StartAsync(replicas, versions, database, folder.FullName))
            {
                await first.LiveAsync("iris", ""","min_replicas":2,"max_replicas":2""");
                replicas.Hold("iris-2");
                rollout = await first.UpdateAsync(2);
                await first.UntilAsync(d => d.Rollout?.Steps.Count == 2);
            }

            replicas.Release("iris-2");
            await using var second = await DeploymentHost.StartAsync(replicas, versions, database, folder.FullName);
            Assert.Equal("SUCCEEDED", (await second.UntilEndedAsync(rollout)).Status);
            await second.UntilAsync(d => d is { Status: "ACTIVE", Live.Number: 2, ReplicasReady: 2 });
            await second.UntilAsync(() => Task.FromResult(replicas.Current.Sets.Count), count => count == 1);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task What_is_already_live_makes_no_revision_and_other_resources_make_one()
    {
        await using var host = await DeploymentHost.StartAsync();
        await host.LiveAsync();
        await (await host.PostAsync("revisions", """{"version":"1"}""")).ShouldRefuseAsync(409, "revision_unchanged");
        var rollout = await (await host.PostAsync("revisions", """{"memory_mib":64,"revision_name":"small","labels":{"pr":"7"}}""")).ReadAsync<RolloutInfo>();
        await host.UntilEndedAsync(rollout);

        var revisions = (await host.Admin.GetAsync<Page<RevisionInfo>>("/api/v1/deployments/development/iris/revisions")).Items;
        Assert.Equal([("small", 2, true), ("deployment-1", 1, false)], revisions.Select(r => (r.Name, r.Number, r.IsLive)));
        Assert.Equal((64, 1), (revisions[0].Variants[0].Resources.MemoryMib, revisions[0].Variants[0].ModelVersion));
        var rollouts = await host.Admin.GetAsync<Page<RolloutInfo>>("/api/v1/deployments/development/iris/rollouts?limit=1");
        Assert.Equal(rollout.Id, rollouts.Items.Single().Id);
        Assert.Single((await host.Admin.GetAsync<Page<RolloutInfo>>($"/api/v1/deployments/development/iris/rollouts?page_token={rollouts.NextPageToken}")).Items);
    }

    /// <summary>Keeps the first table of a kind from coming into force.</summary>
    private sealed class HeldTable : IDisposable
    {
        private readonly TaskCompletionSource held = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly ManualResetEventSlim release = new();

        public HeldTable(RouteTableFeed feed, Func<RouteTable, bool> which) => feed.Swapped += table =>
        {
            if (!held.Task.IsCompleted && which(table))
            {
                held.SetResult();
                release.Wait(TimeSpan.FromSeconds(30));
            }
        };

        /// <summary>Until it is held, and then long enough for who does not wait for it.</summary>
        public async Task HeldAsync()
        {
            await held.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
            await Task.Delay(300, TestContext.Current.CancellationToken);
        }

        public void Release() => release.Set();

        public void Dispose()
        {
            release.Set();
            release.Dispose();
        }
    }
}
