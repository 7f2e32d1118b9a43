using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Packages;
using Slipway.Server.Platform;
using Slipway.Server.Registry;
using Slipway.Server.Tests.Experiments;
using Slipway.Testing;

namespace Slipway.Server.Tests.Registry;

/// <summary>Versions that wait together are made in one unit; what one of them is refused for costs the others nothing.</summary>
public sealed class VersionLaneTests
{
    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task Versions_made_together_are_whole_and_numbered_in_a_row_and_a_refused_one_among_them_leaves_nothing(string database)
    {
        await using var server = await Databases.StartAsync(database);
        await server.Client.RegisterAsync("churn");
        await server.Client.RegisterAsync("fraud");
        var run = (await server.Client.GivenRunAsync()).Id;
        await server.Client.LoggedAsync(run, """{"parameters":{"lr":"0.1"},"metrics":[{"key":"auc","value":0.9,"step":1},{"key":"auc","value":0.8,"step":0}]}""");
        await (await server.Client.PostJsonAsync($"/api/v1/runs/{run}/data-sets", """{"name":"may","path":"s3://may"}""")).ShouldSucceedAsync();
        await (await server.Client.PutArtifactAsync(run, "model.pt", [1, 2, 3])).ShouldSucceedAsync();
        var source = (await server.Services.GetRequiredService<FindRunSource>().RunAsync(run, "model.pt", CancellationToken.None)).Value;
        var changed = source with { Files = [new SourceFile("model.pt", 4, new string('a', 64))] };   // it was another file when the package was looked at

        // Nobody answers until the worker starts: then all of them wait.
        using var lane = ActivatorUtilities.CreateInstance<VersionLane>(server.Services);
        (string Model, VersionSource Source)[] wanted =
        [
            ("churn", source), ("nobody", source), ("fraud", source), ("churn", changed), ("churn", source), ("churn", source), ("fraud", source),
        ];
        var request = new CreateVersionRequest(SourceRunId: run, ArtifactPath: "model.pt");
        var package = new PackageFacts { Detected = "unknown", NotRunnableReason = "a test" };
        var asked = wanted.Select(w => lane.CreateAsync(w.Model, w.Source, request, package, Actor.System, CancellationToken.None)).ToArray();
        await lane.StartAsync(CancellationToken.None);
        var made = await Task.WhenAll(asked);
        await lane.StopAsync(CancellationToken.None);

        Assert.Equal([null, "model_not_found", null, "artifact_changed", null, null, null], made.Select(v => v.Refusal?.Code));
        var versions = made.Where(v => !v.IsRefused).Select(v => v.Value).ToList();
        Assert.Equal([("churn", 1), ("fraud", 1), ("churn", 2), ("churn", 3), ("fraud", 2)], versions.Select(v => (v.Model, v.Version)));
        Assert.Single(versions.Select(v => v.CreatedAt).Distinct());   // one unit
        foreach (var answered in versions)
        {
            var read = await server.Client.GetAsync<ModelVersionInfo>($"/api/v1/models/{answered.Model}/versions/{answered.Version}");
            Assert.Equal((answered.Digest, 3, 0.9, "0.1"), (read.Digest, read.SizeBytes, read.Metrics!["auc"], read.Parameters!["lr"]));
            Assert.Equal(("model.pt", "may", run), (Assert.Single(read.Files).Path, Assert.Single(read.Datasets!).Name, read.SourceRunId));
            Assert.Equal([1, 2, 3], await server.Client.GetByteArrayAsync($"/api/v1/models/{answered.Model}/versions/{answered.Version}/files/model.pt"));
        }

        // The next one, by itself, goes on after them, and each has exactly one row of the trail.
        var next = await (await server.Client.PostJsonAsync("/api/v1/models/churn/versions", $$"""{"source_run_id":"{{run}}","artifact_path":"model.pt"}""")).ReadAsync<ModelVersionInfo>();
        Assert.Equal(4, next.Version);
        await using var db = server.Services.GetRequiredService<Database>().Read();
        Assert.Equal(
            ["churn/1", "churn/2", "churn/3", "churn/4", "fraud/1", "fraud/2"],
            (await db.Set<AuditEntry>().Where(e => e.Action == "version.created").Select(e => e.Resource).ToListAsync()).Order(StringComparer.Ordinal));
        Assert.Equal(6, await db.Set<ModelVersion>().CountAsync());
        Assert.Equal(6, await db.Set<VersionFile>().CountAsync());
        Assert.Equal([("churn", 4), ("fraud", 2)], (await db.Set<RegisteredModel>().ToListAsync()).Select(m => (m.Name, m.LastNumber)).Order());
        Assert.Equal(
            (await server.Client.GetAsync<ModelVersionInfo>("/api/v1/models/churn/versions/4")).CreatedAt, (await server.Client.GetAsync<ModelInfo>("/api/v1/models/churn")).UpdatedAt);

        // A number is not given again when its version is gone, also not by the lane.
        await (await server.Client.DeleteAsync("/api/v1/models/churn/versions/4")).ShouldSucceedAsync();
        var after = await (await server.Client.PostJsonAsync("/api/v1/models/churn/versions", $$"""{"source_run_id":"{{run}}","artifact_path":"model.pt"}""")).ReadAsync<ModelVersionInfo>();
        Assert.Equal(5, after.Version);
        await server.Services.GetRequiredService<AuditSealer>().SealAsync(CancellationToken.None);
        Assert.Empty((await server.Services.GetRequiredService<AuditChain>().VerifyAsync(CancellationToken.None)).Findings);
    }
}
