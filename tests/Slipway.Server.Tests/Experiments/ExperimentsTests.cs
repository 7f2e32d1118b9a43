using System.Net;
using Slipway.Contracts;
using Slipway.Server.Experiments;
using Slipway.Server.Identity;
using Slipway.Server.Tests.Registry;
using Slipway.Testing;

namespace Slipway.Server.Tests.Experiments;

public sealed class ExperimentsTests
{
    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task An_experiment_is_created_found_changed_archived_and_restored(string database)
    {
        await using var server = await Databases.StartAsync(database);
        var created = await server.Client.PostJsonAsync("/api/v1/experiments", """{"name":"Churn – Größe","description":"why they leave","tags":{"team":"growth"}}""");
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        var experiment = await created.ReadAsync<ExperimentInfo>();
        Assert.Equal(("1", "Churn – Größe", "Active", 0), (experiment.Id, experiment.Name, experiment.Status, experiment.RunCount));
        Assert.Null(experiment.LastActivityAt);
        await (await server.Client.CreateExperimentAsync("Churn – Größe")).ShouldRefuseAsync(409, "experiment_already_exists");

        Assert.Equal("1", (await server.Client.GetAsync<ExperimentInfo>("/api/v1/experiments/Churn%20%E2%80%93%20Gr%C3%B6%C3%9Fe")).Id);
        var run = await server.Client.GivenRunAsync("1");
        experiment = await server.Client.GetAsync<ExperimentInfo>("/api/v1/experiments/1");
        Assert.Equal((1, run.StartedAt), (experiment.RunCount, experiment.LastActivityAt!.Value));

        var changed = await (await server.Client.SendJsonAsync(HttpMethod.Patch, "/api/v1/experiments/1", """{"description":"","tags":{},"status":"completed"}""")).ReadAsync<ExperimentInfo>();
        Assert.Equal((null, 0, "Completed"), (changed.Description, changed.Tags.Count, changed.Status));

        var archived = await (await server.Client.PostAsync("/api/v1/experiments/1/archive", null)).ReadAsync<ExperimentInfo>();
        Assert.Equal("Archived", archived.Status);
        Assert.Empty((await server.Client.GetAsync<Page<ExperimentInfo>>("/api/v1/experiments")).Items);
        Assert.Single((await server.Client.GetAsync<Page<ExperimentInfo>>("/api/v1/experiments?status=archived")).Items);
        await (await server.Client.PostJsonAsync("/api/v1/runs", """{"experiment":"1"}""")).ShouldRefuseAsync(409, "experiment_archived");
        await (await server.Client.CreateExperimentAsync("Churn – Größe")).ShouldRefuseAsync(409, "experiment_already_exists");
        Assert.Equal("Active", (await (await server.Client.PostAsync("/api/v1/experiments/1/restore", null)).ReadAsync<ExperimentInfo>()).Status);
        Assert.Equal(run.Id, (await server.Client.GetAsync<Page<RunInfo>>("/api/v1/experiments/1/runs")).Items.Single().Id);
    }

    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task Experiments_are_searched_filtered_sorted_and_paged(string database)
    {
        await using var server = await Databases.StartAsync(database);
        foreach (var name in new[] { "beta", "Alpha", "ÖL", "gamma" })
        {
            await (await server.Client.PostJsonAsync("/api/v1/experiments", $$$"""{"name":"{{{name}}}","tags":{"team":"{{{name.Length}}}"}}""")).ShouldSucceedAsync();
        }

        await server.Client.GivenRunAsync("Alpha");
        Assert.Equal(["ÖL"], await NamesAsync("q=öl"));
        Assert.Equal(["Alpha", "gamma"], await NamesAsync("tag=team%3D5&order=name"));
        Assert.Equal(["Alpha", "beta", "gamma", "ÖL"], await NamesAsync("order=name&tag=team"));
        Assert.Equal(["gamma", "ÖL", "Alpha", "beta"], await NamesAsync("order=-created"));
        Assert.Equal("Alpha", (await NamesAsync("order=-runs"))[0]);
        Assert.Equal("Alpha", (await NamesAsync(""))[0]);

        var paged = new List<string>();
        for (var token = ""; token is not null;)
        {
            var page = await server.Client.GetAsync<Page<ExperimentInfo>>($"/api/v1/experiments?order=name&limit=1&page_token={token}");
            paged.AddRange(page.Items.Select(e => e.Name));
            token = page.NextPageToken;
            if (paged is ["Alpha", "beta"])
            {
                await (await server.Client.PostAsync("/api/v1/experiments/beta/archive", null)).ShouldSucceedAsync();   // the mark of the next page matches no more
            }
        }

        Assert.Equal(["Alpha", "beta", "gamma", "ÖL"], paged);
        await (await server.Client.GetAsync("/api/v1/experiments?order=size")).ShouldRefuseAsync(400, "invalid_field");
        await (await server.Client.GetAsync("/api/v1/experiments?page_token=eA")).ShouldRefuseAsync(400, "page_token_invalid");

        async Task<List<string>> NamesAsync(string query) =>
            [.. (await server.Client.GetAsync<Page<ExperimentInfo>>($"/api/v1/experiments?{query}")).Items.Select(e => e.Name)];
    }

