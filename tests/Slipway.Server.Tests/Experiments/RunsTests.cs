using Microsoft.Extensions.DependencyInjection;
using Slipway.Contracts;
using Slipway.Server.Experiments;
using Slipway.Server.Identity;
using Slipway.Server.Platform;
using Slipway.Server.Tests.Registry;
using Slipway.Testing;

namespace Slipway.Server.Tests.Experiments;

public sealed class RunsTests
{
    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task A_run_starts_logs_and_ends(string database)
    {
        await using var server = await Databases.StartAsync(database);
        var client = server.As(Role.Analyst);
        var run = await client.GivenRunAsync("sentiment", "first try");
        Assert.Equal((32, "Running", "test-analyst", "sentiment"), (run.Id.Length, run.Status, run.User, run.ExperimentName));

        await client.LoggedAsync(run.Id, """{"parameters":{"lr":"0.001","epochs":"10"},"tags":{"gpu":"T4"},"metrics":[{"key":"accuracy","value":0.5,"step":1},{"key":"accuracy","value":0.9,"step":2},{"key":"f1","value":1e-300}]}""");
        await (await client.PostJsonAsync($"/api/v1/runs/{run.Id}/data-sets", """{"name":"reviews","path":"s3://data/reviews","digest":"abc","description":"2026"}""")).ShouldSucceedAsync();
        await (await client.SendJsonAsync(HttpMethod.Patch, $"/api/v1/runs/{run.Id}", """{"notes":"# Looks *good*"}""")).ShouldSucceedAsync();
        var finished = await (await client.PostJsonAsync($"/api/v1/runs/{run.Id}/finish", """{"status":"Completed"}""")).ReadAsync<RunInfo>();

        Assert.Equal(("Completed", null), (finished.Status, finished.StatusReason));
        Assert.True(finished.EndedAt >= finished.StartedAt);
        Assert.Equal([("epochs", "10"), ("lr", "0.001")], finished.Parameters.Select(p => (p.Key, p.Value)));
        Assert.Equal((0.9, 2), (finished.Metrics["accuracy"].Value, finished.Metrics["accuracy"].Step));
        Assert.Equal(1e-300, finished.Metrics["f1"].Value);
        var detail = await client.GetAsync<RunDetail>($"/api/v1/runs/{run.Id}");
        Assert.Equal(("# Looks *good*", "T4"), (detail.Notes, detail.Run.Tags["gpu"]));
        Assert.Equal(("reviews", "s3://data/reviews", "abc"), detail.DataSets.Select(d => (d.Name, d.Path, d.Digest)).Single());
    }

    [Fact]
    public async Task A_run_ends_once_and_the_same_end_again_is_fine()
    {
        await using var server = await TestServer.StartAsync();
        var run = await server.Client.GivenRunAsync();
        Assert.Equal("boom", (await (await FinishAsync("""{"status":"FAILED","reason":"boom"}""")).ReadAsync<RunInfo>()).StatusReason);
        await (await FinishAsync("""{"status":"Failed"}""")).ShouldSucceedAsync();
        await (await FinishAsync("""{"status":"Completed"}""")).ShouldRefuseAsync(409, "run_finished");
        await (await FinishAsync("""{"status":"Running"}""")).ShouldRefuseAsync(400, "invalid_field");
        await (await FinishAsync("""{"status":"3"}""")).ShouldRefuseAsync(400, "invalid_field");

        Assert.Equal(("Running", null), await (await server.Client.PostAsync($"/api/v1/runs/{run.Id}/resume", null)).ReadAsync<RunInfo>() is var resumed ? (resumed.Status, resumed.EndedAt) : default);
        await (await FinishAsync("""{"status":"Killed"}""")).ShouldSucceedAsync();

        Task<HttpResponseMessage> FinishAsync(string json) => server.Client.PostJsonAsync($"/api/v1/runs/{run.Id}/finish", json);
    }

