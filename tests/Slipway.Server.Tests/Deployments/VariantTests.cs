using Slipway.Contracts;
using Slipway.Server.Deployments;
using Slipway.Server.Identity;
using Slipway.Testing;

namespace Slipway.Server.Tests.Deployments;

/// <summary>Several variants in a revision, and the table that chooses among them.</summary>
public sealed class VariantTests
{
    private const string Two = """
        "variants":[{"name":"main","model":"iris","version":"1","fallback":"spare","retries":1},{"name":"spare","model":"iris","version":"2","cpu_cores":0.5,"memory_mib":128,"min_replicas":2,"max_replicas":3}],
        "routing":{"fields":[{"name":"country","type":"string"}],"rows":[{"variant":"spare","conditions":{"country":{"operator":"=","value":"NO"}}}]}
        """;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Each_variant_has_its_own_version_resources_and_bounds(bool postgreSql)
    {
        await using var host = await DeploymentHost.StartAsync(postgreSql);
        var live = await LiveAsync(host);
        Assert.Equal(["main", "spare"], live.Live!.Variants.Select(v => v.Name));
        var (main, spare) = (live.Live.Variants[0], live.Live.Variants[1]);
        Assert.Equal((true, 1, "spare", 1), (main.IsDefault, main.ModelVersion, main.Fallback, main.Retries));
        Assert.Equal((false, 2, 0.5, 128), (spare.IsDefault, spare.ModelVersion, spare.Resources.CpuCores, spare.Resources.MemoryMib));
        Assert.Equal((1, 2), (host.Replicas.DesiredOf("iris-1"), host.Replicas.DesiredOf("iris-2")));
        Assert.Equal((3, 3), (live.ReplicasReady, live.ReplicasWanted));
        var row = Assert.Single(live.Live.Routing!.Rows!);
        Assert.Equal(("spare", "eq"), (row.Variant, row.Conditions!["country"].Operator));
        Assert.Equal(2, live.Autoscaling.Variants!["spare"].MinReplicas);

        // The route follows the status a moment later.
        var feed = host.Service<RouteTableFeed>();
        await host.UntilAsync(() => Task.FromResult(feed.Current.Deployments[new RouteKey("development", "iris")].Revisions), revisions => revisions is [{ Router: not null }]);
        Assert.Equal(["main", "spare"], feed.Current.Deployments[new RouteKey("development", "iris")].Revisions.Single().Variants.Select(v => v.Name));
    }

