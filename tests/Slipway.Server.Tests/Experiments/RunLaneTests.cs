using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Contracts;
using Slipway.Server.Experiments;
using Slipway.Server.Identity;
using Slipway.Server.Platform;
using Slipway.Server.Tests.Registry;
using Slipway.Testing;

namespace Slipway.Server.Tests.Experiments;

/// <summary>Runs that wait together are opened in one unit; what one of them is refused for costs the others nothing.</summary>
public sealed class RunLaneTests
{
    [Theory]
    [InlineData(Databases.Sqlite)]
    [InlineData(Databases.PostgreSql)]
    public async Task Runs_opened_together_are_whole_and_a_refused_one_among_them_leaves_nothing(string database)
    {
        await using var server = await Databases.StartAsync(database);
        var (churn, fraud, old) = (await GivenAsync(server, "churn"), await GivenAsync(server, "fraud"), await GivenAsync(server, "old"));
        await (await server.Client.PostAsync($"/api/v1/experiments/{old}/archive", null)).ShouldSucceedAsync();

        // Nobody answers until the worker starts: then all of them wait. A number may be written with zeros in front, and a name that is not there may be asked for.
        using var lane = ActivatorUtilities.CreateInstance<RunLane>(server.Services);
        StartRunRequest[] wanted =
        [
            new("churn", "first"), new(fraud), new("nobody"), new("old"), new($"0{churn}"), new("new", CreateExperiment: true), new("churn", "last"), new(old), new("9999"),
        ];
        var asked = wanted.Select(w => lane.OpenAsync(w, Actor.System, CancellationToken.None)).ToArray();
        await lane.StartAsync(CancellationToken.None);
        var opened = await Task.WhenAll(asked);
        await lane.StopAsync(CancellationToken.None);

        Assert.Null(opened[5]);   // it goes alone, for its experiment is to be made first
        Assert.Equal(
            [null, null, "experiment_not_found", "experiment_archived", null, null, "experiment_archived", "experiment_not_found"],
            opened.Where(o => o is not null).Select(o => o!.Value.Refusal?.Code));
        var runs = opened.Where(o => o is { IsRefused: false }).Select(o => o!.Value.Value).ToList();
        Assert.Equal(["churn", "fraud", "churn", "churn"], runs.Select(r => r.Experiment));
        Assert.Single(runs.Select(r => r.Run.StartedAt).Distinct());   // one unit
        foreach (var (run, experiment) in runs)
        {
            var read = await server.Client.RunAsync(run.Id);
            Assert.Equal((experiment, run.Name, "Running", "system"), (read.ExperimentName, read.Name, read.Status, read.User));
        }

        await using var db = server.Services.GetRequiredService<Database>().Read();
        Assert.Equal(4, await db.Set<Run>().CountAsync());
        Assert.Equal(
            runs.Select(r => r.Run.Id).Order(StringComparer.Ordinal),
            (await db.Set<AuditEntry>().Where(e => e.Action == "run.started").Select(e => e.Resource).ToListAsync()).Order(StringComparer.Ordinal));
    }

    // On PostgreSQL nothing is sealed as it is made.
    [Fact]
    public async Task The_trail_of_runs_opened_together_is_one_chain_with_what_others_write_between_them()
    {
        await using var server = await TestServer.StartAsync();
        var churn = await GivenAsync(server, "churn");
        var sealer = server.Services.GetRequiredService<AuditSealer>();
        await sealer.SealAsync(CancellationToken.None);
        var lane = server.Services.GetRequiredService<RunLane>();
        for (var round = 0; round < 3; round++)
        {
            // The first round follows a trail that is sealed to its end, the others rows that wait for their seal, or that were sealed before.
            await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => lane.OpenAsync(new StartRunRequest(churn), Actor.System, CancellationToken.None)));
            await GivenAsync(server, $"between {round}");
            if (round == 1)
            {
                await sealer.SealAsync(CancellationToken.None);
            }
        }

        await sealer.SealAsync(CancellationToken.None);
        await using var db = server.Services.GetRequiredService<Database>().Read();
        Assert.Empty((await server.Services.GetRequiredService<AuditChain>().VerifyAsync(CancellationToken.None)).Findings);
        Assert.Equal(15, await db.Set<AuditEntry>().CountAsync(e => e.Action == "run.started"));
        Assert.False(await db.Set<AuditEntry>().AnyAsync(e => e.Hash == null));
        Assert.Equal(await db.Set<AuditEntry>().CountAsync(), (await db.Set<AuditSeal>().SingleAsync()).Count);

        // What is sealed as it is made is told apart like all else when somebody touches it.
        var touched = await db.Set<AuditEntry>().Where(e => e.Action == "run.started").MinAsync(e => e.Sequence);
        await db.Set<AuditEntry>().Where(e => e.Sequence == touched).ExecuteUpdateAsync(set => set.SetProperty(e => e.Actor, "nobody"));
        var finding = Assert.Single((await server.Services.GetRequiredService<AuditChain>().VerifyAsync(CancellationToken.None)).Findings);
        Assert.Equal($"Audit row {touched} was edited.", finding.Detail);
    }

    private static async Task<string> GivenAsync(TestServer server, string experiment) =>
        (await (await server.Client.CreateExperimentAsync(experiment)).ReadAsync<ExperimentInfo>()).Id;
}
