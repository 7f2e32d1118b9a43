using Microsoft.Extensions.DependencyInjection;
using Slipway.Contracts;
using Slipway.Server.Platform;
using Slipway.Server.Registry;
using Slipway.Testing;

namespace Slipway.Server.Tests.Registry;

public sealed class ComparisonTests
{
    [Theory]
    [InlineData("val_loss", true)]
    [InlineData("trainLogLoss", true)]
    [InlineData("logloss", true)]
    [InlineData("RMSE", true)]
    [InlineData("rmse@10", true)]
    [InlineData("mean_absolute_error", true)]
    [InlineData("meanSquaredError", true)]
    [InlineData("p95 latency ms", true)]
    [InlineData("perplexity", true)]
    [InlineData("accuracy", false)]
    [InlineData("f1", false)]
    [InlineData("AUC", false)]
    [InlineData("lossless_ratio", false)]   // a word, not a part of one
    [InlineData("maestro", false)]
    [InlineData("", false)]
    public void Whether_less_is_better_is_guessed_from_the_words_of_a_name(string metric, bool lower) => Assert.Equal(lower, MetricDirection.LowerIsBetter(metric));

    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task Versions_stand_side_by_side_with_what_changed_against_the_first(string database)
    {
        await using var server = await Databases.StartAsync(database);
        await server.Client.PushedAsync("churn", ("model.py", "def predict(x): return 1"), ("requirements.txt", "numpy==1.26\npandas\n"), ("old.csv", "1"));
        await server.Client.PushedAsync("churn", ("model.py", "def predict(x): return 2"), ("requirements.txt", "numpy==2.0\nscipy\n"), ("new.csv", "1"));
        await LogAsync(server, 1, """{"accuracy":0.9,"loss":0.5,"only_first":1,"same":3,"broken":"NaN"}""");
        await LogAsync(server, 2, """{"accuracy":0.94,"loss":0.4,"same":3,"broken":1}""");

        var found = await CompareAsync(server, "version=2&version=v1");

        Assert.Equal([2, 1], found.Versions.Select(v => v.Version));
        var rows = found.Metrics.ToDictionary(m => m.Key);
        Assert.Equal(["accuracy", "broken", "loss", "only_first", "same"], rows.Keys);
        Assert.Equal((false, true, true), (rows["accuracy"].LowerIsBetter, rows["accuracy"].Cells[0]!.Best, rows["loss"].LowerIsBetter));
        Assert.Equal(-0.04, rows["accuracy"].Cells[1]!.Delta!.Value, 12);
        Assert.Null(rows["accuracy"].Cells[0]!.Delta);
        Assert.Equal((true, false), (rows["loss"].Cells[0]!.Best, rows["loss"].Cells[1]!.Best));
        Assert.Null(rows["only_first"].Cells[0]);
        Assert.Equal((false, null), (rows["only_first"].Cells[1]!.Best, rows["only_first"].Cells[1]!.Delta));
        Assert.DoesNotContain(rows["same"].Cells, cell => cell!.Best);
        Assert.Equal((double.NaN, null, false), (rows["broken"].Cells[1]!.Value, rows["broken"].Cells[1]!.Delta, rows["broken"].Cells[1]!.Best));

        Assert.Equal(
            [("model.py", "changed"), ("new.csv", "removed"), ("old.csv", "added"), ("requirements.txt", "changed")], found.Files.Select(f => (f.Path, f.Changes[1])));
        Assert.Equal([("numpy", "changed"), ("pandas", "added"), ("scipy", "removed")], found.Requirements.Select(r => (r.Key, r.Changes[1])));
        Assert.Equal(["numpy==2.0", "numpy==1.26"], found.Requirements[0].Values);

        var turned = await CompareAsync(server, "version=2&version=1&lower_is_better=accuracy&higher_is_better=loss");
        Assert.Equal([(true, false), (false, false)], turned.Metrics.Where(m => m.Key is "accuracy" or "loss").Select(m => (m.LowerIsBetter, m.Cells[0]!.Best)));
    }

