using System.Text.Json;
using Slipway.Contracts;
using Slipway.Server.Deployments;
using Slipway.Server.Identity;
using Slipway.Server.Tests.Deployments;
using Slipway.Testing;

namespace Slipway.Server.Tests.Rollouts;

/// <summary>What people do with a rollout, through HTTP.</summary>
public sealed class RolloutActionTests
{
    private const string Three = ""","min_replicas":3,"max_replicas":8""";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_pause_pins_the_split_while_replicas_still_follow_the_scale_and_resume_ends_it(bool postgreSql)
    {
        await using var host = await DeploymentHost.StartAsync(postgreSql);
        await host.LiveAsync("iris", Three);
        var rollout = await HalfwayAsync(host);
        var paused = await ActAsync(host, rollout, "pause");
        Assert.Equal(("PAUSED", "person", 33), (paused.Status, paused.PausedReason, paused.PercentTrafficToNewVersion));
        Assert.Equal(["resume", "cancel", "force-cancel", "force-complete"], paused.Actions);
        Assert.Equal(paused.StartedBy, paused.Steps[^1].By);

        host.Replicas.Release("iris-2");
        await (await host.PostAsync("scale", """{"replicas":6}""")).ShouldSucceedAsync();
        await host.UntilAsync(() => Task.FromResult(host.Replicas.Current.Sets.Values.Sum(s => s.Desired)), sum => sum >= 8);   // 2/3 of six and 2/3 of six
        Assert.Equal("PAUSED", (await GetAsync(host, rollout)).Status);
        Assert.Equal(33, (await GetAsync(host, rollout)).PercentTrafficToNewVersion);

        await (await host.Admin.PostJsonAsync($"/api/v1/rollouts/{rollout.Id}/pause", "{}")).ShouldRefuseAsync(409, "rollout_state_conflict");
        await ActAsync(host, rollout, "resume");
        var ended = await host.UntilEndedAsync(rollout);
        Assert.Equal("SUCCEEDED", ended.Status);
        Assert.Empty(ended.Actions);
        await host.UntilAsync(d => d is { Status: "ACTIVE", Live.Number: 2, ReplicasReady: 6 });
    }