    [Fact]
    public async Task A_list_that_is_wrong_is_refused_at_each_field_and_leaves_nothing_behind()
    {
        await using var host = await DeploymentHost.StartAsync();
        await LiveAsync(host);
        var cases = new (string Body, string Field)[]
        {
            ("""{"variants":[]}""", "variants"),
            ("""{"variants":[null]}""", "variants[0].name"),
            ("""{"variants":[{"name":"main"},{"name":"main"}]}""", "variants[1].name"),
            ("""{"variants":[{"name":"ma in"},{"name":"main"}]}""", "variants[0].name"),
            ("""{"variants":[{"name":"main"},{"name":"spare"},{"name":"new"}]}""", "variants[2].model"),
            ("""{"variants":[{"name":"main"},{"name":"spare"},{"name":"new","from":"ghost"}]}""", "variants[2].from"),
            ("""{"variants":[{"name":"main","version":"200"},{"name":"spare"}]}""", "variants[0].version"),
            ("""{"variants":[{"name":"main","cpu_cores":0},{"name":"spare"}]}""", "variants[0].cpu_cores"),
            ("""{"variants":[{"name":"main","retries":11},{"name":"spare"}]}""", "variants[0].retries"),
            ("""{"variants":[{"name":"main"},{"name":"spare","min_replicas":4}]}""", "variants[1].min_replicas"),    // above the maximum that it keeps
            ("""{"variants":[{"name":"main","fallback":"main"},{"name":"spare"}]}""", "variants[0].fallback"),
            ("""{"variants":[{"name":"main","fallback":"ghost"},{"name":"spare"}]}""", "variants[0].fallback"),
            ("""{"variants":[{"name":"main"}]}""", "variants[0].fallback"),                                // it still falls back to what is gone
            ("""{"variants":[{"name":"main","fallback":""}]}""", "routing.rows[0].variant"),               // and the table still names it
            ("""{"variants":[{"name":"spare"}]}""", "variants"),                                           // the default may not go
            ("""{"variants":[{"name":"main","default":true},{"name":"spare","default":true}]}""", "variants"),
            ("""{"variants":[{"name":"main","default":false},{"name":"spare"}]}""", "variants"),
            ("""{"variants":[{"name":"main","min_replicas":3,"max_replicas":2},{"name":"spare"}]}""", "variants[0].min_replicas"),
            ("""{"version":"3","variants":[{"name":"main"},{"name":"spare"}]}""", "variants"),
            ("""{"routing":{"rows":[{"variant":"ghost"}]}}""", "routing.rows[0].variant"),
            ("""{"routing":{"fields":[{"name":"n","type":"number"}],"rows":[{"variant":"spare","conditions":{"n":{"operator":"gt","value":"3"}}}]}}""", "routing.rows[0].conditions.n.value"),
        };
        foreach (var (body, field) in cases)
        {
            var problem = await (await host.PostAsync("revisions", body)).ShouldRefuseAsync(400, "invalid_field");
            Assert.True(problem.Errors?.ContainsKey(field) == true, $"{body}: {field} is not among {string.Join(", ", problem.Errors?.Keys ?? [])}");
        }

        await (await host.PostAsync("revisions", """{"routing":{"rows":[{"variant":"spare","when":1}]}}""")).ShouldRefuseAsync(400, "invalid_field");
        Assert.Equal(1, (await host.GetAsync()).Live!.Number);
        Assert.Single((await host.Admin.GetAsync<Page<RevisionInfo>>("/api/v1/deployments/development/iris/revisions")).Items);
    }

    [Fact]
    public async Task Variants_are_copied_renamed_reordered_and_taken_away_and_the_default_changes_hands()
    {
        await using var host = await DeploymentHost.StartAsync();
        await LiveAsync(host);
        await RevisedAsync(host, """
            {"variants":[{"name":"main"},{"name":"copy","from":"spare","version":"3"},{"name":"second","from":"spare"}],"routing":{"rows":[{"variant":"copy","weight":10}]}}
            """.Replace("""{"name":"main"}""", """{"name":"main","fallback":"second"}""", StringComparison.Ordinal));
        var live = (await host.GetAsync()).Live!;
        Assert.Equal([("main", 1), ("copy", 3), ("second", 2)], live.Variants.Select(v => (v.Name, v.ModelVersion)));
        Assert.Equal((0.5, 128), (live.Variants[1].Resources.CpuCores, live.Variants[1].Resources.MemoryMib));   // a copy has the resources too

        await RevisedAsync(host, """{"variants":[{"name":"second","default":true},{"name":"main","fallback":""}],"routing":{}}""");
        live = (await host.GetAsync()).Live!;
        Assert.Equal([("second", true), ("main", false)], live.Variants.Select(v => (v.Name, v.IsDefault)));
        Assert.Null(live.Routing);
    }

    [Fact]
    public async Task What_a_variant_does_not_say_stays_and_null_takes_it_away()
    {
        await using var host = await DeploymentHost.StartAsync();
        await LiveAsync(host);
        await RevisedAsync(host, """{"variants":[{"name":"main","version":"3"},{"name":"spare","max_replicas":null}]}""");
        var after = await host.GetAsync();
        Assert.Equal(("spare", 1), (after.Live!.Variants[0].Fallback, after.Live.Variants[0].Retries));
        Assert.Equal(new VariantBoundsInfo(2, null), after.Autoscaling.Variants!["spare"]);

        await RevisedAsync(host, """{"variants":[{"name":"main","fallback":null,"retries":null},{"name":"spare","min_replicas":null}]}""");
        after = await host.GetAsync();
        Assert.Equal((null, null), (after.Live!.Variants[0].Fallback, after.Live.Variants[0].Retries));
        Assert.False(after.Autoscaling.Variants?.ContainsKey("spare") == true);
        await (await host.PostAsync("revisions", """{"variants":[{"name":"main","retries":"1"},{"name":"spare"}]}""")).ShouldRefuseAsync(400, "invalid_field");
    }

