using System.Net.Http.Json;
using System.Text.Json;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Registry;
using Slipway.Testing;

namespace Slipway.Server.Tests.Registry;

public sealed class VersionRecordTests
{
    private const string Metrics = "/api/v1/models/churn/versions/1/metrics";

    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task Validation_metrics_are_added_later_keep_their_steps_and_may_be_no_number(string database)
    {
        await using var server = await Databases.StartAsync(database);
        var before = await server.Client.PushedAsync("churn", ("a", "1"));

        await PutAsync(server, """{"metrics":{"val_accuracy":0.9,"val_loss":"NaN","worst":"-Infinity"}}""");
        await PutAsync(server, """{"metrics":{"val_accuracy":0.93},"step":2}""");
        var version = await PutAsync(server, """{"metrics":{"val_accuracy":0.92},"step":1}""");

        Assert.Equal((0.93, double.NaN, double.NegativeInfinity), (version.ValidationMetrics!["val_accuracy"], version.ValidationMetrics["val_loss"], version.ValidationMetrics["worst"]));
        Assert.Empty(version.Metrics!);
        Assert.NotEqual(before.Etag, version.Etag);
        var listed = (await server.Client.GetAsync<Page<VersionMetricInfo>>(Metrics)).Items;
        Assert.Equal(["val_accuracy", "val_loss", "worst"], listed.Select(m => m.Key));
        Assert.Equal([(0, 0.9), (1, 0.92), (2, 0.93)], listed[0].Points.Select(p => (p.Step, p.Value)));
        Assert.Equal(("validation", 2, 0), (listed[0].Namespace, listed[0].Step, listed[1].Points.Count));
        Assert.Contains("\"NaN\"", await server.Client.GetStringAsync(Metrics), StringComparison.Ordinal);

        // The same step again takes the new value, and a metric goes as a whole.
        Assert.Equal(0.95, (await PutAsync(server, """{"metrics":{"val_accuracy":0.95},"step":2}""")).ValidationMetrics!["val_accuracy"]);
        var without = await (await server.Client.DeleteAsync($"{Metrics}?key=val_accuracy")).ReadAsync<ModelVersionInfo>();
        Assert.DoesNotContain("val_accuracy", without.ValidationMetrics!.Keys);
        await (await server.Client.DeleteAsync($"{Metrics}?key=val_accuracy")).ShouldRefuseAsync(404, "metric_not_found");
    }

    [Theory]
    [InlineData("""{"metrics":{}}""")]
    [InlineData("""{"metrics":{"":1}}""")]
    [InlineData("""{"metrics":{"a\nb":1}}""")]
    [InlineData("""{"metrics":{"a":true}}""")]
    [InlineData("""{"metrics":{"a":"0.5"}}""")]
    [InlineData("""{"metrics":{"a":null}}""")]
    [InlineData("""{"metrics":{"a":1e400}}""")]
    [InlineData("""{"metrics":{"a\u0000":1}}""")]
    [InlineData("""{"metrics":{"a":1},"step":-1}""")]
    [InlineData("""{"metrics":null}""")]
    [InlineData("""{"metrics":{"a":1},"namespace":"training"}""")]
    public async Task What_is_no_metric_is_refused_and_leaves_nothing(string body)
    {
        await using var server = await TestServer.StartAsync();
        await server.Client.PushedAsync("churn", ("a", "1"));
        var response = await server.Client.SendJsonAsync(HttpMethod.Put, Metrics, body);
        Assert.Equal(400, (int)response.StatusCode);
        Assert.Empty((await server.Client.GetAsync<Page<VersionMetricInfo>>(Metrics)).Items);
    }