    [Fact]
    public async Task What_is_not_possible_is_refused_with_what_is()
    {
        await using var host = await DeploymentHost.StartAsync();
        await host.LiveAsync("iris", Three);
        var rollout = await HalfwayAsync(host);
        var refused = await host.Admin.PostJsonAsync($"/api/v1/rollouts/{rollout.Id}/resume", "{}");
        await refused.ShouldRefuseAsync(409, "rollout_state_conflict");
        Assert.Contains("possible is pause, cancel, force-cancel, force-complete", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        await (await host.Admin.PostJsonAsync($"/api/v1/rollouts/{Guid.NewGuid()}/pause", "{}")).ShouldRefuseAsync(404, "rollout_not_found");

        await ActAsync(host, rollout, "force-cancel");
        foreach (var verb in (string[])["pause", "resume", "cancel", "force-cancel", "force-complete", "cleanup"])
        {
            await (await host.Admin.PostJsonAsync($"/api/v1/rollouts/{rollout.Id}/{verb}", "{}")).ShouldRefuseAsync(409, "rollout_state_conflict");
        }
    }

    [Fact]
    public async Task Cancel_of_a_rolling_rollout_brings_the_old_replicas_back_before_their_traffic()
    {
        await using var host = await DeploymentHost.StartAsync();
        await host.LiveAsync("iris", Three);
        var rollout = await HalfwayAsync(host);
        host.Replicas.Hold("iris-1");
        var down = await ActAsync(host, rollout, "cancel");
        Assert.Equal(("RAMPING_DOWN", 33), (down.Status, down.PercentTrafficToNewVersion));
        Assert.Equal(["force-cancel", "force-complete"], down.Actions);
        await host.UntilAsync(() => Task.FromResult(Desired(host, "iris-1")), desired => desired == 3);
        Assert.Equal(33, (await GetAsync(host, rollout)).PercentTrafficToNewVersion);   // the third is not ready yet

        host.Replicas.Release("iris-1");
        var ended = await host.UntilEndedAsync(rollout);
        Assert.Equal(("CANCELED", 0), (ended.Status, ended.PercentTrafficToNewVersion));
        var after = await host.UntilAsync(d => d is { Status: "ACTIVE", ReplicasReady: 3 });
        Assert.Equal((1, null), (after.Live!.Number, after.StatusReason));
        await host.UntilAsync(() => Task.FromResult(host.Replicas.Current.Sets.Count), count => count == 1);
    }

    [Fact]
    public async Task Forced_cancel_moves_all_traffic_back_at_once()
    {
        await using var host = await DeploymentHost.StartAsync();
        await host.LiveAsync("iris", Three);
        var rollout = await HalfwayAsync(host);
        var done = await ActAsync(host, rollout, "force-cancel");
        Assert.Equal(("CANCELED", 0), (done.Status, done.PercentTrafficToNewVersion));
        await host.UntilAsync(d => d is { Status: "ACTIVE", ReplicasReady: 3, Live.Number: 1 });
    }

    [Fact]
    public async Task Forced_completion_moves_all_traffic_to_what_is_ready_also_on_the_way_back()
    {
        await using var host = await DeploymentHost.StartAsync();
        await host.LiveAsync("iris", Three);
        var rollout = await HalfwayAsync(host);
        host.Replicas.Hold("iris-1");
        await ActAsync(host, rollout, "cancel");
        var forced = await ActAsync(host, rollout, "force-complete");
        Assert.Equal(["force-cancel"], forced.Actions);
        var ended = await host.UntilEndedAsync(rollout);
        Assert.Equal(("SUCCEEDED", 100), (ended.Status, ended.PercentTrafficToNewVersion));
        Assert.Contains("by force", ended.Steps[^1].What, StringComparison.Ordinal);
        host.Replicas.Release("iris-2");
        await host.UntilAsync(d => d is { Live.Number: 2, ReplicasReady: 3 });
    }

    [Fact]
    public async Task Blue_green_stands_whole_beside_the_old_set_switches_once_and_can_keep_it()
    {
        await using var host = await DeploymentHost.StartAsync();
        await host.LiveAsync("iris", Three);
        var rollout = await host.UntilEndedAsync(await host.UpdateAsync(2, ""","strategy":"blue_green","rollout":{"previous_cleanup":"keep"}"""));
        Assert.Equal(("SUCCEEDED", "blue_green", true), (rollout.Status, rollout.Strategy, rollout.PreviousKept));
        Assert.Equal([0, 0, 100, 100], rollout.Steps.Select(s => s.PercentTrafficToNewVersion));
        Assert.DoesNotContain("iris-2:1", host.Replicas.Asked);
        await host.UntilAsync(d => d is { Status: "ACTIVE", Live.Number: 2 });
        Assert.Equal((3, 3), (Desired(host, "iris-1"), Desired(host, "iris-2")));

        // The way back starts nothing: the replicas are there.
        var asked = host.Replicas.Asked.Count;
        Assert.Equal(["cleanup"], rollout.Actions);
        await ActAsync(host, rollout, "cleanup");
        await host.UntilAsync(() => Task.FromResult(host.Replicas.Current.Sets.Count), count => count == 1);
        Assert.Equal(["iris-1:-1"], host.Replicas.Asked.Skip(asked));
    }

    [Theory]
    [InlineData("scale_to_zero", "previous")]
    [InlineData("deactivate", "inactive")]
    public async Task What_was_replaced_is_cleaned_up_when_the_rollout_has_succeeded_and_not_before(string cleanup, string after)
    {
        await using var host = await DeploymentHost.StartAsync();
        await host.LiveAsync();
        async Task<string> FirstAsync() => (await host.Admin.GetAsync<RevisionInfo>("/api/v1/deployments/development/iris/revisions/1")).Status;
        async Task<RolloutInfo> BakingAsync()
        {
            var started = await host.UpdateAsync(2, $$""","strategy":"blue_green","rollout":{"previous_cleanup":"{{cleanup}}","bake_seconds":3600}""");
            return await host.UntilAsync(() => GetAsync(host, started), r => r.PercentTrafficToNewVersion == 100);
        }

        await ActAsync(host, await BakingAsync(), "cancel");
        await host.UntilAsync(d => d is { Status: "ACTIVE", Live.Number: 1, Rollout: null });
        var rollout = await BakingAsync();
        Assert.Equal(("live", 1), (await FirstAsync(), Desired(host, "iris-1")));

        await ActAsync(host, rollout, "force-complete");
        Assert.Equal("SUCCEEDED", (await host.UntilEndedAsync(rollout)).Status);
        await host.UntilAsync(() => Task.FromResult(host.Replicas.Current.Sets.Count), count => count == 1);
        Assert.Equal(after, await FirstAsync());
        var back = await host.PostAsync("revisions/1/redeploy");
        await (after == "inactive" ? (Task)back.ShouldRefuseAsync(409, "revision_inactive") : back.ShouldSucceedAsync());
    }

    [Fact]
    public async Task Bake_time_is_watched_at_100_percent_and_a_replica_that_dies_in_it_rolls_back()
    {
        await using var host = await DeploymentHost.StartAsync();
        await host.LiveAsync();
        var rollout = await host.UpdateAsync(2, ""","rollout":{"bake_seconds":3600}""");
        var baking = await host.UntilAsync(() => GetAsync(host, rollout), r => r.PercentTrafficToNewVersion == 100);
        Assert.Equal("RAMPING_UP", baking.Status);
        Assert.InRange(baking.NextStepAt!.Value - baking.StartedAt, TimeSpan.FromMinutes(59), TimeSpan.FromMinutes(65));

        host.Replicas.Kill("iris-2", "crashed");
        var ended = await host.UntilEndedAsync(rollout);
        Assert.Equal(("FAILED", "crashed", 0), (ended.Status, ended.ErrorCode, ended.PercentTrafficToNewVersion));
        Assert.Equal("update_failed", (await host.UntilAsync(d => d.Status == "ACTIVE")).StatusReason);
        await host.UntilAsync(() => host.Admin.GetStringAsync("/metrics"), text => text.Split('\n').Any(line => line.StartsWith("slipway_rollback_total{", StringComparison.Ordinal)
            && line.Contains("reason=\"crashed\"", StringComparison.Ordinal) && line.Contains("deployment=\"iris\"", StringComparison.Ordinal) && line.EndsWith(" 1", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_failed_rollout_is_retried_with_its_own_settings()
    {
        await using var host = await DeploymentHost.StartAsync();
        await host.LiveAsync();
        host.Replicas.Break("iris-2", "load_failed");
        var failed = await host.UntilEndedAsync(await host.UpdateAsync(2, ""","strategy":"blue_green","rollout":{"previous_cleanup":"keep"} """));
        Assert.Equal(["retry"], failed.Actions);
        Assert.True((await (await host.PostAsync("retry")).ReadAsync<RetryDeploymentInfo>()).Retried);
        var byDeployment = (await host.Admin.GetAsync<Page<RolloutInfo>>("/api/v1/deployments/development/iris/rollouts")).Items[0];
        Assert.NotEqual(failed.Id, byDeployment.Id);
        Assert.Equal(("blue_green", "keep"), (byDeployment.Strategy, byDeployment.Settings.PreviousCleanup));
        failed = await host.UntilEndedAsync(byDeployment);
        host.Replicas.Mend("iris-2");
        var retried = await (await host.Admin.PostJsonAsync($"/api/v1/rollouts/{failed.Id}/retry", "{}")).ReadAsync<RetryRolloutInfo>();
        Assert.Equal((true, null, "blue_green"), (retried.Retried, retried.Reason, retried.Rollout!.Strategy));
        Assert.Equal("SUCCEEDED", (await host.UntilEndedAsync(retried.Rollout)).Status);

        var again = await (await host.Admin.PostJsonAsync($"/api/v1/rollouts/{failed.Id}/retry", "{}")).ReadAsync<RetryRolloutInfo>();
        Assert.False(again.Retried);
        Assert.Contains("not the last rollout", again.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Settings_are_checked_field_by_field_and_shown_with_every_default()
    {
        await using var host = await DeploymentHost.StartAsync();
        await host.LiveAsync();
        var refused = await host.PostAsync(
            "revisions", """{"version":"2","strategy":"sideways","rollout":{"max_surge_percent":10,"max_unavailable_percent":20,"gate":{"max_error_rate":2}}}""");
        await refused.ShouldRefuseAsync(400, "invalid_field");
        using var problem = JsonDocument.Parse(await refused.Content.ReadAsStringAsync());
        Assert.Equal(
            ["rollout.gate.max_error_rate", "rollout.max_unavailable_percent", "strategy"], problem.RootElement.GetProperty("errors").EnumerateObject().Select(e => e.Name).Order());
        await (await host.PostAsync("revisions", """{"version":"2","rollout":{"speed":9}}""")).ShouldRefuseAsync(400, "invalid_field");

        var rollout = await host.UpdateAsync(2, ""","strategy":"canary","rollout":{"steps":[5,50]}""");
        Assert.Equal([5, 50, 100], rollout.Settings.Steps!);
        Assert.Equal((600, 10), (rollout.Settings.WindowSeconds, rollout.Settings.MaxSurgePercent));
    }

    [Fact]
    public async Task Who_may_not_operate_a_deployment_may_not_touch_its_rollouts()
    {
        await using var host = await DeploymentHost.StartAsync();
        await host.LiveAsync("iris", Three, "production");
        host.Replicas.Hold("iris-2");
        var rollout = await (await host.PostAsync("revisions", """{"version":"2"}""", "production/iris")).ReadAsync<RolloutInfo>();
        foreach (var verb in (string[])["pause", "cancel", "force-cancel", "force-complete", "retry"])
        {
            await (await host.Analyst.PostJsonAsync($"/api/v1/rollouts/{rollout.Id}/{verb}", "{}")).ShouldRefuseAsync(403, "missing_right");
            await (await host.Server.As(Role.Viewer).PostJsonAsync($"/api/v1/rollouts/{rollout.Id}/{verb}", "{}")).ShouldRefuseAsync(403, "missing_right");
        }

        Assert.Equal("RELEASING", (await GetAsync(host, rollout)).Status);
    }

    [Fact]
    public async Task The_list_of_all_rollouts_has_filters()
    {
        await using var host = await DeploymentHost.StartAsync();
        await host.LiveAsync();
        await host.LiveAsync("other");
        host.Replicas.Hold("iris-2");
        var rollout = await host.UpdateAsync(2);
        var underWay = await host.Admin.GetAsync<Page<RolloutInfo>>("/api/v1/rollouts?under_way=true");
        Assert.Equal([rollout.Id], underWay.Items.Select(r => r.Id));
        Assert.Equal(2, (await host.Admin.GetAsync<Page<RolloutInfo>>("/api/v1/rollouts?environment=development&status=succeeded")).Items.Count);
        Assert.Equal(["other"], (await host.Admin.GetAsync<Page<RolloutInfo>>("/api/v1/rollouts?deployment=other")).Items.Select(r => r.Deployment));
        await (await host.Admin.GetAsync("/api/v1/rollouts?status=gone")).ShouldRefuseAsync(400, "unknown_status");
        await host.UntilAsync(
            () => host.Admin.GetStringAsync("/metrics"), text => text.Split('\n').Any(line => line.StartsWith("slipway_rollout_weight_ratio{", StringComparison.Ordinal) && line.EndsWith(" 0", StringComparison.Ordinal)));
    }

    /// <summary>A rolling rollout of which one of three replicas is ready and the next is not.</summary>
    private static async Task<RolloutInfo> HalfwayAsync(DeploymentHost host)
    {
        await host.UntilAsync(d => d.ReplicasReady == 3);
        var rollout = await host.UpdateAsync(2, ""","rollout":{"stabilization_seconds":1}""");
        await host.UntilAsync(() => GetAsync(host, rollout), r => r.PercentTrafficToNewVersion == 33);
        host.Replicas.Hold("iris-2");
        return await host.UntilAsync(() => GetAsync(host, rollout), r => r.Steps[^1].What.Contains("being started", StringComparison.Ordinal) || r.PercentTrafficToNewVersion > 33);
    }

    private static int Desired(DeploymentHost host, string digest) => host.Replicas.DesiredOf(digest);

    private static Task<RolloutInfo> GetAsync(DeploymentHost host, RolloutInfo rollout) => host.Admin.GetAsync<RolloutInfo>($"/api/v1/rollouts/{rollout.Id}");

    private static async Task<RolloutInfo> ActAsync(DeploymentHost host, RolloutInfo rollout, string verb) =>
        await (await host.Admin.PostJsonAsync($"/api/v1/rollouts/{rollout.Id}/{verb}", "{}")).ReadAsync<RolloutInfo>();
}
