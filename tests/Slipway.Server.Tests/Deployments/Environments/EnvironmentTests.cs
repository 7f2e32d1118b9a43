using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;
using Slipway.Testing;

namespace Slipway.Server.Tests.Deployments.Environments;

public sealed class EnvironmentTests
{
    [Fact]
    public async Task Three_environments_are_there_and_production_is_protected()
    {
        await using var host = await DeploymentHost.StartAsync();
        await host.CreateAsync();
        var environments = await AllAsync(host);
        Assert.Equal([("development", 0, false, 1), ("staging", 1, false, 0), ("production", 2, true, 0)], environments.Select(e => (e.Name, e.Order, e.Protected, e.Deployments)));
        Assert.All(environments, e => Assert.True(e.BuiltIn));
        Assert.Equal(("rolling", 10, 0, 600, "scale_to_zero", "scale_to_zero"), Promotion(environments[2].Promotion));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_environment_of_ones_own_has_a_place_settings_and_an_end(bool postgreSql)
    {
        await using var host = await DeploymentHost.StartAsync(postgreSql);
        await CreateAsync(host, """{"name":"qa"}""");                                            // before production, where nothing else is said
        await CreateAsync(host, """{"name":"lab","after":"development","protected":true,"requires_stage":"staging","min_replicas":1,"max_replicas":3,"promotion":{"strategy":"canary","steps":[5,50],"window_seconds":60}}""");
        await CreateAsync(host, """{"name":"edge","after":"production"}""");
        Assert.Equal(["development", "lab", "staging", "qa", "production", "edge"], (await AllAsync(host)).Select(e => e.Name));

        var lab = await host.Admin.GetAsync<EnvironmentInfo>("/api/v1/environments/lab");
        Assert.Equal((true, "Staging", 1, 3, "canary", 60), (lab.Protected, lab.RequiresStage, lab.MinReplicas, lab.MaxReplicas, lab.Promotion.Strategy, lab.Promotion.WindowSeconds));
        Assert.Equal([5, 50], lab.Promotion.Steps);

        var moved = await (await PatchAsync(host, "lab", """{"after":"qa","requires_stage":"","promotion":{"steps":[]}}""", lab.Etag)).ReadAsync<EnvironmentInfo>();
        Assert.Null(moved.RequiresStage);
        Assert.Null(moved.Promotion.Steps);
        Assert.Equal(60, moved.Promotion.WindowSeconds);                                          // what is not said stays
        Assert.Equal([0, 1, 2, 3, 4, 5], (await AllAsync(host)).Select(e => e.Order));
        Assert.Equal(["development", "staging", "qa", "lab", "production", "edge"], (await AllAsync(host)).Select(e => e.Name));
        await (await PatchAsync(host, "lab", """{"max_replicas":2}""", lab.Etag)).ShouldRefuseAsync(412, "stale_etag");

        Assert.Equal(204, (int)(await host.Admin.DeleteAsync("/api/v1/environments/lab")).StatusCode);
        await (await host.Admin.GetAsync("/api/v1/environments/lab")).ShouldRefuseAsync(404, "environment_not_found");
        Assert.Equal([0, 1, 2, 3, 4], (await AllAsync(host)).Select(e => e.Order));

        await using var db = host.Service<Database>().Read();
        Assert.Equal(["environment.created", "environment.updated", "environment.deleted"], await db.Set<AuditEntry>().Where(e => e.Resource == "lab").OrderBy(e => e.Sequence).Select(e => e.Action).ToListAsync());
    }

    [Theory]
    [InlineData("""{"name":"Lab"}""", "name")]
    [InlineData("""{"name":"-lab"}""", "name")]
    [InlineData("""{"name":"a.b"}""", "name")]
    [InlineData("""{"name":"abcdefghijklmnopqrstuvwxyzabcdefghijklmno"}""", "name")]                              // 41 characters
    [InlineData("""{"name":"lab","after":"moon"}""", "after")]
    [InlineData("""{"name":"lab","after":"lab"}""", "after")]
    [InlineData("""{"name":"lab","min_replicas":3,"max_replicas":2}""", "min_replicas")]
    [InlineData("""{"name":"lab","approval":true,"reviewers":["test-manager"]}""", "approval")]                    // not protected
    [InlineData("""{"name":"lab","requires_stage":"Production"}""", "requires_stage")]                              // the same
    [InlineData("""{"name":"lab","protected":true,"requires_stage":"Archived"}""", "requires_stage")]
    [InlineData("""{"name":"lab","protected":true,"approval":true}""", "reviewers")]                               // nobody decides
    [InlineData("""{"name":"lab","protected":true,"approval":true,"reviewers":["nobody"]}""", "reviewers")]
    [InlineData("""{"name":"lab","promotion":{"strategy":"big_bang"}}""", "promotion.strategy")]
    [InlineData("""{"name":"lab","promotion":{"max_surge_percent":0}}""", "promotion.max_surge_percent")]          // neither
    [InlineData("""{"name":"lab","promotion":{"max_unavailable_percent":20}}""", "promotion.max_surge_percent")]   // both
    [InlineData("""{"name":"lab","promotion":{"max_surge_percent":51}}""", "promotion.max_surge_percent")]
    [InlineData("""{"name":"lab","promotion":{"stabilization_seconds":3601}}""", "promotion.stabilization_seconds")]
    [InlineData("""{"name":"lab","promotion":{"overhead_percent":501}}""", "promotion.overhead_percent")]
    [InlineData("""{"name":"lab","promotion":{"window_seconds":0}}""", "promotion.window_seconds")]
    [InlineData("""{"name":"lab","promotion":{"bake_seconds":86401}}""", "promotion.bake_seconds")]
    [InlineData("""{"name":"lab","promotion":{"gate":{"max_error_rate":1.5}}}""", "promotion.gate.max_error_rate")]
    [InlineData("""{"name":"lab","promotion":{"steps":[50,50]}}""", "promotion.steps")]
    [InlineData("""{"name":"lab","promotion":{"previous_cleanup":"burn"}}""", "promotion.previous_cleanup")]
    [InlineData("""{"name":"lab","promotion":{"source_after_promotion":"burn"}}""", "promotion.source_after_promotion")]
    [InlineData("""{"name":"lab","autoscaling":{"enabled":true,"concurrency_target":0}}""", "autoscaling.concurrency_target")]
    [InlineData("""{"name":"lab","autoscaling":{"enabled":true,"max_replicas":3}}""", "autoscaling.max_replicas")]   // bounds are beside it
    [InlineData("""{"name":"lab","autoscaling":{"variants":{"default":{"min_replicas":1}}}}""", "autoscaling.variants")]
    public async Task What_cannot_be_is_refused_at_its_field_and_leaves_nothing(string json, string field)
    {
        await using var host = await DeploymentHost.StartAsync();
        var problem = await (await host.Admin.PostJsonAsync("/api/v1/environments", json)).ShouldRefuseAsync(400, "invalid_field");
        Assert.Equal([field], problem.Errors!.Keys);
        Assert.Equal(3, (await AllAsync(host)).Count);
        await CreateAsync(host, """{"name":"lab"}""");   // the name was not taken by the refusal
    }

    [Fact]
    public async Task Bake_time_and_gate_of_an_environment_are_those_of_its_rollouts_unless_an_update_says_otherwise()
    {
        await using var host = await DeploymentHost.StartAsync();
        await (await PatchAsync(host, "development", """{"promotion":{"bake_seconds":1,"gate":{"max_error_rate":0.25,"min_requests":5}}}""", null)).ShouldSucceedAsync();
        await host.LiveAsync();
        var settings = (await host.UpdateAsync(2)).Settings;
        Assert.Equal((1, 0.25, 5), (settings.BakeSeconds, settings.Gate!.MaxErrorRate, settings.Gate.MinRequests));
        var kept = await (await PatchAsync(host, "development", """{"promotion":{"bake_seconds":0}}""", null)).ReadAsync<EnvironmentInfo>();
        Assert.Equal(0.25, kept.Promotion.Gate?.MaxErrorRate);
        var none = await (await PatchAsync(host, "development", """{"promotion":{"gate":{}}}""", null)).ReadAsync<EnvironmentInfo>();
        Assert.Null(none.Promotion.Gate);
    }

    [Fact]
    public async Task Autoscaling_of_an_environment_is_that_of_its_deployments_that_do_not_say()
    {
        await using var host = await DeploymentHost.StartAsync();
        await (await PatchAsync(host, "staging", """{"min_replicas":0,"max_replicas":4,"autoscaling":{"enabled":true,"concurrency_target":8}}""", null)).ShouldSucceedAsync();
        var settings = (await (await PatchAsync(host, "staging", """{"autoscaling":{"scale_down_delay_seconds":30}}""", null)).ReadAsync<EnvironmentInfo>()).Autoscaling!;
        Assert.Equal((true, 0, 4, 8, 30), (settings.Enabled, settings.MinReplicas, settings.MaxReplicas, settings.ConcurrencyTarget, settings.ScaleDownDelaySeconds));

        Assert.Equal(settings, (await host.CreateAsync("silent", environment: "staging")).Autoscaling);
        Assert.Equal(settings with { MaxReplicas = 2, ConcurrencyTarget = 3 }, (await host.CreateAsync("saying", ""","autoscaling":{"max_replicas":2,"concurrency_target":3}""", "staging")).Autoscaling);
        await host.LiveAsync(more: ""","autoscaling":{"enabled":true,"concurrency_target":5}""");
        await (await host.PostAsync("promote")).ShouldSucceedAsync();
        Assert.Equal(settings, (await host.GetAsync("iris", "staging")).Autoscaling);   // as the environment says, not as where it comes from

        var none = await (await PatchAsync(host, "staging", """{"autoscaling":{}}""", null)).ReadAsync<EnvironmentInfo>();
        Assert.Equal((null, 0, 4), (none.Autoscaling, none.MinReplicas, none.MaxReplicas));
        Assert.False((await host.CreateAsync("later", environment: "staging")).Autoscaling.Enabled);
    }

    [Theory]
    [InlineData("""{"max_unavailable_percent":25,"max_surge_percent":0}""", "rolling")]
    [InlineData("""{"strategy":"blue_green","previous_cleanup":"keep","source_after_promotion":"deactivate"}""", "blue_green")]
    [InlineData("""{"strategy":"canary","steps":[1,10,100],"window_seconds":604800}""", "canary")]
    public async Task Every_strategy_can_be_the_setting_of_an_environment(string promotion, string strategy)
    {
        await using var host = await DeploymentHost.StartAsync();
        var changed = await (await PatchAsync(host, "production", $$"""{"promotion":{{promotion}}}""", null)).ReadAsync<EnvironmentInfo>();
        Assert.Equal(strategy, changed.Promotion.Strategy);
    }

    [Fact]
    public async Task A_name_of_an_environment_is_never_that_of_a_user_or_of_an_address()
    {
        await using var host = await DeploymentHost.StartAsync();
        await (await host.Admin.PostJsonAsync("/api/v1/environments", """{"name":"test-analyst"}""")).ShouldRefuseAsync(409, "name_taken");
        await (await host.Admin.PostJsonAsync("/api/v1/environments", """{"name":"staging"}""")).ShouldRefuseAsync(409, "name_taken");
        await (await host.Admin.PostJsonAsync("/api/v1/environments", """{"name":"api"}""")).ShouldRefuseAsync(409, "name_reserved");

        // A deleted one's name stays out of reach of users, and is free for another environment.
        await CreateAsync(host, """{"name":"lab"}""");
        await (await host.Admin.DeleteAsync("/api/v1/environments/lab")).ShouldSucceedAsync();
        await (await host.Admin.PostJsonAsync("/api/v1/users", """{"name":"lab","role":"viewer"}""")).ShouldRefuseAsync(409, "name_taken");
        await (await host.Admin.PostJsonAsync("/api/v1/keys", """{"name":"k","default_environment":"lab"}""")).ShouldRefuseAsync(400, "invalid_field");
        await CreateAsync(host, """{"name":"lab"}""");
    }

    [Fact]
    public async Task What_is_built_in_or_lived_in_is_not_deleted_and_production_stays_protected()
    {
        await using var host = await DeploymentHost.StartAsync();
        await CreateAsync(host, """{"name":"lab","min_replicas":2,"max_replicas":3}""");
        var deployment = await host.LiveAsync(environment: "lab");
        Assert.Equal((2, 3), (deployment.MinReplicas, deployment.MaxReplicas));   // the environment's defaults

        var problem = await (await host.Admin.DeleteAsync("/api/v1/environments/lab")).ShouldRefuseAsync(409, "environment_in_use");
        Assert.Contains("iris", problem.Detail, StringComparison.Ordinal);
        await (await host.Admin.DeleteAsync("/api/v1/environments/staging")).ShouldRefuseAsync(409, "environment_built_in");
        await (await PatchAsync(host, "production", """{"protected":false}""", null)).ShouldRefuseAsync(400, "invalid_field");
        await (await PatchAsync(host, "staging", """{"after":"production"}""", null)).ShouldRefuseAsync(400, "invalid_field");

        // A deleted deployment does not hold its environment.
        await (await host.Admin.DeleteAsync("/api/v1/deployments/lab/iris")).ShouldSucceedAsync();
        await (await host.Admin.DeleteAsync("/api/v1/environments/lab")).ShouldSucceedAsync();
        await (await host.Admin.PostJsonAsync("/api/v1/deployments", """{"name":"iris","model":"iris","version":"1","environment":"lab"}""")).ShouldRefuseAsync(400, "invalid_field");
    }

    [Fact]
    public async Task Protection_of_an_environment_decides_who_may_deploy_there()
    {
        await using var host = await DeploymentHost.StartAsync();
        await CreateAsync(host, """{"name":"lab"}""");
        await host.LiveAsync(environment: "lab", by: host.Analyst);
        await (await PatchAsync(host, "lab", """{"protected":true}""", null)).ShouldSucceedAsync();
        await (await host.Analyst.PostJsonAsync("/api/v1/deployments/lab/iris/revisions", """{"version":"2"}""")).ShouldRefuseAsync(403, "missing_right");
        await (await host.Server.As(Role.Manager).PostJsonAsync("/api/v1/environments", """{"name":"other"}""")).ShouldRefuseAsync(403, "missing_right");
    }

    private static (string, int, int, int, string, string) Promotion(PromotionSettingsInfo p) =>
        (p.Strategy, p.MaxSurgePercent, p.MaxUnavailablePercent, p.WindowSeconds, p.PreviousCleanup, p.SourceAfterPromotion);

    private static async Task<IReadOnlyList<EnvironmentInfo>> AllAsync(DeploymentHost host) => (await host.Admin.GetAsync<Page<EnvironmentInfo>>("/api/v1/environments")).Items;

    private static async Task CreateAsync(DeploymentHost host, string json) => await (await host.Admin.PostJsonAsync("/api/v1/environments", json)).ShouldSucceedAsync();

    private static Task<HttpResponseMessage> PatchAsync(DeploymentHost host, string name, string json, string? ifMatch)
    {
        var request = new HttpRequestMessage(HttpMethod.Patch, $"/api/v1/environments/{name}") { Content = new StringContent(json, System.Text.Encoding.UTF8, "application/json") };
        if (ifMatch is not null)
        {
            request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        }

        return host.Admin.SendAsync(request);
    }
}
