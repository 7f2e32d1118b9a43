using System.Net;
using System.Net.Http.Json;
using System.Text;
using Slipway.Contracts;
using Slipway.Testing;

namespace Slipway.Server.Tests.Registry;

public sealed class VersionsOfRunsTests
{
    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task A_version_keeps_the_files_metrics_parameters_and_data_sets_of_its_run_as_they_were(string database)
    {
        await using var server = await Databases.StartAsync(database);
        await server.Client.RegisterAsync("churn");
        var run = await StartAsync(server);
        await LogAsync(server, run, """{"parameters":{"lr":"0.1"},"metrics":[{"key":"loss","value":0.9,"step":0},{"key":"loss","value":0.5,"step":1},{"key":"loss","value":0.4,"step":1,"timestamp":9999999999999},{"key":"auc","value":"NaN"}]}""");
        await (await server.Client.PostJsonAsync($"/api/v1/runs/{run}/data-sets", """{"name":"churn-2026","path":"s3://data/churn.csv","digest":"abc","description":"all of May"}""")).ShouldSucceedAsync();
        await PutAsync(server, run, "checkpoints/best.pt", "weights");
        await PutAsync(server, run, "package/model.py", "def predict(x): return x");
        await PutAsync(server, run, "package/requirements.txt", "numpy\n");

        var folder = await CreateAsync(server, run, "package");
        Assert.Equal(["model.py", "requirements.txt"], folder.Files.Select(f => f.Path));
        Assert.Equal(("python_file", true, $"runs:/{run}/package", run), (folder.Detected, folder.Runnable, folder.Source, folder.SourceRunId));
        Assert.Equal((0.4, double.NaN, "0.1"), (folder.Metrics!["loss"], folder.Metrics["auc"], folder.Parameters!["lr"]));
        Assert.Equal(new VersionDatasetInfo("churn-2026", "s3://data/churn.csv", "abc", "all of May"), Assert.Single(folder.Datasets!));
        var history = (await server.Client.GetAsync<Page<VersionMetricInfo>>("/api/v1/models/churn/versions/1/metrics")).Items.Single(m => m.Key == "loss");
        Assert.Equal([(0, 0.9), (1, 0.4)], history.Points.Select(p => (p.Step, p.Value)));

        // A bare file of weights is one too, and says why it cannot run; what the run logs later and its end change nothing.
        var weights = await CreateAsync(server, run, "checkpoints/best.pt");
        Assert.Equal(("best.pt", false), (Assert.Single(weights.Files).Path, weights.Runnable));
        Assert.Contains("best.pt", weights.NotRunnableReason, StringComparison.Ordinal);
        await LogAsync(server, run, """{"metrics":[{"key":"loss","value":0.1,"step":2}]}""");
        await (await server.Client.DeleteAsync($"/api/v1/runs/{run}/artifacts/checkpoints/best.pt")).ShouldSucceedAsync();
        Assert.Equal("weights", await server.Client.GetStringAsync("/api/v1/models/churn/versions/2/files/best.pt"));
        Assert.Equal(0.4, (await server.Client.GetAsync<ModelVersionInfo>("/api/v1/models/churn/versions/1")).Metrics!["loss"]);
        await (await server.Client.SendJsonAsync(HttpMethod.Put, "/api/v1/models/churn/versions/1/metrics", """{"metrics":{"loss":1}}""")).ShouldSucceedAsync();
        Assert.Equal(0.4, (await server.Client.GetAsync<ModelVersionInfo>("/api/v1/models/churn/versions/1")).Metrics!["loss"]);
        await (await server.Client.DeleteAsync("/api/v1/models/churn/versions/1/metrics?key=auc")).ShouldRefuseAsync(404, "metric_not_found");

        var all = await CreateAsync(server, run, "");
        Assert.Equal(["package/model.py", "package/requirements.txt"], all.Files.Select(f => f.Path));
    }

    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task Lineage_tells_run_experiment_data_sets_and_parameters_and_what_two_versions_share_once(string database)
    {
        await using var server = await Databases.StartAsync(database);
        await server.Client.RegisterAsync("churn");
        var run = await StartAsync(server);
        await LogAsync(server, run, """{"parameters":{"lr":"0.1","epochs":"10"}}""");
        await (await server.Client.PostJsonAsync($"/api/v1/runs/{run}/data-sets", """{"name":"may","path":"s3://data/may.csv"}""")).ShouldSucceedAsync();
        await PutAsync(server, run, "a.bin", "a");
        await CreateAsync(server, run, "a.bin");
        await CreateAsync(server, run, "a.bin");

        var graph = await server.Client.GetAsync<LineageInfo>("/api/v1/models/churn/lineage");

        Assert.Equal(
            ["dataset", "experiment", "parameters", "run", "version", "version"], graph.Nodes.Select(n => n.Kind).Order(StringComparer.Ordinal));
        var node = graph.Nodes.Single(n => n.Kind == "run");
        Assert.Equal(($"runs/{run}", "first try"), (node.Resource, node.Name));
        Assert.Equal(
            [("configured", "parameters", "run"), ("contains", "experiment", "run"), ("produced", "run", "version"), ("produced", "run", "version"), ("used", "dataset", "run")],
            graph.Edges.Select(e => (e.Kind, graph.Nodes.Single(n => n.Id == e.From).Kind, graph.Nodes.Single(n => n.Id == e.To).Kind)).Order());
        Assert.Equal("0.1", graph.Nodes.Single(n => n.Kind == "parameters").Facts["lr"]);
        Assert.Equal(["may"], (await server.Client.GetAsync<DeletionInfo>("/api/v1/models/churn/versions/1/deletion")).Datasets);
    }

