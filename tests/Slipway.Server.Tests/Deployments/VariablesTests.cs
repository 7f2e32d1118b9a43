using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Deployments;
using Slipway.Server.Identity;
using Slipway.Server.Platform;
using Slipway.Server.Runtimes;
using Slipway.Testing;

namespace Slipway.Server.Tests.Deployments;

public sealed class VariablesTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_change_of_a_variable_is_a_new_revision_that_reaches_new_replicas(bool postgreSql)
    {
        await using var host = await DeploymentHost.StartAsync(postgreSql);
        var first = await host.LiveAsync(more: ""","variables":{"MODE":"fast","REGION":"eu"}""");
        Assert.Equal("eu", first.Live!.Variables["REGION"]);
        Assert.Equal("fast", host.Replicas.Variables["iris-1"]["MODE"]);

        await SetAsync(host, """{"MODE":"slow","REGION":null,"EXTRA":""}""");
        var second = await host.UntilAsync(d => d.Live!.Number == 2 && d.Rollout is null);
        Assert.Equal([("EXTRA", ""), ("MODE", "slow")], second.Live!.Variables.Select(v => (v.Key, v.Value)).Order());
        Assert.NotEqual(first.Live.Variants[0].ReplicaSet, second.Live.Variants[0].ReplicaSet);   // other variables, other processes
        Assert.Equal("slow", host.Replicas.Variables["iris-1"]["MODE"]);

        // What is not named stays, also when the version changes.
        await host.UntilEndedAsync(await host.UpdateAsync(2));
        Assert.Equal("slow", (await host.GetAsync()).Live!.Variables["MODE"]);
        await (await host.PostAsync("revisions", """{"variables":{"MODE":"slow"}}""")).ShouldRefuseAsync(409, "revision_unchanged");
    }

    [Fact]
    public async Task Back_to_a_revision_means_back_to_its_variables()
    {
        await using var host = await DeploymentHost.StartAsync();
        var first = await host.LiveAsync(more: ""","variables":{"MODE":"fast"}""");
        await SetAsync(host, """{"MODE":"slow"}""");
        await host.UntilAsync(d => d.Live!.Number == 2 && d.Rollout is null);
        await (await host.PostAsync("rollback")).ShouldSucceedAsync();
        var back = await host.UntilAsync(d => d.Live!.Number == 1 && d.Rollout is null);
        Assert.Equal(("fast", first.Live!.Variants[0].ReplicaSet), (back.Live!.Variables["MODE"], back.Live.Variants[0].ReplicaSet));
    }

    [Theory]
    [InlineData("1ST")]
    [InlineData("A-B")]
    [InlineData("A B")]
    [InlineData("")]
    [InlineData("PATH")]
    [InlineData("LD_PRELOAD")]
    [InlineData("PYTHONPATH")]
    [InlineData("SLIPWAY_MASTER_KEY")]
    [InlineData("slipway_x")]
    [InlineData("ÄPFEL")]
    public async Task A_name_that_is_none_or_is_ours_is_refused(string name)
    {
        await using var host = await DeploymentHost.StartAsync();
        await host.LiveAsync();
        var problem = await (await host.PostAsync("revisions", $$$"""{"variables":{"{{{name}}}":"x"}}""")).ShouldRefuseAsync(400, "invalid_field");
        Assert.Equal(["variables"], problem.Errors!.Keys);
        Assert.Equal(1, (await host.GetAsync()).Live!.Number);
    }

    [Fact]
    public async Task There_is_a_most_of_variables_and_of_their_length()
    {
        await using var host = await DeploymentHost.StartAsync();
        await host.LiveAsync();
        await RefusedAsync(string.Join(',', Enumerable.Range(0, 101).Select(i => $"\"V{i}\":\"\"")));
        await RefusedAsync($"\"V\":\"{new string('x', PlainVariables.LongestValue + 1)}\"");
        await RefusedAsync(string.Join(',', Enumerable.Range(0, 5).Select(i => $"\"V{i}\":\"{new string('x', 30_000)}\"")));

        async Task RefusedAsync(string variables) => await (await host.PostAsync("revisions", $$$"""{"variables":{{{{variables}}}}}""")).ShouldRefuseAsync(400, "invalid_field");
    }

    [Fact]
    public async Task The_audit_trail_names_variables_and_never_their_values()
    {
        await using var host = await DeploymentHost.StartAsync();
        await host.LiveAsync(more: ""","variables":{"MODE":"confidential-1"}""");
        await SetAsync(host, """{"MODE":"confidential-2"}""");
        await using var db = host.Service<Database>().Read();
        var entries = await db.Set<AuditEntry>().Where(e => e.ResourceKind == "deployment").ToListAsync();
        Assert.Contains(entries, e => e.After?.Contains("\"variables_set\":[\"MODE\"]", StringComparison.Ordinal) == true);
        Assert.DoesNotContain(entries, e => $"{e.Before}{e.After}".Contains("confidential", StringComparison.Ordinal));
    }

    [Fact]
    public async Task In_production_a_variable_is_operated_and_a_version_is_deployed()
    {
        await using var host = await DeploymentHost.StartAsync();
        await host.LiveAsync(environment: "production");
        var manager = host.Server.As(Role.Manager);
        await (await manager.PostJsonAsync("/api/v1/deployments/production/iris/revisions", """{"version":"2"}""")).ShouldRefuseAsync(403, "missing_right");
        await (await host.Analyst.PostJsonAsync("/api/v1/deployments/production/iris/revisions", """{"variables":{"A":"1"}}""")).ShouldRefuseAsync(403, "missing_right");
        await (await manager.PostJsonAsync("/api/v1/deployments/production/iris/revisions", """{"variables":{"A":"1"}}""")).ShouldSucceedAsync();
    }

    [Fact]
    public void A_package_says_its_own_variables_and_the_revision_wins()
    {
        using var config = System.Text.Json.JsonDocument.Parse("""{"config":{"environment_variables":{"A":"package","B":3,"C":true,"D":null,"E":["x"],"PATH":"/evil"}}}""");
        var launch = new RuntimeLaunch("python", Guid.Empty, "/", "/", [], [], config.RootElement, true, 1, false, 1, "digest");
        var revision = Given.Revision(1, "set");
        revision.Variables = PlainVariables.Store(new Dictionary<string, string> { ["A"] = "revision" });
        Assert.Equal([("A", "revision"), ("B", "3"), ("C", "true")], LaunchVariables.Of(launch, revision).Select(v => (v.Key, v.Value)));
    }

    [Fact]
    public void The_content_hash_is_over_variables_secrets_and_routing_and_is_what_it_was_without_them()
    {
        var variants = Given.Revision(1, "set").Variants;
        string[] hashes =
        [
            Revision.HashOf(variants), Revision.HashOf(variants, """{"A":"1"}"""), Revision.HashOf(variants, """{"A":"2"}"""), Revision.HashOf(variants, secrets: ["A"]),
            Revision.HashOf(variants, routing: "{}"),
        ];
        Assert.Equal(hashes.Length, hashes.Distinct().Count());
        Assert.Equal(hashes[0], Revision.HashOf(variants, null, [], null));
    }

    private static async Task SetAsync(DeploymentHost host, string variables) => await (await host.PostAsync("revisions", $$"""{"variables":{{variables}}}""")).ShouldSucceedAsync();
}
