using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Testing;

namespace Slipway.Server.Tests.Identity;

public sealed class UserTests(Platform.SharedServer shared) : IClassFixture<Platform.SharedServer>
{
    [Fact]
    public async Task On_SQLite_users_are_made_changed_and_deleted_and_their_keys_follow() => await LifeOfAUserAsync(null);

    [Fact]
    public async Task On_PostgreSQL_users_are_made_changed_and_deleted_and_their_keys_follow() => await LifeOfAUserAsync(await PostgreSqlServer.CreateDatabaseOrSkipAsync());

    private static async Task LifeOfAUserAsync(string? postgreSql)
    {
        await using var server = await TestServer.StartAsync(postgreSql: postgreSql);
        var made = await (await server.Client.PostJsonAsync("/api/v1/users", """{"name":"ada","role":"viewer","email":"ada@example.org"}""")).ReadAsync<UserInfo>();
        Assert.Equal(("ada", "viewer", false, false), (made.Name, made.Role, made.HasPassword, made.Disabled));
        var key = await (await server.Client.PostJsonAsync("/api/v1/keys", """{"name":"for ada","user":"ada"}""")).ReadAsync<CreatedKey>();
        using var ada = server.WithKey(key.Key);
        await (await ada.GetAsync("/api/v1/users")).ShouldRefuseAsync(403, "missing_right");

        await (await server.Client.SendJsonAsync(HttpMethod.Patch, "/api/v1/users/ada", """{"role":"administrator"}""")).ReadAsync<UserInfo>();
        Assert.Contains((await ada.GetAsync<Page<UserInfo>>("/api/v1/users")).Items, u => u.Name == "ada");

        await (await server.Client.SendJsonAsync(HttpMethod.Patch, "/api/v1/users/ada", """{"disabled":true}""")).ReadAsync<UserInfo>();
        await (await ada.GetAsync("/api/v1/session")).ShouldRefuseAsync(401, "key_unknown");
        await (await server.Client.SendJsonAsync(HttpMethod.Patch, "/api/v1/users/ada", """{"disabled":false}""")).ReadAsync<UserInfo>();
        await (await ada.GetAsync("/api/v1/session")).ShouldSucceedAsync();

        await (await server.Client.DeleteAsync("/api/v1/users/ada")).ShouldSucceedAsync();
        await (await ada.GetAsync("/api/v1/session")).ShouldRefuseAsync(401, "key_unknown");
        await (await server.Client.GetAsync("/api/v1/users/ada")).ShouldRefuseAsync(404, "user_not_found");
        await (await server.Client.PostJsonAsync("/api/v1/users", """{"name":"ada","role":"viewer"}""")).ShouldRefuseAsync(409, "name_taken");

        var trail = await server.Client.GetAsync<Page<AuditEntryInfo>>("/api/v1/audit?resource=ada");
        Assert.Equal(["user.deleted", "user.updated", "user.updated", "user.updated", "user.created"], trail.Items.Select(e => e.Action));
        Assert.All(trail.Items, e => Assert.Equal(("test-administrator", "127.0.0.1"), (e.Actor, e.IpAddress)));
    }

    [Fact]
    public async Task The_last_administrator_stays()
    {
        await using var server = await TestServer.StartAsync();
        await (await server.Client.DeleteAsync("/api/v1/users/admin")).ShouldSucceedAsync();
        await (await server.Client.DeleteAsync("/api/v1/users/test-administrator")).ShouldRefuseAsync(409, "last_administrator");
        await (await server.Client.SendJsonAsync(HttpMethod.Patch, "/api/v1/users/test-administrator", """{"disabled":true}""")).ShouldRefuseAsync(409, "last_administrator");
        await (await server.Client.SendJsonAsync(HttpMethod.Patch, "/api/v1/users/test-administrator", """{"role":"manager"}""")).ShouldRefuseAsync(409, "last_administrator");
    }

    [Theory]
    [InlineData("Ada", 400, "invalid_field")]          // lower case
    [InlineData("", 400, "invalid_field")]
    [InlineData("../x", 400, "invalid_field")]
    [InlineData("a b", 400, "invalid_field")]
    [InlineData("api", 409, "name_reserved")]          // would be an address of ours
    [InlineData("metrics", 409, "name_reserved")]
    [InlineData("production", 409, "name_taken")]      // an environment
    [InlineData("admin", 409, "name_taken")]           // a user
    public async Task A_name_that_would_make_an_address_ambiguous_is_refused(string name, int status, string code)
    {
        await (await shared.Server.Client.PostJsonAsync("/api/v1/users", $$"""{"name":"{{name}}","role":"viewer"}""")).ShouldRefuseAsync(status, code);
    }

    [Fact]
    public async Task The_same_idempotency_key_makes_one_user_and_gives_one_answer()
    {
        await using var server = await TestServer.StartAsync();
        server.Client.DefaultRequestHeaders.Add("Idempotency-Key", "k1");
        var first = await (await server.Client.PostJsonAsync("/api/v1/users", """{"name":"bob","role":"viewer"}""")).ShouldSucceedAsync();
        var again = await (await server.Client.PostJsonAsync("/api/v1/users", """{"name":"bob","role":"viewer"}""")).ShouldSucceedAsync();
        Assert.Equal(201, (int)again.StatusCode);
        Assert.Equal(first.Headers.Location, again.Headers.Location);
        Assert.Equal(await first.Content.ReadAsStringAsync(), await again.Content.ReadAsStringAsync());
        await (await server.Client.PostJsonAsync("/api/v1/users", """{"name":"eve","role":"viewer"}""")).ShouldRefuseAsync(422, "idempotency_key_reused");

        server.As(Role.Viewer).DefaultRequestHeaders.Add("Idempotency-Key", "k1");
        await (await server.As(Role.Viewer).PostJsonAsync("/api/v1/users", """{"name":"bob","role":"viewer"}""")).ShouldRefuseAsync(403, "missing_right");
    }
}
