using Microsoft.Extensions.DependencyInjection;
using Slipway.Server.Experiments;
using Slipway.Server.Platform;
using Slipway.Server.Tests.Registry;
using Slipway.Testing;

namespace Slipway.Server.Tests.Experiments;

/// <summary>Runs that are asked for together are read together, and each gets its own.</summary>
public sealed class RunSnapshotsTests
{
    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task Runs_read_together_get_what_each_has_and_those_that_are_gone_are_refused_alone(string database)
    {
        await using var server = await Databases.StartAsync(database);
        var runs = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            runs.Add((await server.Client.GivenRunAsync()).Id);
            await server.Client.LoggedAsync(runs[i], $$"""{"parameters":{"i":"{{i}}"},"metrics":[{"key":"m","value":{{i}}}]}""");
            await (await server.Client.PutArtifactAsync(runs[i], $"{i}.bin", [(byte)i])).ShouldSucceedAsync();
        }

        await (await server.Client.DeleteAsync($"/api/v1/runs/{runs[3]}")).ShouldSucceedAsync();

        // Nobody answers until the worker starts: then all of them wait.
        using var snapshots = ActivatorUtilities.CreateInstance<RunSnapshots>(server.Services);
        string[] ids = [runs[0], runs[1], "nonsense", runs[3], runs[2], runs[0], runs[4]];
        var asked = ids.Select(id => snapshots.OfAsync(id, CancellationToken.None)).ToArray();
        await snapshots.StartAsync(CancellationToken.None);
        var read = await Task.WhenAll(asked);

        Assert.Equal([null, null, "run_not_found", "run_deleted", null, null, null], read.Select(r => r.Refusal?.Code));
        Assert.All(new[] { (0, 0), (1, 1), (4, 2), (5, 0), (6, 4) }, pair =>
        {
            var snapshot = read[pair.Item1].Value;
            Assert.Equal((runs[pair.Item2], $"{pair.Item2}", $"{pair.Item2}.bin"), (snapshot.RunId, snapshot.Parameters["i"], Assert.Single(snapshot.Files).Path));
            Assert.Equal(pair.Item2, Assert.Single(snapshot.Points!["m"]).Value);
        });

        // What was read holds until the run changes, and no longer.
        Assert.Same(read[0].Value, (await snapshots.OfAsync(runs[0], CancellationToken.None)).Value);
        await server.Client.LoggedAsync(runs[0], """{"metrics":[{"key":"later","value":7}]}""");
        Assert.Equal(["later", "m"], (await snapshots.OfAsync(runs[0], CancellationToken.None)).Value.Metrics);
        await (await server.Client.DeleteAsync($"/api/v1/runs/{runs[0]}/artifacts/0.bin")).ShouldSucceedAsync();
        Assert.Empty((await snapshots.OfAsync(runs[0], CancellationToken.None)).Value.Files);
        await (await server.Client.DeleteAsync($"/api/v1/runs/{runs[0]}")).ShouldSucceedAsync();
        Assert.Equal("run_deleted", (await snapshots.OfAsync(runs[0], CancellationToken.None)).Refusal?.Code);
        await snapshots.StopAsync(CancellationToken.None);
    }
}