    [Theory]
    [InlineData("", 400, "invalid_field")]
    [InlineData("version=1", 400, "invalid_field")]
    [InlineData("version=1&version=v1", 400, "invalid_field")]
    [InlineData("version=1&version=9", 404, "version_not_found")]
    public async Task Two_versions_at_least_are_compared_and_each_once(string query, int status, string code)
    {
        await using var server = await TestServer.StartAsync();
        await server.Client.PushedAsync("churn", ("a", "1"));
        await (await server.Client.GetAsync($"/api/v1/models/churn/comparison?{query}")).ShouldRefuseAsync(status, code);
        await (await server.Client.GetAsync("/api/v1/models/none/comparison?version=1&version=2")).ShouldRefuseAsync(404, "model_not_found");
    }

    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task Lineage_goes_up_to_the_parents_parents_and_down_to_what_was_made_and_deployed(string database)
    {
        await using var server = await Databases.StartAsync(database, services => services.AddSingleton<IVersionDeployments, Everywhere>());
        await server.Client.PushedAsync("base", ("a", "1"));
        await (await server.Client.PushAsync("mid", new CreateVersionRequest("", Parent: "base@1"), ("a", "1"))).ShouldSucceedAsync();
        await (await server.Client.PushAsync("leaf", new CreateVersionRequest("", Parent: "mid@1"), ("a", "1"))).ShouldSucceedAsync();
        await (await server.Client.PushAsync("aside", new CreateVersionRequest("", Parent: "base@1"), ("a", "1"))).ShouldSucceedAsync();

        var middle = await server.Client.GetAsync<LineageInfo>("/api/v1/models/mid/versions/1/lineage");
        Assert.Equal(["version/mid/1"], middle.Start);
        Assert.Equal(
            ["deployment/production/api", "version/base/1", "version/leaf/1", "version/mid/1"], middle.Nodes.Select(n => n.Id).Order(StringComparer.Ordinal));
        Assert.Equal(
            [("version/base/1", "version/mid/1", "fine_tuned"), ("version/leaf/1", "deployment/production/api", "live"), ("version/mid/1", "deployment/production/api", "live"), ("version/mid/1", "version/leaf/1", "fine_tuned")],
            middle.Edges.Select(e => (e.From, e.To, e.Kind)).Order());
        Assert.Equal("models/base/versions/1", middle.Nodes.Single(n => n.Id == "version/base/1").Resource);

        Assert.Contains("version/leaf/1", (await server.Client.GetAsync<LineageInfo>("/api/v1/models/base/lineage")).Nodes.Select(n => n.Id));
        await (await server.Client.DeleteAsync("/api/v1/models/base/versions/1")).ShouldSucceedAsync();
        var gone = (await server.Client.GetAsync<LineageInfo>("/api/v1/models/leaf/versions/1/lineage")).Nodes.Single(n => n.Id == "version/base/1");
        Assert.Equal((null, "true"), (gone.Resource, gone.Facts["deleted"]));
        Assert.Empty((await server.Client.GetAsync<LineageInfo>("/api/v1/models/base/lineage")).Nodes);
        await (await server.Client.GetAsync("/api/v1/models/base/versions/1/lineage")).ShouldRefuseAsync(404, "version_not_found");
    }

    [Fact]
    public void A_graph_that_is_full_says_so_and_has_no_edge_into_nothing()
    {
        var graph = new LineageGraph();
        for (var i = 0; i <= LineageGraph.MostNodes; i++)
        {
            graph.Connect("n0", graph.Add($"n{i}", "version", "x", null), "fine_tuned");
        }

        var info = graph.ToInfo();
        Assert.Equal((true, LineageGraph.MostNodes, LineageGraph.MostNodes), (info.Truncated, info.Nodes.Count, info.Edges.Count));
    }

    private static Task<VersionComparison> CompareAsync(TestServer server, string query) => server.Client.GetAsync<VersionComparison>($"/api/v1/models/churn/comparison?{query}");

    private static async Task LogAsync(TestServer server, int version, string metrics) =>
        await (await server.Client.SendJsonAsync(HttpMethod.Put, $"/api/v1/models/churn/versions/{version}/metrics", $$"""{"metrics":{{metrics}}}""")).ShouldSucceedAsync();

    /// <summary>Every version is live at the same place.</summary>
    private sealed class Everywhere : IVersionDeployments
    {
        public Task<ILookup<Guid, VersionDeploymentInfo>> OfAsync(SlipwayDbContext db, IReadOnlyCollection<Guid> versions, CancellationToken cancellationToken) =>
            Task.FromResult(versions.ToLookup(v => v, _ => new VersionDeploymentInfo("production", "api", "live", 1, "ACTIVE")));
    }
}