    [Fact]
    public async Task There_is_an_end_to_metrics_and_their_values_and_a_viewer_adds_none()
    {
        await using var server = await TestServer.StartAsync();
        await server.Client.PushedAsync("churn", ("a", "1"));
        var thousand = new LogVersionMetricsRequest(Enumerable.Range(0, 1000).ToDictionary(i => $"m{i}", i => (double)i));
        await (await server.Client.PutAsJsonAsync(Metrics, thousand, ContractsJson.Default.LogVersionMetricsRequest)).ShouldSucceedAsync();
        await (await server.Client.SendJsonAsync(HttpMethod.Put, Metrics, """{"metrics":{"one_more":1}}""")).ShouldRefuseAsync(409, "too_many_metrics");
        await (await server.Client.SendJsonAsync(HttpMethod.Put, Metrics, """{"metrics":{"m1":5}}""")).ShouldSucceedAsync();
        Assert.Equal(403, (int)(await server.As(Role.Viewer).SendJsonAsync(HttpMethod.Put, Metrics, """{"metrics":{"m1":5}}""")).StatusCode);
    }

    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task Who_changes_a_version_reads_the_change_while_others_read_all_the_time(string database)
    {
        await using var server = await Databases.StartAsync(database);
        await server.Client.PushedAsync("churn", ("a", "1"));
        await (await server.Client.PushAsync("child", new CreateVersionRequest("", Parent: "churn@1"), ("a", "1"))).ShouldSucceedAsync();
        Assert.False((await server.Client.GetAsync<ModelVersionInfo>("/api/v1/models/child/versions/1")).Parent!.Deleted);
        using var stop = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 3).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await server.Client.GetAsync<ModelVersionInfo>("/api/v1/models/churn/versions/1");
            }
        })).ToList();
        for (var round = 0; round < Databases.RaceRounds * 3; round++)
        {
            await (await server.Client.SendJsonAsync(HttpMethod.Put, "/api/v1/models/churn/versions/1/tags", $$"""{"key":"round","value":"{{round}}"}""")).ShouldSucceedAsync();
            Assert.Equal($"{round}", (await server.Client.GetAsync<ModelVersionInfo>("/api/v1/models/churn/versions/1")).Tags["round"]);
            await (await server.Client.SendJsonAsync(HttpMethod.Put, "/api/v1/models/churn/aliases/now", $$"""{"version":"1"}""")).ShouldSucceedAsync();
            Assert.Contains("now", (await server.Client.GetAsync<ModelVersionInfo>("/api/v1/models/churn/versions/1")).Aliases);
            await (await server.Client.DeleteAsync("/api/v1/models/churn/aliases/now")).ShouldSucceedAsync();
            await (await server.Client.GetAsync("/api/v1/models/churn/versions/@now")).ShouldRefuseAsync(404, "version_not_found");
        }

        await stop.CancelAsync();
        await Task.WhenAll(readers);
        await (await server.Client.DeleteAsync("/api/v1/models/churn")).ShouldSucceedAsync();
        await (await server.Client.GetAsync("/api/v1/models/churn/versions/1")).ShouldRefuseAsync(404, "model_not_found");
        Assert.True((await server.Client.GetAsync<ModelVersionInfo>("/api/v1/models/child/versions/1")).Parent!.Deleted);
    }

    [Fact]
    public void A_long_history_is_thinned_evenly_and_keeps_its_ends_and_a_full_one_takes_no_more()
    {
        List<VersionMetricPoint> points = [.. Enumerable.Range(0, 12_345).Select(i => new VersionMetricPoint(i, i))];
        var kept = VersionMetric.Thin(points, VersionMetric.MostPoints);
        Assert.Equal((VersionMetric.MostPoints, 0, 12_344), (kept.Count, kept[0].Step, kept[^1].Step));
        Assert.All(kept.Zip(kept.Skip(1)), pair => Assert.InRange(pair.Second.Step - pair.First.Step, 24, 26));

        var metric = VersionMetric.Snapshot(Guid.Empty, "loss", points, DateTimeOffset.UnixEpoch);
        Assert.Equal(12_344, metric.Number);
        Assert.False(metric.Log(20_000, 1, DateTimeOffset.UnixEpoch));
        Assert.True(metric.Log(0, double.NaN, DateTimeOffset.UnixEpoch));
        Assert.True(double.IsNaN(metric.Points[0].Value));
    }

    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task A_version_names_its_parent_by_number_label_or_alias_and_none_is_its_own_ancestor(string database)
    {
        await using var server = await Databases.StartAsync(database);
        await (await server.Client.PushAsync("base", new CreateVersionRequest("", Label: "v1.0.0"), ("a", "1"))).ShouldSucceedAsync();
        await (await server.Client.SendJsonAsync(HttpMethod.Put, "/api/v1/models/base/aliases/champion", """{"version":"1"}""")).ShouldSucceedAsync();
        var child = await (await server.Client.PushAsync("churn", new CreateVersionRequest("", Parent: "base@champion"), ("a", "1"))).ReadAsync<ModelVersionInfo>();
        Assert.Equal(new VersionLinkInfo("base", 1, Deleted: false), child.Parent);
        foreach (var reference in new[] { "base@1", "base@v1", "base@v1.0.0" })
        {
            Assert.Equal(1, (await LinkAsync(server, "churn/versions/1", reference)).Parent!.Version);
        }

        var grandchild = await (await server.Client.PushAsync("churn", new CreateVersionRequest("", Parent: "churn@1"), ("a", "2"))).ReadAsync<ModelVersionInfo>();
        Assert.Equal(2, grandchild.Version);
        await (await PatchAsync(server, "base/versions/1", "churn@2")).ShouldRefuseAsync(409, "parent_cycle");
        await (await PatchAsync(server, "base/versions/1", "base@1")).ShouldRefuseAsync(409, "parent_cycle");
        await (await PatchAsync(server, "base/versions/1", "nothing@1")).ShouldRefuseAsync(400, "parent_not_found");
        await (await PatchAsync(server, "base/versions/1", "churn@9")).ShouldRefuseAsync(400, "parent_not_found");
        foreach (var odd in new[] { "churn", "@1", "churn@" })
        {
            await (await PatchAsync(server, "base/versions/1", odd)).ShouldRefuseAsync(400, "invalid_field");
        }

        // The link survives its parent by name, and can be taken away.
        var goes = await server.Client.GetAsync<DeletionInfo>("/api/v1/models/base/versions/1/deletion");
        Assert.Equal([new VersionLinkInfo("churn", 1, Deleted: false)], goes.Children);
        await (await server.Client.DeleteAsync("/api/v1/models/base/versions/1")).ShouldSucceedAsync();
        Assert.Equal(new VersionLinkInfo("base", 1, Deleted: true), (await server.Client.GetAsync<ModelVersionInfo>("/api/v1/models/churn/versions/1")).Parent);
        Assert.Null((await LinkAsync(server, "churn/versions/1", "")).Parent);
        Assert.Equal(1, (await server.Client.GetAsync<ModelVersionInfo>("/api/v1/models/churn/versions/2")).Parent!.Version);
        await (await server.Client.DeleteAsync("/api/v1/models/churn")).ShouldSucceedAsync();
    }

    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task Two_links_made_at_once_that_would_close_a_circle_are_not_both_made(string database)
    {
        await using var server = await Databases.StartAsync(database);
        await server.Client.PushedAsync("left", ("a", "1"));
        await server.Client.PushedAsync("right", ("a", "1"));
        for (var round = 0; round < Databases.RaceRounds; round++)
        {
            var answers = await Task.WhenAll(PatchAsync(server, "left/versions/1", "right@1"), PatchAsync(server, "right/versions/1", "left@1"));
            Assert.Equal([200, 409], answers.Select(a => (int)a.StatusCode).Order());
            await PatchAsync(server, "left/versions/1", "");
            await PatchAsync(server, "right/versions/1", "");
        }
    }

    private static async Task<ModelVersionInfo> PutAsync(TestServer server, string body) =>
        await (await server.Client.SendJsonAsync(HttpMethod.Put, Metrics, body)).ReadAsync<ModelVersionInfo>();

    private static Task<HttpResponseMessage> PatchAsync(TestServer server, string version, string parent) =>
        server.Client.SendJsonAsync(HttpMethod.Patch, $"/api/v1/models/{version}", $$"""{"parent":{{JsonSerializer.Serialize(parent)}}}""");

    private static async Task<ModelVersionInfo> LinkAsync(TestServer server, string version, string parent) => await (await PatchAsync(server, version, parent)).ReadAsync<ModelVersionInfo>();
}
