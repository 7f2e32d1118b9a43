using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Testing;

namespace Slipway.Server.Tests.Identity;

/// <summary>Walks every registered route, whoever registered it.</summary>
public sealed class RouteWalkTests
{
    [Fact]
    public async Task Every_route_has_a_rule()
    {
        await using var server = await TestServer.StartAsync();
        Assert.Empty(RoutesOf(server).Where(r => r.Rule is null).Select(r => $"{r.Method} {r.Path}"));
    }

    [Fact]
    public async Task Without_identity_every_route_answers_401_unless_it_is_open()
    {
        await using var server = await TestServer.StartAsync();
        var wrong = new List<string>();
        foreach (var route in RoutesOf(server).Where(r => r.Rule?.OpenBecause is null))
        {
            foreach (var authorization in new[] { null, "Bearer slw_nobody", "Basic !!!", "Negotiate x" })
            {
                using var response = await SendAsync(server.Anonymous, route, authorization);
                // Dialects keep their shape of an error.
                var form = response.Content.Headers.ContentType?.MediaType;
                if ((int)response.StatusCode != 401 || (form != "application/problem+json" && !((route.Rule?.Right == Right.Predict || IsOpenInference(route.Path)) && form == "application/json")))
                {
                    wrong.Add($"{route.Method} {route.Path} with {authorization ?? "nothing"}: {(int)response.StatusCode}");
                }
            }
        }

        Assert.Empty(wrong);
    }

    [Theory]
    [InlineData(Role.Viewer)]
    [InlineData(Role.Analyst)]
    [InlineData(Role.Manager)]
    internal async Task Who_lacks_the_right_of_a_route_gets_403_that_names_it(Role role)
    {
        await using var server = await TestServer.StartAsync();
        var guarded = RoutesOf(server).Where(r => r.Rule is { Right: { } right } && Rights.Of(role, right) == Grant.No).ToList();
        foreach (var route in guarded)
        {
            using var response = await SendAsync(server.As(role), route, null);
            var problem = await response.ShouldRefuseAsync(403, "missing_right");
            Assert.Contains($"'{route.Rule!.Right!.Value.WireName()}'", problem.Detail, StringComparison.Ordinal);
        }

        Assert.NotEmpty(guarded);
    }

    [Fact]
    public async Task A_key_that_may_only_predict_reaches_nothing_else()
    {
        await using var server = await TestServer.StartAsync();
        using var client = await server.UserAsync("robot", Role.Administrator, KeyScope.Predict);
        foreach (var route in RoutesOf(server).Where(r => r.Rule is { Right: { } right, OrRight: not Right.Predict } && right is not (Right.Predict or Right.SignedIn)))
        {
            using var response = await SendAsync(client, route, null);
            if (IsOpenInference(route.Path))
            {
                Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
                Assert.Equal("missing_scope", (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("code").GetString());
                continue;
            }

            if (route.Method == HttpMethods.Head)
            {
                Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);   // of its answer only the head comes
                continue;
            }

            await response.ShouldRefuseAsync(403, "missing_scope");
        }
    }

    [Fact]
    public async Task Every_literal_first_segment_is_a_reserved_name()
    {
        await using var server = await TestServer.StartAsync();
        var literals = server.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Select(e => e.RoutePattern.PathSegments.FirstOrDefault()?.Parts)
            .Where(parts => parts is [Microsoft.AspNetCore.Routing.Patterns.RoutePatternLiteralPart])
            .Select(parts => ((Microsoft.AspNetCore.Routing.Patterns.RoutePatternLiteralPart)parts![0]).Content).Distinct();
        Assert.Empty(literals.Except(ScopeNames.Reserved));
    }

    [Fact]
    public async Task The_route_table_lists_every_route_with_its_right()
    {
        await using var server = await TestServer.StartAsync();
        var listed = await server.Client.GetAsync<Page<RouteInfo>>("/api/v1/system/routes");
        Assert.Equal(RoutesOf(server).Select(r => (r.Method, r.Path)).Order(), listed.Items.Select(r => (r.Method, r.Path)).Order());
        Assert.Contains(listed.Items, r => r is { Method: "DELETE", Path: "/api/v1/users/{name}", Right: "administer" });
        Assert.Contains(listed.Items, r => r is { Path: "/health/live", Right: null, OpenBecause: not null });
    }

    private static bool IsOpenInference(string path) => path.StartsWith("/v2", StringComparison.Ordinal) || path.StartsWith("/{scope}/v2", StringComparison.Ordinal);

    private static List<(string Method, string Path, RouteRule? Rule)> RoutesOf(TestServer server) =>
    [
        .. server.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>().SelectMany(e =>
            (e.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["*"]).Select(m => (m, "/" + e.RoutePattern.RawText!.TrimStart('/'), e.Metadata.GetMetadata<RouteRule>()))),
    ];

    private static async Task<HttpResponseMessage> SendAsync(HttpClient client, (string Method, string Path, RouteRule? Rule) route, string? authorization)
    {
        var path = System.Text.RegularExpressions.Regex.Replace(
            route.Path, @"\{[^}]*\}", m => m.Value.Contains(":guid", StringComparison.Ordinal) ? Guid.Empty.ToString() : m.Value.Contains(":int", StringComparison.Ordinal) || m.Value.Contains(":long", StringComparison.Ordinal) ? "1" : "x",
            System.Text.RegularExpressions.RegexOptions.None, TimeSpan.FromSeconds(1));
        using var request = new HttpRequestMessage(new HttpMethod(route.Method == "*" ? "POST" : route.Method), path);
        if (request.Method != HttpMethod.Get && request.Method != HttpMethod.Delete)
        {
            request.Content = new StringContent("{}", Encoding.UTF8, "application/json");
        }

        if (authorization is not null)
        {
            request.Headers.Authorization = AuthenticationHeaderValue.Parse(authorization);
        }

        return await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }
}
