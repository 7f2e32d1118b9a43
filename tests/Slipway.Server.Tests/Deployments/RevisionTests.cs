using Slipway.Contracts;
using Slipway.Server.Deployments;
using Slipway.Server.Identity;
using Slipway.Server.Registry;
using Slipway.Testing;

namespace Slipway.Server.Tests.Deployments;

public sealed class RevisionTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Any_kept_revision_is_redeployed_and_keeps_its_number(bool postgreSql)
    {
        await using var host = await DeploymentHost.StartAsync(postgreSql);
        await ThreeRevisionsAsync(host);
        var rollout = await (await host.PostAsync("revisions/1/redeploy", """{"rollout":{"strategy":"blue_green"}}""")).ReadAsync<RolloutInfo>();
        Assert.Equal((3, 1, "blue_green"), (rollout.FromRevision, rollout.ToRevision, rollout.Strategy));
        await host.UntilAsync(d => d.Live!.Number == 1 && d.Rollout is null);
        Assert.Equal([3, 2, 1], (await RevisionsAsync(host)).Select(r => r.Number));   // none was made

        await (await host.Admin.PostAsync("/api/v1/deployments/development/iris/revisions/1/redeploy", null)).ShouldRefuseAsync(409, "revision_live");   // without a body
        var wrong = await (await host.PostAsync("revisions/1/redeploy", """{"rollout":{"strategy":"sideways"}}""")).ShouldRefuseAsync(400, "invalid_field");
        Assert.True(wrong.Errors!.ContainsKey("rollout.strategy"));
        await (await host.PostAsync("revisions/9/redeploy")).ShouldRefuseAsync(404, "revision_not_found");
    }

    [Fact]
    public async Task Rollback_goes_to_what_was_live_before_and_back_again()
    {
        await using var host = await DeploymentHost.StartAsync();
        await host.LiveAsync();
        await (await host.PostAsync("rollback")).ShouldRefuseAsync(409, "nothing_to_roll_back");
        await host.UntilEndedAsync(await host.UpdateAsync(2));
        await host.UntilEndedAsync(await host.UpdateAsync(3));

        await host.UntilEndedAsync(await (await host.PostAsync("rollback")).ReadAsync<RolloutInfo>());
        Assert.Equal(2, (await host.GetAsync()).Live!.Number);
        await host.UntilEndedAsync(await (await host.PostAsync("rollback")).ReadAsync<RolloutInfo>());
        Assert.Equal(3, (await host.GetAsync()).Live!.Number);                            // what was live before the live one
        await host.UntilEndedAsync(await (await host.PostAsync("rollback", """{"revision":1}""")).ReadAsync<RolloutInfo>());
        Assert.Equal(1, (await host.GetAsync()).Live!.Number);
    }

    [Fact]
    public async Task While_a_rollout_runs_or_the_deployment_is_stopped_nothing_is_redeployed()
    {
        await using var host = await DeploymentHost.StartAsync();
        await ThreeRevisionsAsync(host);
        host.Replicas.Hold("iris-4");
        await host.UpdateAsync(4);
        await (await host.PostAsync("revisions/1/redeploy")).ShouldRefuseAsync(409, "rollout_under_way");
        await (await host.PostAsync("rollback")).ShouldRefuseAsync(409, "rollout_under_way");
        await (await host.PostAsync("revisions/4/deactivate")).ShouldRefuseAsync(409, "rollout_under_way");
        await (await host.PostAsync("revisions/3/deactivate")).ShouldRefuseAsync(409, "rollout_under_way");
        await (await host.PostAsync("stop")).ShouldSucceedAsync();
        await (await host.PostAsync("revisions/1/redeploy")).ShouldRefuseAsync(409, "deployment_stopped");
    }

    [Fact]
    public async Task A_revision_of_a_version_that_is_gone_is_not_redeployed()
    {
        await using var host = await DeploymentHost.StartAsync();
        await ThreeRevisionsAsync(host);
        host.Versions.Deleted[1] = true;
        await (await host.PostAsync("revisions/1/redeploy")).ShouldRefuseAsync(409, "version_deleted");
    }

    [Fact]
    public async Task The_ledger_says_what_became_of_each_revision_and_when_it_was_live()
    {
        await using var host = await DeploymentHost.StartAsync();
        await host.LiveAsync();
        await host.UntilEndedAsync(await host.UpdateAsync(2));
        host.Replicas.Break("iris-3", "load_failed");
        await host.UntilEndedAsync(await host.UpdateAsync(3));
        await host.UntilEndedAsync(await (await host.PostAsync("rollback")).ReadAsync<RolloutInfo>());

        var revisions = (await RevisionsAsync(host)).ToDictionary(r => r.Number);
        Assert.Equal(("failed", "previous", "live"), (revisions[3].Status, revisions[2].Status, revisions[1].Status));
        Assert.Contains("ValueError in iris-3", revisions[3].StatusDetail, StringComparison.Ordinal);
        Assert.Empty(revisions[3].LivePeriods);
        Assert.Equal(revisions[2].LivePeriods.Single().Until, revisions[1].LivePeriods[1].From);   // one hands over to the other
        Assert.Equal((2, null), (revisions[1].LivePeriods.Count, revisions[1].LivePeriods[1].Until));

        // What never was live is left out where only that is asked for.
        Assert.Equal([2, 1], (await RevisionsAsync(host, "?was_live=true")).Select(r => r.Number));
        Assert.Equal("failed", (await host.Admin.GetAsync<RevisionInfo>("/api/v1/deployments/development/iris/revisions/3")).Status);
        await (await host.Admin.GetAsync("/api/v1/deployments/development/iris/revisions/7")).ShouldRefuseAsync(404, "revision_not_found");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_deactivated_live_revision_runs_on_nothing_until_it_is_activated(bool postgreSql)
    {
        await using var host = await DeploymentHost.StartAsync(postgreSql);
        await host.LiveAsync(more: ""","min_replicas":0""");
        await (await host.PostAsync("scale", """{"replicas":0}""")).ShouldSucceedAsync();
        await host.UntilAsync(d => d.Status == "SCALED_TO_ZERO");
        await (await host.PostAsync("revisions/1/deactivate")).ShouldSucceedAsync();
        await host.UntilAsync(d => d.Status == "INACTIVE");
        await host.UntilAsync(() => Task.FromResult(host.Replicas.Current.Sets.Count), count => count == 0);
        await host.UntilAsync(() => Task.FromResult(host.Service<RouteTableFeed>().Current.Deployments[new RouteKey("development", "iris")].State), state => state == RouteState.Stopped);
        Assert.Equal("inactive", (await RevisionsAsync(host)).Single().Status);
        await (await host.PostAsync("restart")).ShouldRefuseAsync(409, "revision_inactive");
        await (await host.PostAsync("wake")).ShouldRefuseAsync(409, "revision_inactive");
        await (await host.PostAsync("revisions/1/deactivate")).ShouldSucceedAsync();   // twice is once

        await (await host.PostAsync("revisions/1/activate")).ShouldSucceedAsync();   // whoever activates it wants it to run, though it was at zero before
        Assert.Equal((1, 1), (await host.UntilAsync(d => d.Status == "ACTIVE") is var d ? (d.Live!.Number, d.ReplicasReady) : default));
    }

    [Fact]
    public async Task An_update_leads_out_of_a_deactivated_live_revision()
    {
        await using var host = await DeploymentHost.StartAsync();
        await host.LiveAsync();
        await (await host.PostAsync("revisions/1/deactivate")).ShouldSucceedAsync();
        await host.UntilAsync(d => d.Status == "INACTIVE");
        await host.UntilEndedAsync(await host.UpdateAsync(2));
        await host.UntilAsync(d => d.Status == "ACTIVE" && d.Live!.Number == 2);
        await (await host.PostAsync("revisions/1/redeploy")).ShouldRefuseAsync(409, "revision_inactive");
        await (await host.PostAsync("revisions/1/activate")).ShouldSucceedAsync();
        await (await host.PostAsync("revisions/1/redeploy")).ShouldSucceedAsync();
    }

    [Fact]
    public async Task Name_and_labels_of_a_revision_change_and_nothing_that_answers_does()
    {
        await using var host = await DeploymentHost.StartAsync();
        var before = await host.LiveAsync();
        var changed = await (await host.Admin.SendJsonAsync(HttpMethod.Patch, "/api/v1/deployments/development/iris/revisions/1", """{"name":"spring","labels":{"team":"x"}}""")).ReadAsync<RevisionInfo>();
        Assert.Equal(("spring", "x", "live"), (changed.Name, changed.Labels["team"], changed.Status));
        Assert.Equal(before.Live!.Variants[0], changed.Variants[0]);
        await (await host.Admin.SendJsonAsync(HttpMethod.Patch, "/api/v1/deployments/development/iris/revisions/1", """{"name":"a b"}""")).ShouldRefuseAsync(400, "invalid_field");
    }

    [Theory]
    [InlineData("""{"name":"other"}""", "name")]
    [InlineData("""{"model":"rose"}""", "model")]
    [InlineData("""{"version":"2"}""", "version")]
    [InlineData("""{"cpu_cores":1}""", "cpu_cores")]
    [InlineData("""{"memory_mib":64}""", "memory_mib")]
    public async Task What_an_edit_cannot_change_is_refused_with_what_to_do_instead(string json, string field)
    {
        await using var host = await DeploymentHost.StartAsync();
        await host.LiveAsync();
        var problem = await (await host.Admin.SendJsonAsync(HttpMethod.Patch, "/api/v1/deployments/development/iris", json)).ShouldRefuseAsync(400, "invalid_field");
        Assert.Equal([field], problem.Errors!.Keys);
    }

    [Fact]
    public async Task A_required_stage_holds_at_every_door_and_never_bars_the_way_back()
    {
        await using var host = await DeploymentHost.StartAsync();
        (host.Versions.Stages[1], host.Versions.Stages[2]) = (Stage.Production, Stage.Staging);
        await (await host.Admin.SendJsonAsync(HttpMethod.Patch, "/api/v1/environments/production", """{"requires_stage":"Production"}""")).ShouldSucceedAsync();
        var problem = await (await host.Admin.PostJsonAsync("/api/v1/deployments", """{"name":"iris","model":"iris","version":"2","environment":"production"}""")).ShouldRefuseAsync(409, "stage_required");
        Assert.Contains("iris v2 is in Staging", problem.Detail, StringComparison.Ordinal);
        await (await host.Admin.GetAsync("/api/v1/deployments/production/iris")).ShouldRefuseAsync(404, "deployment_not_found");

        await host.LiveAsync(environment: "production");
        await (await host.PostAsync("revisions", """{"version":"2"}""", "production/iris")).ShouldRefuseAsync(409, "stage_required");
        (host.Versions.Stages[1], host.Versions.Stages[2]) = (Stage.Archived, Stage.Production);
        await host.UntilEndedAsync(await (await host.PostAsync("revisions", """{"version":"2"}""", "production/iris")).ReadAsync<RolloutInfo>());
        await (await host.PostAsync("rollback", path: "production/iris")).ShouldSucceedAsync();
        await host.UntilAsync(d => d.Live!.Number == 1 && d.Rollout is null, environment: "production");
        await (await host.PostAsync("revisions", """{"variables":{"A":"1"}}""", "production/iris")).ShouldRefuseAsync(409, "stage_required");   // new content, and its version is archived
    }

    [Fact]
    public async Task In_production_a_manager_goes_back_and_forth_and_an_analyst_does_not()
    {
        await using var host = await DeploymentHost.StartAsync();
        await host.LiveAsync(environment: "production");
        await host.UntilEndedAsync(await (await host.PostAsync("revisions", """{"version":"2"}""", "production/iris")).ReadAsync<RolloutInfo>());
        await (await host.Analyst.PostJsonAsync("/api/v1/deployments/production/iris/rollback", "{}")).ShouldRefuseAsync(403, "missing_right");
        await (await host.Server.As(Role.Manager).PostJsonAsync("/api/v1/deployments/production/iris/rollback", "{}")).ShouldSucceedAsync();
    }

    private static async Task ThreeRevisionsAsync(DeploymentHost host)
    {
        await host.LiveAsync();
        await host.UntilEndedAsync(await host.UpdateAsync(2));
        await host.UntilEndedAsync(await host.UpdateAsync(3));
    }

    private static async Task<IReadOnlyList<RevisionInfo>> RevisionsAsync(DeploymentHost host, string query = "") =>
        (await host.Admin.GetAsync<Page<RevisionInfo>>($"/api/v1/deployments/development/iris/revisions{query}")).Items;
}