    [Fact]
    public async Task Bounds_alone_are_set_in_place_without_a_revision()
    {
        await using var host = await DeploymentHost.StartAsync();
        await LiveAsync(host);
        var answer = await host.PostAsync("revisions", """{"variants":[{"name":"main"},{"name":"spare","min_replicas":1}]}""");
        Assert.Equal(200, (int)answer.StatusCode);
        var rollout = await answer.ReadAsync<RolloutInfo>();
        Assert.Equal((1, "SUCCEEDED"), (rollout.ToRevision, rollout.Status));
        var after = await host.GetAsync();
        Assert.Equal((1, new VariantBoundsInfo(1, 3)), (after.Live!.Number, after.Autoscaling.Variants!["spare"]));
        Assert.Single((await host.Admin.GetAsync<Page<RevisionInfo>>("/api/v1/deployments/development/iris/revisions")).Items);
        await (await host.PostAsync("revisions", """{"variants":[{"name":"main"},{"name":"spare","min_replicas":1}]}""")).ShouldRefuseAsync(409, "revision_unchanged");
        await (await host.PostAsync("revisions", """{"variants":[{"name":"main"},{"name":"spare","min_replicas":2}],"revision_name":"wide"}""")).ShouldRefuseAsync(409, "revision_unchanged");
    }

    [Fact]
    public async Task A_change_of_the_table_alone_restarts_nothing_and_only_moves_weights()
    {
        await using var host = await DeploymentHost.StartAsync();
        var before = await LiveAsync(host);
        var asked = host.Replicas.Asked.Count(a => !a.EndsWith(":1", StringComparison.Ordinal) && !a.EndsWith(":2", StringComparison.Ordinal));
        await RevisedAsync(host, """{"routing":{"fields":[{"name":"age","type":"number"}],"rows":[{"variant":"spare","conditions":{"age":{"operator":"gt","value":60}}}]}}""");
        var after = await host.GetAsync();
        Assert.Equal(2, after.Live!.Number);
        Assert.Equal(before.Live!.Variants.Select(v => v.ReplicaSet), after.Live.Variants.Select(v => v.ReplicaSet));
        Assert.Empty(host.Replicas.Restarted);
        Assert.Equal(asked, host.Replicas.Asked.Count(a => !a.EndsWith(":1", StringComparison.Ordinal) && !a.EndsWith(":2", StringComparison.Ordinal)));
        await (await host.PostAsync("revisions", """{"routing":{"fields":[{"name":"age","type":"number"}],"rows":[{"variant":"spare","conditions":{"age":{"operator":">","value":60}}}]}}"""))
            .ShouldRefuseAsync(409, "revision_unchanged");                                                        // the same table in other words
    }

    [Fact]
    public async Task The_short_form_changes_the_default_variant_and_leaves_the_others()
    {
        await using var host = await DeploymentHost.StartAsync();
        await LiveAsync(host);
        await host.UntilEndedAsync(await host.UpdateAsync(3));
        var live = (await host.GetAsync()).Live!;
        Assert.Equal([("main", 3, "spare"), ("spare", 2, null)], live.Variants.Select(v => (v.Name, v.ModelVersion, v.Fallback)));
        Assert.NotNull(live.Routing);
    }

