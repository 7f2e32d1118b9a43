using System.Net;
using System.Net.Http.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;
using Slipway.Testing;

namespace Slipway.Server.Tests.Registry;

public sealed class ModelsTests
{
    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task Search_finds_parts_of_name_and_description_without_regard_to_case_beyond_ASCII_too(string database)
    {
        await using var server = await Databases.StartAsync(database);
        await server.Client.RegisterAsync("Churn", "Äpfel, ΣΊΣΥΦΟΣ, 100% \\ _x_", "bank", "tabular");
        await server.Client.RegisterAsync("fraud", "straße", "bank");

        Assert.Equal(["Churn"], await NamesAsync(server, "q=hUR"));
        Assert.Equal(["Churn"], await NamesAsync(server, "q=äPFEL"));
        Assert.Equal(["Churn"], await NamesAsync(server, "q=σίσυφος"));
        Assert.Equal(["Churn"], await NamesAsync(server, "q=100%25%20%5C"));
        Assert.Equal([], await NamesAsync(server, "q=_y_"));
        Assert.Equal(["fraud"], await NamesAsync(server, "q=STRAßE"));
        Assert.Equal(["Churn", "fraud"], await NamesAsync(server, "tag=bank"));
        Assert.Equal(["Churn"], await NamesAsync(server, "tag=bank&tag=tabular"));
        Assert.Equal([], await NamesAsync(server, "stage=production"));
        await (await server.Client.GetAsync("/api/v1/models?stage=7")).ShouldRefuseAsync(400, "invalid_field");
        Assert.Equal(HttpStatusCode.BadRequest, (await server.Client.GetAsync("/api/v1/models?q=%00")).StatusCode);
    }

    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task Lists_are_paged_by_name_and_names_are_unique(string database)
    {
        await using var server = await Databases.StartAsync(database);
        var added = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => server.Client.RegisterAsync($"m{i % 6}")));
        Assert.Equal(6, added.Count(r => r.StatusCode == HttpStatusCode.Created));
        foreach (var refused in added.Where(r => r.StatusCode != HttpStatusCode.Created))
        {
            await refused.ShouldRefuseAsync(409, "model_already_exists");
        }

        var first = await server.Client.GetAsync<Page<ModelInfo>>("/api/v1/models?limit=4");
        var second = await server.Client.GetAsync<Page<ModelInfo>>($"/api/v1/models?limit=4&page_token={first.NextPageToken}");

        Assert.Equal(["m0", "m1", "m2", "m3"], first.Items.Select(m => m.Name));
        Assert.Equal(["m4", "m5"], second.Items.Select(m => m.Name));
        Assert.Null(second.NextPageToken);
    }

    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task Names_that_differ_in_case_are_two_models_on_every_database(string database)
    {
        await using var server = await Databases.StartAsync(database);
        await (await server.Client.RegisterAsync("Churn", "the first")).ShouldSucceedAsync();
        await (await server.Client.RegisterAsync("churn", "the second")).ShouldSucceedAsync();
        await server.Client.PushedAsync("churn", ("a", "1"));

        Assert.Equal(["Churn", "churn"], await NamesAsync(server, "limit=10"));
        Assert.Equal(["Churn", "churn"], await NamesAsync(server, "q=CHURN"));
        Assert.Equal(("the first", null), (await server.Client.GetAsync<ModelInfo>("/api/v1/models/Churn")) is var first ? (first.Description, first.LatestVersion) : default);
        Assert.Equal("the second", (await server.Client.GetAsync<ModelInfo>("/api/v1/models/churn")).Description);
        await (await server.Client.GetAsync("/api/v1/models/CHURN")).ShouldRefuseAsync(404, "model_not_found");
        await (await server.Client.GetAsync("/api/v1/models/Churn/versions/1")).ShouldRefuseAsync(404, "version_not_found");
        await (await server.Client.RegisterAsync("churn")).ShouldRefuseAsync(409, "model_already_exists");

        await (await server.Client.DeleteAsync("/api/v1/models/churn")).ShouldSucceedAsync();
        Assert.Equal(["Churn"], await NamesAsync(server, "limit=10"));
    }

    [Fact]
    public async Task Description_and_tags_change_and_what_is_left_out_stays()
    {
        await using var server = await TestServer.StartAsync();
        await server.Client.RegisterAsync("churn", "first", "a", "b");

        var changed = await (await server.Client.PatchAsJsonAsync("/api/v1/models/churn", new UpdateModelRequest(Tags: ["b", "c"]), ContractsJson.Default.UpdateModelRequest)).ReadAsync<ModelInfo>();

        Assert.Equal(("first", "b,c"), (changed.Description, string.Join(',', changed.Tags)));
        await using var db = server.Services.GetRequiredService<Database>().Read();
        var trail = await db.Set<AuditEntry>().Where(e => e.Resource == "churn").OrderBy(e => e.Sequence).Select(e => e.Action).ToListAsync();
        Assert.Equal(["model.registered", "model.updated"], trail);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-x")]
    [InlineData("a b")]
    [InlineData("ä")]
    [InlineData("a/b")]
    [InlineData("x\n")]
    public async Task A_name_that_breaks_the_rule_is_refused(string name)
    {
        await using var server = await TestServer.StartAsync();
        await (await server.Client.RegisterAsync(name)).ShouldRefuseAsync(400, "invalid_field");
    }

    private static async Task<IEnumerable<string>> NamesAsync(TestServer server, string query) =>
        (await server.Client.GetAsync<Page<ModelInfo>>($"/api/v1/models?{query}")).Items.Select(m => m.Name);
}
