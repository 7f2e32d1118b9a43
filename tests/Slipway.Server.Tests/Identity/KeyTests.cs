using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Testing;

namespace Slipway.Server.Tests.Identity;

public sealed class KeyTests
{
    [Fact]
    public async Task A_key_works_at_once_in_every_scheme_and_not_at_all_once_revoked()
    {
        await using var server = await TestServer.StartAsync();
        var created = await (await server.As(Role.Analyst).PostJsonAsync("/api/v1/keys", """{"name":"laptop"}""")).ReadAsync<CreatedKey>();
        var basic = Convert.ToBase64String(Encoding.UTF8.GetBytes("test-analyst:" + created.Key));
        string[] headers = [$"Bearer {created.Key}", $"Api-Key {created.Key}", $"Basic {basic}"];

        foreach (var header in headers)
        {
            Assert.Equal(HttpStatusCode.OK, (await SessionWithAsync(server, header)).StatusCode);
        }

        await (await server.As(Role.Analyst).DeleteAsync($"/api/v1/keys/{created.Info.Id}")).ShouldSucceedAsync();
        foreach (var header in headers)
        {
            await (await SessionWithAsync(server, header)).ShouldRefuseAsync(401, "key_unknown");
        }
    }

    [Fact]
    public async Task Lists_show_a_prefix_and_never_the_key()
    {
        await using var server = await TestServer.StartAsync();
        var created = await (await server.As(Role.Viewer).PostJsonAsync("/api/v1/keys", """{"name":"one","scopes":["read"],"expires_in_days":30}""")).ReadAsync<CreatedKey>();
        var text = await server.As(Role.Viewer).GetStringAsync("/api/v1/keys?limit=1");
        var all = await server.As(Role.Viewer).GetAsync<Page<KeyInfo>>("/api/v1/keys");

        Assert.DoesNotContain(created.Key, text);
        Assert.Contains(all.Items, k => k.Id == created.Info.Id && created.Key.StartsWith(k.Prefix, StringComparison.Ordinal) && k.Scopes.SequenceEqual(["read"]));
        var first = await server.As(Role.Viewer).GetAsync<Page<KeyInfo>>("/api/v1/keys?limit=1");
        var second = await server.As(Role.Viewer).GetAsync<Page<KeyInfo>>($"/api/v1/keys?limit=1&page_token={first.NextPageToken}");
        Assert.Equal(all.Items.Select(k => k.Id), first.Items.Concat(second.Items).Select(k => k.Id));
        Assert.Null(second.NextPageToken);
    }

    private static async Task<HttpResponseMessage> SessionWithAsync(TestServer server, string authorization)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/session");
        request.Headers.Authorization = AuthenticationHeaderValue.Parse(authorization);
        return await server.Anonymous.SendAsync(request);
    }
}