    [Theory]
    [InlineData("rolling")]
    [InlineData("blue_green")]
    [InlineData("canary")]
    public async Task A_rollout_moves_all_variants_and_waits_for_each(string strategy)
    {
        await using var host = await DeploymentHost.StartAsync();
        await LiveAsync(host);
        host.Replicas.Hold("iris-4");
        var rollout = await (await host.PostAsync("revisions", $$"""
            {"variants":[{"name":"main","version":"3"},{"name":"spare","version":"4"}],"strategy":"{{strategy}}"}
            """)).ReadAsync<RolloutInfo>();
        await host.UntilAsync(() => Task.FromResult(host.Replicas.DesiredOf("iris-4")), desired => desired > 0);
        Assert.Equal(1, (await host.GetAsync()).Live!.Number);
        Assert.Equal(0, (await host.Admin.GetAsync<RolloutInfo>($"/api/v1/rollouts/{rollout.Id}")).PercentTrafficToNewVersion);   // one of its sets has no ready replica
        host.Replicas.Release("iris-4");
        if (strategy != "canary")
        {
            Assert.Equal("SUCCEEDED", (await host.UntilEndedAsync(rollout)).Status);
            await host.UntilAsync(() => Task.FromResult(host.Replicas.DesiredOf("iris-1") + host.Replicas.DesiredOf("iris-2")), desired => desired == 0);
        }
        else
        {
            await host.UntilAsync(() => host.Admin.GetAsync<RolloutInfo>($"/api/v1/rollouts/{rollout.Id}"), r => r.PercentTrafficToNewVersion > 0);
        }
    }

    [Fact]
    public async Task A_variant_that_cannot_load_fails_the_rollout_and_one_that_dies_later_takes_nothing_from_the_others()
    {
        await using var host = await DeploymentHost.StartAsync();
        await LiveAsync(host);
        host.Replicas.Break("iris-9", "load_failed");
        var rollout = await (await host.PostAsync("revisions", """{"variants":[{"name":"main"},{"name":"spare","version":"9"}]}""")).ReadAsync<RolloutInfo>();
        Assert.Equal("load_failed", (await host.UntilEndedAsync(rollout)).ErrorCode);
        Assert.Equal(1, (await host.GetAsync()).Live!.Number);

        host.Replicas.Kill("iris-2", "crashed");
        var routes = host.Service<RouteTableFeed>();
        var route = await host.UntilAsync(
            () => Task.FromResult(routes.Current.Deployments[new RouteKey("development", "iris")]), r => r.Revisions.Single().Variants[1].Set.Replicas.Length < 2);
        Assert.Equal(RouteState.Serving, route.State);
        Assert.Single(route.Revisions.Single().Variants[0].Set.Replicas);
    }

    [Fact]
    public async Task All_variants_and_the_table_are_promoted_and_rolled_back_together()
    {
        await using var host = await DeploymentHost.StartAsync();
        var source = await LiveAsync(host);
        await (await host.PostAsync("promote")).ShouldSucceedAsync();
        var promoted = await host.UntilAsync(d => d.Live is not null, environment: "staging");
        Assert.Equal(source.Live!.Variants.Select(v => (v.Name, v.ModelVersion, v.Fallback)), promoted.Live!.Variants.Select(v => (v.Name, v.ModelVersion, v.Fallback)));
        Assert.Equal("spare", promoted.Live.Routing!.Rows!.Single().Variant);

        await RevisedAsync(host, """{"variants":[{"name":"main","fallback":""}],"routing":{}}""");
        await host.UntilEndedAsync(await (await host.PostAsync("rollback")).ReadAsync<RolloutInfo>());
        Assert.Equal(2, (await host.GetAsync()).Live!.Variants.Count);
    }

    [Fact]
    public async Task Bounds_of_a_variant_change_in_place_and_the_set_follows()
    {
        await using var host = await DeploymentHost.StartAsync();
        await LiveAsync(host);
        var update = await (await host.PatchAsync("""{"variants":{"spare":{"min_replicas":1,"max_replicas":1}}}""", "/autoscaling")).ReadAsync<AutoscalingUpdate>();
        Assert.Equal("ACCEPTED", update.Status);
        await host.UntilAsync(() => Task.FromResult(host.Replicas.DesiredOf("iris-2")), desired => desired == 1);
        Assert.Equal("UNCHANGED", (await (await host.PatchAsync("""{"variants":{"spare":{"min_replicas":1,"max_replicas":1}}}""", "/autoscaling")).ReadAsync<AutoscalingUpdate>()).Status);
        await (await host.PatchAsync("""{"variants":{"spare":{"min_replicas":4,"max_replicas":1}}}""", "/autoscaling")).ShouldRefuseAsync(400, "invalid_field");
        Assert.Null((await (await host.PatchAsync("""{"variants":{"spare":null}}""", "/autoscaling")).ReadAsync<AutoscalingUpdate>()).Settings.Variants);
    }

