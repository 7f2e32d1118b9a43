using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Deployments.Secrets;
using Slipway.Server.Identity;
using Slipway.Server.Platform;
using Slipway.Testing;

namespace Slipway.Server.Tests.Deployments;

public sealed class SecretsTests
{
    private const string Secrets = "/api/v1/environments/development/secrets";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_secret_is_set_and_listed_and_its_value_never_comes_back(bool postgreSql)
    {
        await using var host = await DeploymentHost.StartAsync(postgreSql);
        var first = await SetAsync(host, "TOKEN", "swordfish-1");
        Assert.Equal(("TOKEN", "development", 1), (first.Name, first.Environment, first.Version));
        Assert.Equal(2, (await SetAsync(host, "TOKEN", "swordfish-2")).Version);
        await host.LiveAsync(more: ""","secrets":["TOKEN"]""");

        var listed = await (await host.Admin.GetAsync(new Uri(Secrets, UriKind.Relative))).Content.ReadAsStringAsync();
        Assert.Contains("\"used_by\":[\"development/iris\"]", listed, StringComparison.Ordinal);
        foreach (var path in new[] { Secrets, $"{Secrets}/TOKEN", "/api/v1/deployments/development/iris", "/api/v1/deployments/development/iris/revisions", "/api/v1/audit" })
        {
            Assert.DoesNotContain("swordfish", await (await host.Admin.GetAsync(new Uri(path, UriKind.Relative))).Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        await using var db = host.Service<Database>().Read();
        var stored = await db.Set<EnvironmentSecret>().SingleAsync();
        Assert.Equal(-1, stored.Value.AsSpan().IndexOf("swordfish"u8));
        Assert.Equal("swordfish-2"u8.ToArray(), host.Service<ISecretSeal>().Open(stored.Value, stored.Bound));
        Assert.ThrowsAny<System.Security.Cryptography.CryptographicException>(() => host.Service<ISecretSeal>().Open(stored.Value, "secret of another row"));
    }

    [Fact]
    public async Task Another_value_makes_no_revision_and_reaches_the_sets_that_use_it_alone()
    {
        await using var host = await DeploymentHost.StartAsync();
        await SetAsync(host, "TOKEN", "one");
        var before = await host.LiveAsync(more: ""","secrets":["TOKEN"]""");
        await host.LiveAsync("plain");
        string? DigestOf(string name) => host.Replicas.Current.Sets.Values.Single(s => s.DeploymentId == IdOf(host, name)).SecretsDigest;
        var digest = DigestOf("iris");
        Assert.NotNull(digest);

        await SetAsync(host, "TOKEN", "two");
        await host.UntilAsync(() => Task.FromResult(DigestOf("iris")), now => now != digest);
        var after = await host.GetAsync();
        Assert.Equal((1, before.Live!.Variants[0].ReplicaSet), (after.Live!.Number, after.Live.Variants[0].ReplicaSet));
        Assert.Null(DigestOf("plain"));

        // The names are in the configuration: another choice is another revision, and another set.
        await (await host.PostAsync("revisions", """{"secrets":[]}""")).ShouldSucceedAsync();
        var without = await host.UntilAsync(d => d.Live!.Number == 2 && d.Rollout is null);
        Assert.Empty(without.Live!.Secrets);
        Assert.NotEqual(before.Live.Variants[0].ReplicaSet, without.Live.Variants[0].ReplicaSet);
    }

    [Fact]
    public async Task A_secret_that_is_not_there_is_named_at_create_update_promotion_and_rollback()
    {
        await using var host = await DeploymentHost.StartAsync();
        var create = """{"name":"iris","model":"iris","version":"1","secrets":["TOKEN","KEY"]}""";
        var refused = await (await host.Admin.PostJsonAsync("/api/v1/deployments", create)).ShouldRefuseAsync(409, "secret_missing");
        Assert.Contains("KEY, TOKEN", refused.Errors!["secrets"][0], StringComparison.Ordinal);
        await (await host.Admin.GetAsync(new Uri("/api/v1/deployments/development/iris", UriKind.Relative))).ShouldRefuseAsync(404, "deployment_not_found");

        await SetAsync(host, "TOKEN", "one");
        await host.LiveAsync(more: ""","secrets":["TOKEN"]""");
        await (await host.PostAsync("revisions", """{"secrets":["TOKEN","KEY"]}""")).ShouldRefuseAsync(409, "secret_missing");

        // Values stay in their environment.
        await (await host.PostAsync("promote")).ShouldRefuseAsync(409, "secret_missing");
        await (await host.Admin.GetAsync(new Uri("/api/v1/deployments/staging/iris", UriKind.Relative))).ShouldRefuseAsync(404, "deployment_not_found");
        await SetAsync(host, "TOKEN", "another", "staging");
        await (await host.PostAsync("promote")).ShouldSucceedAsync();
        Assert.Equal(["TOKEN"], (await host.UntilAsync(d => d.Status == "ACTIVE", environment: "staging")).Live!.Secrets);

        // What nobody uses any more may go, and then nobody goes back to it.
        await (await host.PostAsync("revisions", """{"secrets":[]}""")).ShouldSucceedAsync();
        await host.UntilAsync(d => d.Live!.Number == 2 && d.Rollout is null);
        await host.UntilAsync(() => host.Admin.GetAsync<SecretInfo>($"{Secrets}/TOKEN"), s => s.UsedBy.Count == 0);
        await (await host.Admin.DeleteAsync(new Uri($"{Secrets}/TOKEN", UriKind.Relative))).ShouldSucceedAsync();
        await (await host.PostAsync("rollback", """{"revision":1}""")).ShouldRefuseAsync(409, "secret_missing");
    }

    [Fact]
    public async Task A_used_secret_is_not_deleted_also_while_its_deployment_is_stopped()
    {
        await using var host = await DeploymentHost.StartAsync();
        await SetAsync(host, "TOKEN", "one");
        await host.LiveAsync(more: ""","secrets":["TOKEN"]""");
        var refused = await (await host.Admin.DeleteAsync(new Uri($"{Secrets}/TOKEN", UriKind.Relative))).ShouldRefuseAsync(409, "secret_in_use");
        Assert.Contains("development/iris", refused.Detail, StringComparison.Ordinal);
        await (await host.PostAsync("stop")).ShouldSucceedAsync();
        await (await host.Admin.DeleteAsync(new Uri($"{Secrets}/TOKEN", UriKind.Relative))).ShouldRefuseAsync(409, "secret_in_use");
        await (await host.Admin.DeleteAsync(new Uri("/api/v1/deployments/development/iris", UriKind.Relative))).ShouldSucceedAsync();
        await (await host.Admin.DeleteAsync(new Uri($"{Secrets}/TOKEN", UriKind.Relative))).ShouldSucceedAsync();
        await (await host.Admin.DeleteAsync(new Uri($"{Secrets}/TOKEN", UriKind.Relative))).ShouldRefuseAsync(404, "secret_not_found");
    }

    [Fact]
    public async Task What_is_no_secret_is_refused()
    {
        await using var host = await DeploymentHost.StartAsync();
        var whole = $$"""{"value":"{{new string('x', EnvironmentSecret.LongestValue)}}"}""";
        foreach (var (name, json) in new[]
        {
            ("PATH", """{"value":"x"}"""),   // decides how a replica is started
            ("1ST", """{"value":"x"}"""), ("A-B", """{"value":"x"}"""), ("TOKEN", """{"value":""}"""), ("TOKEN", whole.Replace("x\"", "xx\"", StringComparison.Ordinal)),
        })
        {
            await (await host.Admin.PutAsync(new Uri($"{Secrets}/{name}", UriKind.Relative), Json(json))).ShouldRefuseAsync(400, "invalid_field");
        }

        foreach (var json in new[] { "{}", """{"value":null}""", """{"value":7}""", """{"value":"x","more":1}""", "", "null" })
        {
            var response = await host.Admin.PutAsync(new Uri($"{Secrets}/TOKEN", UriKind.Relative), Json(json));
            Assert.True(response.StatusCode == System.Net.HttpStatusCode.BadRequest, $"{json}: {response.StatusCode}");
        }

        Assert.Empty((await host.Admin.GetAsync<Page<SecretInfo>>(Secrets)).Items);
        await (await host.Admin.PutAsync(new Uri($"{Secrets}/TOKEN", UriKind.Relative), Json(whole))).ShouldSucceedAsync();
        await (await host.Admin.PutAsync(new Uri("/api/v1/environments/nowhere/secrets/TOKEN", UriKind.Relative), Json("""{"value":"x"}"""))).ShouldRefuseAsync(404, "environment_not_found");

        // A name is a variable or a secret, and not both.
        await (await host.Admin.PostJsonAsync("/api/v1/deployments", """{"name":"iris","model":"iris","version":"1","variables":{"TOKEN":"x"},"secrets":["TOKEN"]}"""))
            .ShouldRefuseAsync(400, "invalid_field");
    }

    [Fact]
    public async Task Who_may_set_a_secret_depends_on_the_environment()
    {
        await using var host = await DeploymentHost.StartAsync();
        var (analyst, manager, viewer) = (host.Analyst, host.Server.As(Role.Manager), host.Server.As(Role.Viewer));
        await TryAsync(viewer, "development", 403);
        await TryAsync(analyst, "development", 200);
        await TryAsync(analyst, "staging", 200);     // one's own
        await TryAsync(manager, "staging", 200);     // the same one
        await TryAsync(analyst, "production", 403);
        await TryAsync(manager, "production", 200);
        await SetAsync(host, "OTHER", "x", "staging");
        await (await analyst.PutAsync(new Uri("/api/v1/environments/staging/secrets/OTHER", UriKind.Relative), Json("""{"value":"y"}"""))).ShouldRefuseAsync(403, "not_the_owner");
        await (await analyst.DeleteAsync(new Uri("/api/v1/environments/production/secrets/TOKEN", UriKind.Relative))).ShouldRefuseAsync(403, "missing_right");
        Assert.NotEmpty((await viewer.GetAsync<Page<SecretInfo>>("/api/v1/environments/production/secrets")).Items);   // names, not values

        static async Task TryAsync(HttpClient by, string environment, int status) => Assert.Equal(
            status, (int)(await by.PutAsync(new Uri($"/api/v1/environments/{environment}/secrets/TOKEN", UriKind.Relative), Json("""{"value":"x"}"""))).StatusCode);
    }

    [Fact]
    public async Task A_name_that_was_deleted_and_set_again_is_another_secret()
    {
        await using var host = await DeploymentHost.StartAsync();
        async Task<string?> DigestAsync()
        {
            await SetAsync(host, "TOKEN", "x");
            await using var db = host.Service<Database>().Read();
            return (await SecretVersions.ReadAsync(db, CancellationToken.None)).DigestOf((await db.Set<EnvironmentSecret>().SingleAsync()).EnvironmentId, ["TOKEN"]);
        }

        var first = await DigestAsync();
        await (await host.Admin.DeleteAsync(new Uri($"{Secrets}/TOKEN", UriKind.Relative))).ShouldSucceedAsync();
        Assert.NotEqual(first, await DigestAsync());
    }

    private static Guid IdOf(DeploymentHost host, string name)
    {
        using var db = host.Service<Database>().Read();
        return db.Set<Slipway.Server.Deployments.Deployment>().Where(d => d.Name == name).Select(d => d.Id).Single();
    }

    private static StringContent Json(string json) => new(json, System.Text.Encoding.UTF8, "application/json");

    private static async Task<SecretInfo> SetAsync(DeploymentHost host, string name, string value, string environment = "development") =>
        await (await host.Admin.PutAsync(new Uri($"/api/v1/environments/{environment}/secrets/{name}", UriKind.Relative), Json($$"""{"value":"{{value}}"}"""))).ReadAsync<SecretInfo>();
}
