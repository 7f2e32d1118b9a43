using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Testing;

namespace Slipway.Server.Tests.Identity;

public sealed class SessionTests
{
    [Fact]
    public async Task The_first_start_leaves_a_link_and_a_key_in_a_private_file_and_the_link_works_once()
    {
        await using var server = await TestServer.StartAsync();
        var path = Path.Combine(server.DataFolder, FirstStart.FileName);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        using var file = JsonDocument.Parse(await File.ReadAllTextAsync(path));
        var url = new Uri(file.RootElement.GetProperty("sign_in_url").GetString()!);
        Assert.Equal(server.Address.Authority, url.Authority);

        using var withKey = server.WithKey(file.RootElement.GetProperty("key").GetString()!);
        Assert.Equal("administrator", (await withKey.GetAsync<SessionInfo>("/api/v1/session")).Role);

        var token = url.Query["?token=".Length..];
        var answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => server.Anonymous.PostJsonAsync("/api/v1/session/redeem", $$"""{"token":"{{token}}"}""")));
        Assert.Single(answers, a => a.StatusCode == HttpStatusCode.OK);
        foreach (var refused in answers.Where(a => a.StatusCode != HttpStatusCode.OK))
        {
            await refused.ShouldRefuseAsync(401, "sign_in_link_invalid");
        }
    }

    [Fact]
    public async Task A_browser_session_writes_only_with_its_token_and_ends_at_once()
    {
        await using var server = await TestServer.StartAsync();
        using var browser = await SignInAsync(server, "test-manager");
        var info = await browser.GetAsync<SessionInfo>("/api/v1/session");

        await (await browser.PostJsonAsync("/api/v1/keys", """{"name":"k"}""")).ShouldRefuseAsync(403, "csrf_token_missing");
        browser.DefaultRequestHeaders.Add("Slipway-Csrf", "guess");
        await (await browser.PostJsonAsync("/api/v1/keys", """{"name":"k"}""")).ShouldRefuseAsync(403, "csrf_token_missing");
        browser.DefaultRequestHeaders.Remove("Slipway-Csrf");
        browser.DefaultRequestHeaders.Add("Slipway-Csrf", info.CsrfToken);
        await (await browser.PostJsonAsync("/api/v1/keys", """{"name":"k"}""")).ReadAsync<CreatedKey>();

        await (await browser.DeleteAsync("/api/v1/session")).ShouldSucceedAsync();
        await (await browser.GetAsync("/api/v1/session")).ShouldRefuseAsync(401, "unauthenticated");
    }

    [Fact]
    public async Task The_cookie_is_kept_from_scripts_and_from_other_sites()
    {
        await using var server = await TestServer.StartAsync();
        var response = await RedeemAsync(server, server.Anonymous, "test-viewer");
        var cookie = response.Headers.GetValues("Set-Cookie").Single();
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=strict", cookie, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_password_signs_in_and_guessing_is_slowed_down()
    {
        await using var server = await TestServer.StartAsync();
        using var browser = await SignInAsync(server, "test-analyst");
        browser.DefaultRequestHeaders.Add("Slipway-Csrf", (await browser.GetAsync<SessionInfo>("/api/v1/session")).CsrfToken);
        await (await browser.SendJsonAsync(HttpMethod.Put, "/api/v1/session/password", """{"new_password":"short"}""")).ShouldRefuseAsync(400, "invalid_field");
        await (await browser.SendJsonAsync(HttpMethod.Put, "/api/v1/session/password", """{"new_password":"correct horse battery"}""")).ShouldSucceedAsync();
        await (await browser.SendJsonAsync(HttpMethod.Put, "/api/v1/session/password", """{"new_password":"another long one"}""")).ShouldRefuseAsync(400, "invalid_field");

        Task<HttpResponseMessage> Try(string user, string password) => server.Anonymous.PostJsonAsync("/api/v1/session", $$"""{"user":"{{user}}","password":"{{password}}"}""");
        Assert.Equal("test-analyst", (await (await Try("test-analyst", "correct horse battery")).ReadAsync<SessionInfo>()).User);
        await (await Try("nobody-at-all", "correct horse battery")).ShouldRefuseAsync(401, "sign_in_failed");
        for (var i = 0; i < 5; i++)
        {
            await (await Try("test-analyst", "wrong")).ShouldRefuseAsync(401, "sign_in_failed");
        }

        var throttled = await Try("test-analyst", "correct horse battery");
        await throttled.ShouldRefuseAsync(429, "sign_in_throttled");
        Assert.NotNull(throttled.Headers.RetryAfter);
    }

    [Fact]
    public async Task A_link_is_good_for_fifteen_minutes()
    {
        var time = new ManualTimeProvider();
        await using var server = await TestServer.StartAsync(services: s => s.AddSingleton<TimeProvider>(time));
        var link = await (await server.Client.PostAsync("/api/v1/users/test-viewer/sign-in-link", null)).ReadAsync<SignInLink>();
        time.Advance(SignInToken.Lifetime);
        await (await server.Anonymous.PostJsonAsync("/api/v1/session/redeem", $$"""{"token":"{{link.Url[(link.Url.IndexOf('=') + 1)..]}}"}""")).ShouldRefuseAsync(401, "sign_in_link_invalid");
    }

    private static async Task<HttpClient> SignInAsync(TestServer server, string user)
    {
        var browser = new HttpClient(new HttpClientHandler { CookieContainer = new CookieContainer(), UseCookies = true }) { BaseAddress = server.Address };
        await (await RedeemAsync(server, browser, user)).ShouldSucceedAsync();
        return browser;
    }

    private static async Task<HttpResponseMessage> RedeemAsync(TestServer server, HttpClient browser, string user)
    {
        var link = await (await server.Client.PostAsync($"/api/v1/users/{user}/sign-in-link", null)).ReadAsync<SignInLink>();
        return await browser.PostJsonAsync("/api/v1/session/redeem", $$"""{"token":"{{link.Url[(link.Url.IndexOf('=') + 1)..]}}"}""");
    }
}
