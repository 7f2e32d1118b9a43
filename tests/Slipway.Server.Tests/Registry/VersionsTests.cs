using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;
using Slipway.Server.Registry;
using Slipway.Server.Tests.Experiments;
using Slipway.Testing;

namespace Slipway.Server.Tests.Registry;

public sealed class VersionsTests
{
    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task Versions_made_at_once_get_different_numbers_without_gaps_and_a_deleted_number_never_comes_back(string database)
    {
        await using var server = await Databases.StartAsync(database);
        await server.Client.RegisterAsync("churn");

        var made = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => server.Client.PushedAsync("churn", ("data.csv", $"{i}"))));
        Assert.Equal(Enumerable.Range(1, 16), made.Select(v => v.Version).Order());

        Assert.Equal(HttpStatusCode.NoContent, (await server.Client.DeleteAsync("/api/v1/models/churn/versions/v16")).StatusCode);
        Assert.Equal(17, (await server.Client.PushedAsync("churn", ("data.csv", "again"))).Version);
        await (await server.Client.GetAsync("/api/v1/models/churn/versions/16")).ShouldRefuseAsync(404, "version_not_found");
        Assert.Equal(17, (await server.Client.GetAsync<ModelInfo>("/api/v1/models/churn")).LatestVersion);
    }

    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task Number_v_number_and_label_name_one_version_and_a_label_is_unique_in_its_model(string database)
    {
        await using var server = await Databases.StartAsync(database);
        var labelled = new CreateVersionRequest("", "why", "v2.1.0", new Dictionary<string, string> { ["team"] = "risk" });
        await (await server.Client.PushAsync("churn", labelled, ("a", "1"))).ShouldSucceedAsync();

        foreach (var reference in new[] { "1", "v1", "v2.1.0" })
        {
            var version = await server.Client.GetAsync<ModelVersionInfo>($"/api/v1/models/churn/versions/{reference}");
            Assert.Equal((1, "why", "risk"), (version.Version, version.Description, version.Metadata["team"]));
        }

        await (await server.Client.PushAsync("churn", labelled, ("a", "2"))).ShouldRefuseAsync(409, "label_taken");
        await (await server.Client.PushAsync("churn", labelled with { Label = "v3" }, ("a", "2"))).ShouldRefuseAsync(400, "invalid_field");
        await (await server.Client.GetAsync("/api/v1/models/churn/versions/99999999999")).ShouldRefuseAsync(404, "version_not_found");
        await (await server.Client.GetAsync("/api/v1/models/churn/versions/@champion")).ShouldRefuseAsync(404, "version_not_found");
    }

    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task Versions_are_found_by_the_beginning_of_their_number_by_label_alias_and_stage_page_by_page(string database)
    {
        await using var server = await Databases.StartAsync(database);
        foreach (var i in Enumerable.Range(1, 12))
        {
            await (await server.Client.PushAsync("churn", new CreateVersionRequest("", null, i == 7 ? "Spring-12" : null), ("data.csv", $"{i}"))).ShouldSucceedAsync();
        }

        await (await server.Client.SendJsonAsync(HttpMethod.Put, "/api/v1/models/churn/aliases/Champion", """{"version":"3"}""")).ShouldSucceedAsync();
        await (await server.Client.PostJsonAsync("/api/v1/models/churn/versions/2/stage", """{"stage":"Staging"}""")).ShouldSucceedAsync();

        foreach (var (query, found) in new[]
        {
            ("q=1", "12, 11, 10, 7, 1"), ("q=v12", "12"), ("q=12", "12, 7"), ("q=sPRING", "7"), ("q=champ", "3"), ("q=%40CHAMP", "3"), ("q=%40spring", ""), ("q=%25", ""),
            ("stage=staging", "2"), ("stage=staging&q=1", ""), ("runnable=true", ""), ("runnable=false&q=v1", "12, 11, 10, 1"),
        })
        {
            var page = await server.Client.GetAsync<Page<ModelVersionInfo>>($"/api/v1/models/churn/versions?{query}");
            Assert.Equal((query, found), (query, string.Join(", ", page.Items.Select(v => v.Version))));
        }

        await (await server.Client.GetAsync("/api/v1/models/churn/versions?stage=7")).ShouldRefuseAsync(400, "invalid_field");

        var first = await server.Client.GetAsync<Page<ModelVersionInfo>>("/api/v1/models/churn/versions?q=v1&limit=3");
        var rest = await server.Client.GetAsync<Page<ModelVersionInfo>>($"/api/v1/models/churn/versions?q=v1&limit=3&page_token={first.NextPageToken}");
        Assert.Equal([12, 11, 10], first.Items.Select(v => v.Version));
        Assert.Equal(1, Assert.Single(rest.Items).Version);
        Assert.Null(rest.NextPageToken);
    }

    [Fact]
    public async Task Metadata_has_at_most_six_short_pairs()
    {
        await using var server = await TestServer.StartAsync();
        var seven = Enumerable.Range(0, 7).ToDictionary(i => $"k{i}", i => "v");
        await (await server.Client.PushAsync("m", new CreateVersionRequest("", Metadata: seven), ("a", "1"))).ShouldRefuseAsync(400, "invalid_field");
        await (await server.Client.PushAsync("m", new CreateVersionRequest("", Metadata: new Dictionary<string, string> { [new string('k', 21)] = "v" }), ("a", "1"))).ShouldRefuseAsync(400, "invalid_field");
    }

    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task A_deleted_version_takes_its_content_with_it_but_not_what_another_has(string database)
    {
        await using var server = await Databases.StartAsync(database);
        await server.Client.PushedAsync("churn", ("shared", "both"), ("own", "only the first"));
        var before = await Traces.OfAsync(server);
        await server.Client.PushedAsync("churn", ("shared", "both"), ("own", "only the second"));

        await server.Client.DeleteAsync("/api/v1/models/churn/versions/2");

        Assert.Equal(before, await Traces.OfAsync(server));
        Assert.Equal("both", await server.Client.GetStringAsync("/api/v1/models/churn/versions/1/files/shared"));
    }

    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task A_version_in_Production_or_in_use_cannot_be_deleted_nor_its_model(string database)
    {
        await using var server = await Databases.StartAsync(database, services => services.AddSingleton<IVersionUse>(new UseOf("production/churn")));
        var used = await server.Client.PushedAsync("churn", ("a", "1"));
        var problem = await (await server.Client.DeleteAsync($"/api/v1/models/churn/versions/{used.Version}")).ShouldRefuseAsync(409, "version_in_use");
        Assert.Contains("production/churn", problem.Detail);

        await server.Services.GetRequiredService<Writes>().RunAsync(
            async (db, token) =>
            {
                await db.Set<ModelVersion>().ExecuteUpdateAsync(v => v.SetProperty(x => x.Stage, Stage.Production), token);
                return Result.Done;
            },
            CancellationToken.None);
        await (await server.Client.DeleteAsync("/api/v1/models/churn/versions/1")).ShouldRefuseAsync(409, "version_in_production");
        await (await server.Client.DeleteAsync("/api/v1/models/churn")).ShouldRefuseAsync(409, "version_in_production");
        Assert.Equal(1, (await server.Client.GetAsync<ModelInfo>("/api/v1/models/churn")).ProductionVersion);
        Assert.Single((await server.Client.GetAsync<Page<ModelInfo>>("/api/v1/models?stage=production")).Items);
    }

    [Fact]
    public async Task An_analyst_deletes_only_what_is_their_own_and_no_model()
    {
        await using var server = await TestServer.StartAsync();
        await server.Client.PushedAsync("churn", ("a", "1"));
        await server.As(Role.Analyst).PushedAsync("churn", ("a", "2"));

        Assert.Equal(HttpStatusCode.Forbidden, (await server.As(Role.Analyst).DeleteAsync("/api/v1/models/churn/versions/1")).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await server.As(Role.Analyst).DeleteAsync("/api/v1/models/churn/versions/2")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await server.As(Role.Manager).DeleteAsync("/api/v1/models/churn")).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await server.Client.DeleteAsync("/api/v1/models/churn")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await server.As(Role.Viewer).RegisterAsync("x")).StatusCode);
    }

    [Fact]
    public async Task Files_are_read_whole_or_in_ranges_and_a_path_that_is_none_of_them_is_404()
    {
        await using var server = await TestServer.StartAsync();
        var content = new string('a', 70_000) + "end";
        await server.Client.PushedAsync("m", ("dir/some file.txt", content));
        const string url = "/api/v1/models/m/versions/1/files/dir/some%20file.txt";

        Assert.Equal(content, await server.Client.GetStringAsync(url));
        var ranged = new HttpRequestMessage(HttpMethod.Get, url) { Headers = { Range = new RangeHeaderValue(69_999, null) } };
        var part = await server.Client.SendAsync(ranged);
        Assert.Equal((HttpStatusCode.PartialContent, "aend"), (part.StatusCode, await part.Content.ReadAsStringAsync()));
        Assert.Equal("attachment", part.Content.Headers.ContentDisposition!.DispositionType);

        foreach (var bad in new[] { "dir", "/etc/passwd", "%2e%2e/%2e%2e/master.key", "%252e%252e/master.key", "%2e%2e/%2e%2e/%2e%2e/m/versions/1/files/dir", "..%2f..%2fmaster.key", "dir%5csome%20file.txt" })
        {
            var address = $"/api/v1/models/m/versions/1/files/{bad}";
            Assert.True((await server.Client.GetAsync(address)).StatusCode is HttpStatusCode.NotFound or HttpStatusCode.BadRequest, bad);
            Assert.Contains(await RawRequest.SendAsync(server, "GET", address), new[] { 400, 404 });   // as it is written
            Assert.Contains(await RawRequest.SendAsync(server, "PUT", address), new[] { 400, 404, 405 });
        }
    }

    private sealed class UseOf(string deployment) : IVersionUse
    {
        public Task<IReadOnlyList<string>> WhereUsedAsync(SlipwayDbContext db, IReadOnlyCollection<Guid> versions, CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<string>>([$"deployment {deployment}"]);
    }
}
