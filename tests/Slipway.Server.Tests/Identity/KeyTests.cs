using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
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

    [Fact]
    public async Task A_user_has_at_most_five_keys_that_work()
    {
        await using var server = await TestServer.StartAsync();
        var client = server.As(Role.Analyst);   // whose key is the first
        CreatedKey? made = null;
        for (var i = 2; i <= 5; i++)
        {
            made = await (await client.PostJsonAsync("/api/v1/keys", """{"name":"k","expires_in_days":180}""")).ReadAsync<CreatedKey>();
        }

        var refused = await (await client.PostJsonAsync("/api/v1/keys", """{"name":"sixth"}""")).ShouldRefuseAsync(409, "too_many_keys");
        Assert.Equal((5, 5), (refused.Limit, refused.Current));
        await (await server.Client.PostJsonAsync("/api/v1/keys", """{"name":"sixth","user":"test-analyst"}""")).ShouldRefuseAsync(409, "too_many_keys");
        await (await client.DeleteAsync($"/api/v1/keys/{made!.Info.Id}")).ShouldSucceedAsync();
        await (await client.PostJsonAsync("/api/v1/keys", """{"name":"sixth"}""")).ShouldSucceedAsync();
    }

    [Fact]
    public async Task The_header_of_a_project_names_one_that_is_there()
    {
        await using var server = await TestServer.StartAsync();
        foreach (var (project, code) in new[] { ("default", null), ("01900000-0000-7000-8000-000000000001", null), ("", null), ("other", "project_not_found") })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/models");
            request.Headers.Add("X-Project-ID", project);
            var answer = await server.Client.SendAsync(request);
            if (code is null)
            {
                await answer.ShouldSucceedAsync();
            }
            else
            {
                await answer.ShouldRefuseAsync(404, code);
            }
        }
    }

    [Fact]
    public async Task Somebody_elses_key_is_as_if_it_were_not_there()
    {
        await using var server = await TestServer.StartAsync();
        var created = await (await server.As(Role.Analyst).PostJsonAsync("/api/v1/keys", """{"name":"mine"}""")).ReadAsync<CreatedKey>();
        var theirs = await (await server.As(Role.Manager).DeleteAsync($"/api/v1/keys/{created.Info.Id}")).ShouldRefuseAsync(404, "key_not_found");
        var absent = await (await server.As(Role.Manager).DeleteAsync($"/api/v1/keys/{Guid.NewGuid()}")).ShouldRefuseAsync(404, "key_not_found");
        Assert.Equal(absent with { RequestId = null }, theirs with { RequestId = null });
        await (await server.As(Role.Manager).GetAsync("/api/v1/keys?user=test-analyst")).ShouldRefuseAsync(403, "missing_right");
        await (await server.As(Role.Manager).PostJsonAsync("/api/v1/keys", """{"name":"x","user":"admin"}""")).ShouldRefuseAsync(403, "missing_right");
    }

    [Fact]
    public async Task A_key_cannot_make_one_that_may_more_or_lives_longer()
    {
        await using var server = await TestServer.StartAsync();
        using var write = await server.UserAsync("test-manager", Role.Manager, KeyScope.Write);
        await (await write.PostJsonAsync("/api/v1/keys", """{"name":"x"}""")).ShouldRefuseAsync(400, "invalid_field");
        await (await write.PostJsonAsync("/api/v1/keys", """{"name":"x","scopes":["predict"]}""")).ShouldRefuseAsync(400, "invalid_field");
        await (await write.PostJsonAsync("/api/v1/keys", """{"name":"x","scopes":["write"]}""")).ReadAsync<CreatedKey>();

        var brief = await (await server.As(Role.Manager).PostJsonAsync("/api/v1/keys", """{"name":"brief","expires_in_days":1}""")).ReadAsync<CreatedKey>();
        using var client = server.WithKey(brief.Key);
        await (await client.PostJsonAsync("/api/v1/keys", """{"name":"x"}""")).ShouldRefuseAsync(400, "invalid_field");
        await (await client.PostJsonAsync("/api/v1/keys", """{"name":"x","expires_in_days":2}""")).ShouldRefuseAsync(400, "invalid_field");
    }

    [Fact]
    public async Task A_key_expires_to_the_second_and_its_last_use_is_kept()
    {
        var time = new ManualTimeProvider();
        await using var server = await TestServer.StartAsync(services: s => s.AddSingleton<TimeProvider>(time));
        var created = await (await server.Client.PostJsonAsync("/api/v1/keys", """{"name":"day","expires_in_days":1}""")).ReadAsync<CreatedKey>();
        using var client = server.WithKey(created.Key);
        time.Advance(TimeSpan.FromDays(1) - TimeSpan.FromSeconds(1));
        await (await client.GetAsync("/api/v1/session")).ShouldSucceedAsync();
        await server.Services.GetServices<IHostedService>().OfType<KeyUseWriter>().Single().WriteAsync(CancellationToken.None);
        var listed = (await server.Client.GetAsync<Page<KeyInfo>>("/api/v1/keys")).Items.Single(k => k.Id == created.Info.Id);
        Assert.Equal(time.GetUtcNow(), listed.LastUsedAt);

        time.Advance(TimeSpan.FromSeconds(1));
        await (await client.GetAsync("/api/v1/session")).ShouldRefuseAsync(401, "key_expired");
    }

    [Fact]
    public async Task The_database_holds_no_key()
    {
        await using var server = await TestServer.StartAsync();
        var key = await server.KeyAsync("carl", Role.Viewer);
        foreach (var file in Directory.EnumerateFiles(server.DataFolder, "slipway.db*"))
        {
            await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var reader = new StreamReader(stream, Encoding.Latin1);
            Assert.DoesNotContain(key, await reader.ReadToEndAsync(), StringComparison.Ordinal);
        }
    }

    private static async Task<HttpResponseMessage> SessionWithAsync(TestServer server, string authorization)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/session");
        request.Headers.Authorization = AuthenticationHeaderValue.Parse(authorization);
        return await server.Anonymous.SendAsync(request);
    }

    [Fact]
    public async Task A_key_that_may_only_predict_reads_what_Open_Inference_clients_ask_first()
    {
        await using var server = await TestServer.StartAsync();
        var created = await (await server.As(Role.Analyst).PostJsonAsync("/api/v1/keys", """{"name":"only predicts","scopes":["predict"]}""")).ReadAsync<CreatedKey>();
        using var client = server.WithKey(created.Key);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/v2")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync("/v2/models/none")).StatusCode);          // no such deployment: it may ask
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync("/v2/models/none/ready")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await client.GetAsync("/v2/models/stats")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await client.GetAsync("/api/v1/models")).StatusCode);
    }
}