    [Theory]
    [InlineData("", false)]
    [InlineData(" churn", false)]
    [InlineData("churn ", false)]
    [InlineData("chu\u200Brn", false)]    // zero-width space
    [InlineData("\u202Enruhc", false)]    // turns the direction
    [InlineData("cafe\u0301", false)]     // looks like the next
    [InlineData("caf\u00E9", true)]
    [InlineData("a\nb", false)]
    [InlineData("\uE000", false)]         // private use
    [InlineData("\uD83D\uDE80 ship it", true)]
    public void A_name_that_looks_like_another_or_like_nothing_is_no_name(string name, bool isName) => Assert.Equal(isName, FreeText.IsName(name, 250));

    [Fact]
    public async Task Names_and_texts_end_at_their_limits()
    {
        await using var server = await TestServer.StartAsync();
        await (await server.Client.CreateExperimentAsync(new string('n', 250), new string('d', 5000))).ShouldSucceedAsync();
        await (await server.Client.CreateExperimentAsync(new string('n', 251))).ShouldRefuseAsync(400, "invalid_field");
        await (await server.Client.CreateExperimentAsync("x", new string('d', 5001))).ShouldRefuseAsync(400, "invalid_field");
        await (await server.Client.CreateExperimentAsync("42")).ShouldRefuseAsync(400, "invalid_field");   // could be the number of another
        await (await server.Client.CreateExperimentAsync("chu\u200Brn")).ShouldRefuseAsync(400, "invalid_field");
        await (await server.Client.PostJsonAsync("/api/v1/experiments", """{"name":"a\u0000b"}""")).ShouldRefuseAsync(400, "invalid_json");
        await (await server.Client.PostJsonAsync("/api/v1/experiments", """{"name":"x","tags":{"k":null}}""")).ShouldRefuseAsync(400, "invalid_field");
        Assert.Single((await server.Client.GetAsync<Page<ExperimentInfo>>("/api/v1/experiments")).Items);
    }

    [Fact]
    public async Task A_stale_change_and_a_viewer_are_refused()
    {
        await using var server = await TestServer.StartAsync();
        var experiment = await (await server.Client.CreateExperimentAsync("churn")).ReadAsync<ExperimentInfo>();
        await (await server.As(Role.Viewer).CreateExperimentAsync("mine")).ShouldRefuseAsync(403, "missing_right");
        await (await server.As(Role.Viewer).GetAsync("/api/v1/experiments/churn")).ShouldSucceedAsync();

        await (await server.Client.PostAsync("/api/v1/experiments/churn/archive", null)).ShouldSucceedAsync();
        var stale = new HttpRequestMessage(HttpMethod.Patch, "/api/v1/experiments/churn") { Content = new StringContent("""{"name":"new"}""", System.Text.Encoding.UTF8, "application/json") };
        stale.Headers.TryAddWithoutValidation("If-Match", experiment.Etag);
        await (await server.Client.SendAsync(stale)).ShouldRefuseAsync(412, "stale_etag");
        await (await server.Client.GetAsync("/api/v1/experiments/nobody")).ShouldRefuseAsync(404, "experiment_not_found");
    }
}