    [Theory]
    [InlineData("""{"source_run_id":"0123456789abcdef0123456789abcdef","artifact_path":"a.bin"}""", 404, "run_not_found")]
    [InlineData("""{"source_run_id":"nonsense","artifact_path":"a.bin"}""", 404, "run_not_found")]
    [InlineData("""{"source_run_id":"RUN","artifact_path":"b.bin"}""", 422, "artifact_not_found")]
    [InlineData("""{"source_run_id":"RUN","artifact_path":"a"}""", 422, "artifact_not_found")]
    [InlineData("""{"source_run_id":"RUN","artifact_path":"../a.bin"}""", 422, "artifact_not_found")]
    [InlineData("""{"source_run_id":"RUN"}""", 400, "invalid_field")]
    [InlineData("""{"artifact_path":"a.bin"}""", 400, "invalid_field")]
    [InlineData("""{"upload_id":"x","source_run_id":"RUN","artifact_path":"a.bin"}""", 400, "invalid_field")]
    [InlineData("""{}""", 400, "invalid_field")]
    public async Task What_is_no_artifact_of_a_run_is_refused_and_makes_no_version(string body, int status, string code)
    {
        await using var server = await TestServer.StartAsync();
        await server.Client.RegisterAsync("churn");
        var run = await StartAsync(server);
        await PutAsync(server, run, "a.bin", "a");
        await (await server.Client.PostJsonAsync("/api/v1/models/churn/versions", body.Replace("RUN", run, StringComparison.Ordinal))).ShouldRefuseAsync(status, code);
        await (await server.Client.PostJsonAsync("/api/v1/models/nobody/versions", $$"""{"source_run_id":"{{run}}","artifact_path":"a.bin"}""")).ShouldRefuseAsync(404, "model_not_found");
        Assert.Null((await server.Client.GetAsync<ModelInfo>("/api/v1/models/churn")).LatestVersion);

        await (await server.Client.DeleteAsync($"/api/v1/runs/{run}")).ShouldSucceedAsync();
        var gone = await server.Client.PostJsonAsync("/api/v1/models/churn/versions", $$"""{"source_run_id":"{{run}}","artifact_path":"a.bin"}""");
        Assert.True(gone.StatusCode is HttpStatusCode.Conflict or HttpStatusCode.NotFound, $"{gone.StatusCode}");
    }

    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task Two_made_at_once_get_two_numbers_in_a_row(string database)
    {
        await using var server = await Databases.StartAsync(database);
        await server.Client.RegisterAsync("churn");
        var run = await StartAsync(server);
        await PutAsync(server, run, "a.bin", "a");
        for (var round = 0; round < Databases.RaceRounds; round++)
        {
            var made = await Task.WhenAll(CreateAsync(server, run, "a.bin"), CreateAsync(server, run, "a.bin"));
            Assert.Equal([(round * 2) + 1, (round * 2) + 2], made.Select(v => v.Version).Order());
        }
    }

    [Fact]
    public async Task A_trial_of_a_run_tells_what_it_would_be_and_leaves_the_run_as_it_is()
    {
        await using var server = await TestServer.StartAsync();
        await server.Client.RegisterAsync("churn");
        var run = await StartAsync(server);
        await PutAsync(server, run, "model.py", "def predict(x): return x");
        var tried = await server.Client.PostJsonAsync("/api/v1/models/churn/versions", $$"""{"source_run_id":"{{run}}","artifact_path":"model.py","dry_run":true}""");
        var would = await tried.ReadAsync<ModelVersionInfo>();
        Assert.Equal((0, "python_file"), (would.Version, would.Detected));
        Assert.Equal(1, (await CreateAsync(server, run, "model.py")).Version);
    }

    private static async Task<string> StartAsync(TestServer server) =>
        (await (await server.Client.PostJsonAsync("/api/v1/runs", """{"experiment":"churn-exp","name":"first try","create_experiment":true}""")).ReadAsync<RunInfo>()).Id;

    private static async Task LogAsync(TestServer server, string run, string body) => await (await server.Client.PostJsonAsync($"/api/v1/runs/{run}/log", body)).ShouldSucceedAsync();

    private static async Task PutAsync(TestServer server, string run, string path, string text) =>
        await (await server.Client.PutAsync($"/api/v1/runs/{run}/artifacts/{path}", new ByteArrayContent(Encoding.UTF8.GetBytes(text)))).ShouldSucceedAsync();

    private static async Task<ModelVersionInfo> CreateAsync(TestServer server, string run, string path) =>
        await (await server.Client.PostAsJsonAsync(
            "/api/v1/models/churn/versions", new CreateVersionRequest(SourceRunId: run, ArtifactPath: path), ContractsJson.Default.CreateVersionRequest)).ReadAsync<ModelVersionInfo>();
}