    [Fact]
    public async Task A_child_names_its_parent_in_the_same_experiment()
    {
        await using var server = await TestServer.StartAsync();
        var parent = await server.Client.GivenRunAsync();
        var child = await server.Client.GivenRunAsync(parent: parent.Id);
        Assert.Equal(parent.Id, child.ParentRunId);
        Assert.Equal(1, (await server.Client.GetAsync<RunDetail>($"/api/v1/runs/{parent.Id}")).ChildCount);
        await (await server.Client.PostJsonAsync("/api/v1/runs", $$"""{"experiment":"other","parent_run_id":"{{parent.Id}}","create_experiment":true}""")).ShouldRefuseAsync(400, "invalid_field");
        await (await server.Client.GetAsync("/api/v1/experiments/other")).ShouldRefuseAsync(404, "experiment_not_found");   // nothing of the refused is left
        await (await server.Client.PostJsonAsync("/api/v1/runs", """{"experiment":"nowhere"}""")).ShouldRefuseAsync(404, "experiment_not_found");
    }

    [Fact]
    public async Task A_deleted_run_is_hidden_takes_nothing_and_comes_back()
    {
        await using var server = await TestServer.StartAsync();
        var run = await server.Client.GivenRunAsync();
        Assert.NotNull((await (await server.Client.DeleteAsync($"/api/v1/runs/{run.Id}")).ReadAsync<RunInfo>()).DeletedAt);
        Assert.Empty((await server.Client.GetAsync<Page<RunInfo>>("/api/v1/experiments/churn/runs")).Items);
        await (await server.Client.LogAsync(run.Id, """{"tags":{"a":"b"}}""")).ShouldRefuseAsync(409, "run_deleted");
        await (await server.Client.PutArtifactAsync(run.Id, "a", [1])).ShouldRefuseAsync(409, "run_deleted");
        await (await server.Client.PostAsync($"/api/v1/runs/{run.Id}/restore", null)).ShouldSucceedAsync();
        await server.Client.LoggedAsync(run.Id, """{"tags":{"a":"b"}}""");
        await (await server.Client.DeleteAsync($"/api/v1/runs/{run.Id}/tags?key=a")).ShouldSucceedAsync();
        await (await server.Client.DeleteAsync($"/api/v1/runs/{run.Id}/tags?key=a")).ShouldRefuseAsync(404, "tag_not_found");
    }

    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task A_snapshot_has_what_a_version_takes_over(string database)
    {
        await using var server = await Databases.StartAsync(database);
        var run = await server.Client.GivenRunAsync();
        await server.Client.LoggedAsync(run.Id, """{"parameters":{"c":"1"},"metrics":[{"key":"auc","value":0.8}]}""");
        foreach (var path in new[] { "model/model.pkl", "model/config.yaml", "modelx", "plot.png" })
        {
            await (await server.Client.PutArtifactAsync(run.Id, path, "x"u8.ToArray())).ShouldSucceedAsync();
        }

        var snapshot = (await server.Services.GetRequiredService<RunSnapshots>().OfAsync(run.Id, CancellationToken.None)).Value;
        Assert.Equal((0.8, "1", 4), (Assert.Single(snapshot.Points!["auc"]).Value, snapshot.Parameters["c"], snapshot.Files.Count));
        await using var db = server.Services.GetRequiredService<Database>().Read();
        Assert.Equal(["model/config.yaml", "model/model.pkl"], (await FindRuns.FilesAsync(db, run.Id, "model", CancellationToken.None)).Select(f => f.Path));
        Assert.Equal(["plot.png"], (await FindRuns.FilesAsync(db, run.Id, "plot.png", CancellationToken.None)).Select(f => f.Path));
        Assert.Empty(await FindRuns.FilesAsync(db, run.Id, "mod", CancellationToken.None));
        Assert.Equal("run_not_found", (await server.Services.GetRequiredService<RunSnapshots>().OfAsync("nobody", CancellationToken.None)).Refusal?.Code);
    }
}