    [Fact]
    public async Task A_version_that_any_variant_uses_is_in_use_and_routing_is_no_operators_business()
    {
        await using var host = await DeploymentHost.StartAsync();
        await LiveAsync(host, environment: "production");
        var body = """{"routing":{"rows":[{"variant":"spare","weight":5}]}}""";
        await (await host.Server.As(Role.Manager).PostJsonAsync("/api/v1/deployments/production/iris/revisions", body)).ShouldRefuseAsync(403, "missing_right");
        await using var scope = host.Service<Slipway.Server.Platform.Database>().Read();
        var id = scope.Set<Variant>().Where(v => v.Name == "spare").Select(v => v.ModelVersionId).First();
        Assert.NotEmpty(await host.Service<Slipway.Server.Registry.IVersionUse>().WhereUsedAsync(scope, [id], CancellationToken.None));
    }

    [Fact]
    public async Task The_simulator_says_which_row_matches_and_cell_by_cell_why_the_others_do_not()
    {
        await using var host = await DeploymentHost.StartAsync();
        await LiveAsync(host);
        var hit = await (await host.PostAsync("simulate", """{"context":{"country":"NO","colour":"red"}}""")).ReadAsync<SimulationInfo>();
        Assert.Equal(("spare", 1, "matched"), (hit.Variant, hit.Row, hit.Result));
        Assert.Equal(["colour"], hit.Ignored);
        var miss = await (await host.PostAsync("simulate", """{"context":{"country":"SE"}}""")).ReadAsync<SimulationInfo>();
        Assert.Equal(("main", 0, "default_matched"), (miss.Variant, miss.Row, miss.Result));
        var cell = miss.Rows[0].Cells.Single();
        Assert.Equal((false, "country is \"NO\"", "country is \"SE\"; wanted: is \"NO\""), (cell.Matched, cell.Condition, cell.Detail));
        var draft = await (await host.PostAsync("simulate", """{"variants":["x","y"],"routing":{"rows":[{"variant":"y","weight":100}]},"identity":"me"}""")).ReadAsync<SimulationInfo>();
        Assert.Equal(("y", 1), (draft.Variant, draft.Row));
        await (await host.PostAsync("simulate", """{"context":[1]}""")).ShouldRefuseAsync(400, "invalid_field");
        await (await host.PostAsync("simulate", """{"variants":[null]}""")).ShouldRefuseAsync(400, "invalid_field");
        await (await host.PostAsync("simulate", """{"routing":{"rows":[{"variant":"ghost"}]}}""")).ShouldRefuseAsync(400, "invalid_field");
        await (await host.PostAsync("simulate", """{"revision":7}""")).ShouldRefuseAsync(404, "revision_not_found");
        await (await host.PostAsync("simulate", path: "development/nothing")).ShouldRefuseAsync(404, "deployment_not_found");
    }

    private static async Task<DeploymentInfo> LiveAsync(DeploymentHost host, string environment = "development")
    {
        await (await host.Admin.PostJsonAsync("/api/v1/deployments", $$$"""{"name":"iris","environment":"{{{environment}}}","max_replicas":2,{{{Two}}} }""")).ShouldSucceedAsync();
        return await host.UntilAsync(d => d is { Status: "ACTIVE", ReplicasReady: 3 }, environment: environment);
    }

    private static async Task RevisedAsync(DeploymentHost host, string body) =>
        Assert.Equal("SUCCEEDED", (await host.UntilEndedAsync(await (await host.PostAsync("revisions", body)).ReadAsync<RolloutInfo>())).Status);
}
