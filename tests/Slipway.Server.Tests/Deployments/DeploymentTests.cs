using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Deployments;
using Slipway.Server.Identity;
using Slipway.Server.Platform;
using Slipway.Testing;

namespace Slipway.Server.Tests.Deployments;

public sealed class DeploymentTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_new_deployment_becomes_active_and_says_all_about_itself(bool postgreSql)
    {
        await using var host = await DeploymentHost.StartAsync(postgreSql);
        var created = await host.CreateAsync("iris", ""","title":"Iris","labels":{"team":"a"},"max_replicas":3,"cpu_cores":0.5,"memory_mib":128""");
        Assert.Equal("development", created.Environment);

        var live = await host.UntilAsync(d => d.Status == "ACTIVE");
        Assert.Equal(new Uri(host.Server.Address, "/development/models/iris/predict").ToString(), live.Endpoint);
        Assert.Equal((1, 1, 1, 3), (live.ReplicasReady, live.ReplicasWanted, live.MinReplicas, live.MaxReplicas));
        Assert.Equal(("deployment-1", 1, true), (live.Live!.Name, live.Live.Number, live.Live.IsLive));
        Assert.Equal(new ResourcesInfo(0.5, 128), live.Live.Variants.Single().Resources);
        Assert.Equal(("test-administrator", "model", "a"), (live.Owner, live.Kind, live.Labels["team"]));
        Assert.Null(live.Rollout);
        Assert.Equal(30, live.RequestsPerMinute.Count);
        await host.UntilAsync(() => Task.FromResult(host.Service<RouteTableFeed>().Current), t => t.Deployments[new RouteKey("test-administrator", "iris")].State == RouteState.Serving);
    }

    [Fact]
    public async Task What_the_package_asks_for_counts_where_neither_the_request_nor_the_live_revision_of_the_model_says()
    {
        await using var host = await DeploymentHost.StartAsync();
        IReadOnlyList<string> notes = [];
        async Task<ResourcesInfo> AfterAsync(string change)
        {
            var rollout = await (await host.PostAsync("revisions", change)).ReadAsync<RolloutInfo>();
            notes = rollout.Notes;
            await host.UntilEndedAsync(rollout);
            return (await host.GetAsync()).Live!.Variants.Single().Resources;
        }

        Assert.Equal(new ResourcesInfo(1, 1024), (await host.LiveAsync()).Live!.Variants.Single().Resources);                             // nobody says
        Assert.Equal(new ResourcesInfo(1, 1024), await AfterAsync("""{"version":"50"}"""));                                               // the live revision
        Assert.Contains("config.yaml of iris v50 asks for 0.25 CPU and 300 MiB a replica; it has 1 CPU and 1024 MiB", Assert.Single(notes), StringComparison.Ordinal);
        Assert.Equal(new PackageResourcesInfo(0.25, 300), (await host.GetAsync()).Live!.Variants.Single().PackageResources);
        Assert.Equal(new ResourcesInfo(2, 300), await AfterAsync("""{"version":"50","package_resources":true,"cpu_cores":2}"""));           // the package, but for what the request says
        Assert.Equal(new ResourcesInfo(2, 300), await AfterAsync("""{"version":"49","package_resources":true}"""));                         // a package that says nothing
        Assert.Empty(notes);
        Assert.Equal(new ResourcesInfo(0.25, 300), await AfterAsync("""{"variants":[{"name":"default","version":"50","package_resources":true}]}"""));
        await (await host.PostAsync("revisions", """{"version":"51","package_resources":true}""")).ShouldRefuseAsync(400, "invalid_field");   // more than there is
        Assert.Equal(new ResourcesInfo(0.25, 128), await AfterAsync("""{"model":"iris","version":"50","memory_mib":128}"""));              // the request
        Assert.Equal(new ResourcesInfo(0.25, 300), await AfterAsync("""{"model":"rose","version":"50"}"""));                               // another model's package
    }

    [Fact]
    public async Task A_package_that_asks_for_more_than_this_machine_has_is_refused_by_name()
    {
        await using var host = await DeploymentHost.StartAsync();
        var problem = await (await host.Admin.PostJsonAsync("/api/v1/deployments", """{"name":"iris","model":"iris","version":"51"}""")).ShouldRefuseAsync(400, "invalid_field");
        Assert.Contains("resources.cpu of the package's config.yaml asks for 1000", problem.Errors!["cpu_cores"].Single(), StringComparison.Ordinal);
        Assert.Contains("memory_mib", problem.Errors.Keys);
    }

    [Fact]
    public async Task A_version_that_is_deleted_while_it_is_being_deployed_is_refused_and_leaves_nothing()
    {
        await using var host = await DeploymentHost.StartAsync();
        await host.LiveAsync();
        host.Versions.Deleted[2] = true;
        await (await host.PostAsync("revisions", """{"version":"2"}""")).ShouldRefuseAsync(409, "version_deleted");
        await (await host.Admin.PostJsonAsync("/api/v1/deployments", """{"name":"other","model":"iris","version":"2"}""")).ShouldRefuseAsync(409, "version_deleted");
        Assert.Equal(1, (await host.GetAsync()).Live!.Number);
        Assert.Null((await host.GetAsync()).Rollout);
        await (await host.Admin.GetAsync("/api/v1/deployments/development/other")).ShouldRefuseAsync(404, "deployment_not_found");
    }

    [Fact]
    public async Task A_form_with_several_mistakes_is_told_all_of_them()
    {
        await using var host = await DeploymentHost.StartAsync();
        var response = await host.Admin.PostJsonAsync("/api/v1/deployments", """
            {"name":"-x","model":"iris","version":"77777","environment":"moon","min_replicas":4,"max_replicas":2,"cpu_cores":0,"memory_mib":1,
             "load_balancing":"random","timeout_seconds":0,"revision_name":"a b"}
            """);
        var problem = await response.ShouldRefuseAsync(400, "invalid_field");
        string[] fields =
        [
            "cpu_cores", "environment", "load_balancing", "memory_mib", "min_replicas", "name", "revision_name", "timeout_seconds", "version",
        ];
        Assert.Equal(fields, problem.Errors!.Keys.Order());
        Assert.Empty((await host.Admin.GetAsync<Page<DeploymentInfo>>("/api/v1/deployments")).Items);
    }

    [Theory]
    [InlineData("""{"name":"iris","model":"nothing","version":"1"}""", "model")]
    [InlineData("""{"name":"iris","model":"iris","version":"99"}""", "version")]   // not runnable
    [InlineData("""{"name":"iris","model":"iris","version":"1","base_image":"alpine"}""", "base_image")]
    [InlineData("""{"name":"iris","model":"iris","version":"1","min_replicas":-1}""", "min_replicas")]
    [InlineData("""{"name":"iris","model":"iris","version":"1","max_replicas":100000}""", "max_replicas")]
    [InlineData("""{"name":"iris","model":"iris","version":"1","cpu_cores":100000}""", "cpu_cores")]
    [InlineData("""{"name":"iris","model":"iris","version":"1","memory_mib":2000000000}""", "memory_mib")]
    public async Task What_this_machine_cannot_run_is_refused_at_its_field(string json, string field)
    {
        await using var host = await DeploymentHost.StartAsync();
        var problem = await (await host.Admin.PostJsonAsync("/api/v1/deployments", json)).ShouldRefuseAsync(400, "invalid_field");
        Assert.Equal([field], problem.Errors!.Keys);
    }

    [Theory]
    [InlineData("Viewer", "development", false)]
    [InlineData("Analyst", "development", true)]
    [InlineData("Analyst", "staging", true)]
    [InlineData("Analyst", "production", false)]
    [InlineData("Manager", "staging", true)]
    [InlineData("Manager", "production", false)]   // managers promote to production; straight deploys are the administrators'
    [InlineData("Administrator", "production", true)]
    public async Task The_environment_decides_who_may_deploy(string role, string environment, bool allowed)
    {
        await using var host = await DeploymentHost.StartAsync();
        var response = await host.Server.As(Enum.Parse<Role>(role)).PostJsonAsync(
            "/api/v1/deployments", $$"""{"name":"iris","model":"iris","version":"1","environment":"{{environment}}"}""");
        if (allowed)
        {
            await response.ShouldSucceedAsync();
        }
        else
        {
            await response.ShouldRefuseAsync(403, "missing_right");
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_name_belongs_to_its_first_user_in_each_environment(bool postgreSql)
    {
        await using var host = await DeploymentHost.StartAsync(postgreSql);
        await host.CreateAsync(by: host.Analyst);

        const string same = """{"name":"iris","model":"iris","version":"1"}""";
        var problem = await (await host.Admin.PostJsonAsync("/api/v1/deployments", same)).ShouldRefuseAsync(409, "name_taken");
        Assert.Contains("test-analyst", problem.Detail, StringComparison.Ordinal);
        await (await host.Analyst.PostJsonAsync("/api/v1/deployments", same)).ShouldRefuseAsync(409, "deployment_exists");
        await host.CreateAsync(environment: "staging");
    }

    [Fact]
    public async Task An_analyst_operates_staging_only_on_own_deployments()
    {
        await using var host = await DeploymentHost.StartAsync();
        await host.LiveAsync("own", environment: "staging", by: host.Analyst);
        await host.LiveAsync("other", environment: "staging");

        await (await host.Analyst.PostJsonAsync("/api/v1/deployments/staging/own/stop", "{}")).ShouldSucceedAsync();
        await (await host.Analyst.PostJsonAsync("/api/v1/deployments/staging/other/stop", "{}")).ShouldRefuseAsync(403, "not_the_owner");
        await (await host.Analyst.DeleteAsync("/api/v1/deployments/staging/other")).ShouldRefuseAsync(403, "not_the_owner");
        await (await host.Analyst.DeleteAsync("/api/v1/deployments/staging/own")).ShouldSucceedAsync();
    }

    [Fact]
    public async Task Settings_change_in_place_and_a_stale_etag_is_refused()
    {
        await using var host = await DeploymentHost.StartAsync();
        var before = await host.LiveAsync();
        var changed = await PatchAsync(host, """{"title":"Flowers","max_replicas":4,"timeout_seconds":5,"load_balancing":"least_connections","idempotent":true}""", before.Etag);
        var after = await changed.ReadAsync<DeploymentInfo>();

        Assert.Equal(("Flowers", 4, 5.0, "least_connections", true), (after.Title, after.MaxReplicas, after.TimeoutSeconds, after.LoadBalancing, after.Idempotent));
        Assert.Equal(1, after.Live!.Number);
        Assert.Equal(after.Etag, changed.Headers.ETag!.ToString());
        await (await PatchAsync(host, """{"title":"Mine"}""", before.Etag)).ShouldRefuseAsync(412, "stale_etag");
        await (await PatchAsync(host, """{"min_replicas":9}""", null)).ShouldRefuseAsync(400, "invalid_field");

        await using var db = host.Service<Database>().Read();
        var entry = await db.Set<AuditEntry>().SingleAsync(e => e.Action == "deployment.updated");
        Assert.Contains("\"title\":\"Flowers\"", entry.After, StringComparison.Ordinal);
        Assert.DoesNotContain("labels", entry.After, StringComparison.Ordinal);   // only what changed
    }

    [Fact]
    public async Task A_deployment_may_say_how_its_updates_are_rolled_out()
    {
        await using var host = await DeploymentHost.StartAsync();
        Assert.Equal("blue_green", (await host.LiveAsync(more: ""","strategy":"blue_green" """)).Strategy);
        var first = await host.UntilEndedAsync(await host.UpdateAsync(2));
        Assert.Equal(("blue_green", "SUCCEEDED"), (first.Strategy, first.Status));
        Assert.Equal("rolling", (await host.UntilEndedAsync(await host.UpdateAsync(3, ""","strategy":"rolling" """))).Strategy);   // the update itself says

        Assert.Null((await (await host.PatchAsync("""{"strategy":""}""")).ReadAsync<DeploymentInfo>()).Strategy);
        Assert.Equal("rolling", (await host.UntilEndedAsync(await host.UpdateAsync(4))).Strategy);   // as development says
        Assert.Contains("strategy", (await (await host.PatchAsync("""{"strategy":"sudden"}""")).ShouldRefuseAsync(400, "invalid_field")).Errors!.Keys);
        Assert.Contains("strategy", (await (await host.Admin.PostJsonAsync(
            "/api/v1/deployments", """{"name":"draft","model":"iris","version":"1","mode":"live","strategy":"rolling"}""")).ShouldRefuseAsync(400, "invalid_field")).Errors!.Keys);
    }

    [Fact]
    public async Task Scaling_by_hand_stays_inside_the_bounds()
    {
        await using var host = await DeploymentHost.StartAsync();
        await host.LiveAsync();
        var problem = await (await host.PostAsync("scale", """{"replicas":2}""")).ShouldRefuseAsync(409, "replicas_out_of_bounds");
        Assert.Contains("raise max_replicas", problem.Detail, StringComparison.Ordinal);

        await (await PatchAsync(host, """{"max_replicas":3}""", null)).ShouldSucceedAsync();
        await (await host.PostAsync("scale", """{"replicas":3}""")).ShouldSucceedAsync();
        await host.UntilAsync(d => d.ReplicasReady == 3);
        await (await PatchAsync(host, """{"max_replicas":2}""", null)).ShouldSucceedAsync();
        await host.UntilAsync(d => d.ReplicasReady == 2);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_stopped_deployment_has_no_replicas_and_starts_with_what_it_was(bool postgreSql)
    {
        await using var host = await DeploymentHost.StartAsync(postgreSql);
        await host.LiveAsync("iris", ""","max_replicas":2,"min_replicas":2""");
        await (await host.PostAsync("stop")).ShouldSucceedAsync();
        await host.UntilAsync(d => d.Status == "STOPPED");
        Assert.Empty(host.Replicas.Current.Sets);
        Assert.Equal(RouteState.Stopped, host.Service<RouteTableFeed>().Current.Deployments[new RouteKey("development", "iris")].State);
        await (await host.PostAsync("restart")).ShouldRefuseAsync(409, "deployment_stopped");
        await (await host.PostAsync("revisions", """{"version":"2"}""")).ShouldRefuseAsync(409, "deployment_stopped");

        await (await host.PostAsync("start")).ShouldSucceedAsync();
        Assert.Equal(1, (await host.UntilAsync(d => d.Status == "ACTIVE" && d.ReplicasReady == 2)).Live!.Number);

        // The ledger says each status with since when and until when, and pages fit together.
        const string ledger = "/api/v1/deployments/development/iris/status-changes";
        var changes = (await host.Server.UntilAsync(() => host.Admin.GetAsync<Page<StatusChangeInfo>>(ledger), page => page.Items[0].Status == "ACTIVE")).Items;
        Assert.Contains(changes, c => c.Status == "STOPPED");
        Assert.Null(changes[0].Until);
        Assert.All(changes.Zip(changes.Skip(1)), pair => Assert.Equal(pair.First.At, pair.Second.Until));
        var paged = new List<StatusChangeInfo>();
        for (var token = ""; token is not null;)
        {
            var page = await host.Admin.GetAsync<Page<StatusChangeInfo>>($"{ledger}?limit=2{(token == "" ? "" : $"&page_token={token}")}");
            paged.AddRange(page.Items);
            token = page.NextPageToken;
        }

        Assert.Equal(changes, paged);
        await (await host.Admin.GetAsync($"{ledger}?page_token=!")).ShouldRefuseAsync(400, "page_token_invalid");
        await (await host.Admin.GetAsync("/api/v1/deployments/development/nobody/status-changes")).ShouldRefuseAsync(404, "deployment_not_found");
    }

    [Fact]
    public async Task Restart_asks_for_new_replicas_of_the_live_revision_and_nothing_else()
    {
        await using var host = await DeploymentHost.StartAsync();
        await host.LiveAsync();
        await (await host.PostAsync("restart")).ShouldSucceedAsync();
        Assert.Equal(["iris-1"], host.Replicas.Restarted);
        Assert.Single((await host.Admin.GetAsync<Page<RevisionInfo>>("/api/v1/deployments/development/iris/revisions")).Items);
    }

    [Fact]
    public async Task A_production_deployment_is_stopped_before_it_is_deleted_and_then_its_name_is_free()
    {
        await using var host = await DeploymentHost.StartAsync();
        await host.LiveAsync(environment: "production");
        await (await host.Admin.DeleteAsync("/api/v1/deployments/production/iris")).ShouldRefuseAsync(409, "deployment_running");
        await (await host.PostAsync("stop", path: "production/iris")).ShouldSucceedAsync();
        Assert.Equal(204, (int)(await host.Admin.DeleteAsync("/api/v1/deployments/production/iris")).StatusCode);

        await (await host.Admin.GetAsync("/api/v1/deployments/production/iris")).ShouldRefuseAsync(404, "deployment_not_found");
        await host.UntilAsync(() => Task.FromResult(host.Replicas.Current), s => s.Sets.IsEmpty);
        await host.LiveAsync(environment: "production");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_list_pages_by_key_and_filters(bool postgreSql)
    {
        await using var host = await DeploymentHost.StartAsync(postgreSql);
        foreach (var (name, environment) in new[] { ("b", "development"), ("a", "development"), ("a", "staging"), ("c", "production"), ("C", "production") })
        {
            await host.LiveAsync(name, ""","labels":{"team":"x"}""", environment);
        }

        await (await host.PostAsync("stop", path: "staging/a")).ShouldSucceedAsync();
        await host.UntilAsync(d => d.Status == "STOPPED", "a", "staging");

        var names = new List<string>();
        string? token = null;
        do
        {
            var page = await host.Admin.GetAsync<Page<DeploymentInfo>>($"/api/v1/deployments?limit=2&page_token={token}");
            names.AddRange(page.Items.Select(d => $"{d.Environment}/{d.Name}"));
            token = page.NextPageToken;
        }
        while (token is not null);

        Assert.Equal(5, names.Distinct().Count());
        Assert.Equal(["development/a", "development/b", "staging/a"], names.Take(3));
        Assert.Equal(["staging/a"], await NamesAsync("status=STOPPED"));
        Assert.Equal(["production/C", "production/c"], (await NamesAsync("environment=production")).Order(StringComparer.Ordinal));
        Assert.Equal(["development/b"], await NamesAsync("q=B"));
        Assert.Equal(5, (await NamesAsync("label=team:x")).Count);
        Assert.Empty(await NamesAsync("label=team:y"));

        // Labels that a push gave its revision are found as well, as long as it is live.
        await host.UntilEndedAsync(await host.UpdateAsync(2, ""","labels":{"wave":"7"}""", "development/a"));
        Assert.Equal(["development/a"], await NamesAsync("label=wave:7"));
        Assert.Equal(["development/a"], await NamesAsync("label=wave"));
        Assert.Contains("development/a", await NamesAsync("label=team:x"));
        Assert.Empty(await NamesAsync("label=wave:8"));
        await (await host.Admin.GetAsync("/api/v1/deployments?status=SOMETHING")).ShouldRefuseAsync(400, "unknown_status");
        await (await host.Admin.GetAsync("/api/v1/deployments?page_token=AAAA")).ShouldRefuseAsync(400, "page_token_invalid");

        async Task<List<string>> NamesAsync(string query) =>
            [.. (await host.Admin.GetAsync<Page<DeploymentInfo>>($"/api/v1/deployments?{query}")).Items.Select(d => $"{d.Environment}/{d.Name}")];
    }

    [Fact]
    public async Task Each_change_of_status_is_kept_with_its_time()
    {
        await using var host = await DeploymentHost.StartAsync();
        await host.LiveAsync();
        await (await host.PostAsync("stop")).ShouldSucceedAsync();
        await host.UntilAsync(StatusesAsync, s => s.Contains(StatusWord.Stopped));

        var words = await StatusesAsync();
        Assert.Equal(words.Distinct(), words);
        Assert.True(words.IndexOf(StatusWord.Active) < words.IndexOf(StatusWord.Stopped));

        async Task<List<StatusWord>> StatusesAsync()
        {
            await using var db = host.Service<Database>().Read();
            return await db.Set<StatusChange>().OrderBy(c => c.At).Select(c => c.Status).ToListAsync();
        }
    }

    private static Task<HttpResponseMessage> PatchAsync(DeploymentHost host, string json, string? ifMatch)
    {
        var request = new HttpRequestMessage(HttpMethod.Patch, "/api/v1/deployments/development/iris")
        {
            Content = new StringContent(json, System.Text.Encoding.UTF8, "application/json"),
        };
        if (ifMatch is not null)
        {
            request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        }

        return host.Admin.SendAsync(request);
    }
}
