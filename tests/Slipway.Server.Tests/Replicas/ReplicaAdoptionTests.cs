using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Server.Platform;
using Slipway.Server.Replicas;
using Slipway.Testing;

namespace Slipway.Server.Tests.Replicas;

public sealed class ReplicaAdoptionTests
{
    private const string Echo = """
        class Model:
            def predict(self, body):
                return body
        """;

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task A_new_server_goes_on_with_the_processes_of_one_that_crashed(string database)
    {
        await using var host = await ReplicaHost.StartAsync(postgreSql: database == "postgresql" ? await PostgreSqlServer.CreateDatabaseOrSkipAsync() : null);
        var spec = await host.GivenModelAsync(Echo);
        await host.ApplyAsync(spec, 2);
        var before = (await host.ReadyAsync(spec, 2)).Replicas;
        var epoch = host.Services.GetRequiredService<ServerEpoch>().Current;

        await host.RestartKeepingReplicasAsync();
        var after = (await host.ReadyAsync(spec, 2)).Replicas;

        Assert.Equal(before.Select(r => (r.Id, r.Pid, r.StartTimeTicks, r.Token)), after.Select(r => (r.Id, r.Pid, r.StartTimeTicks, r.Token)));
        Assert.True(host.Services.GetRequiredService<ServerEpoch>().Current > epoch);

        await host.ApplyAsync(spec, 3);   // the parent is adopted as well
        await host.ReadyAsync(spec, 3);
        await using var db = host.Services.GetRequiredService<Database>().Read();
        Assert.Equal(1, await db.Set<WarmParentRow>().CountAsync());
        Assert.Equal(4, host.Processes().Count);
    }

    [Fact]
    public async Task A_process_that_was_started_and_not_yet_stored_is_found_and_not_doubled()
    {
        await using var host = await ReplicaHost.StartAsync();
        var spec = await host.GivenModelAsync(Echo);
        await host.ApplyAsync(spec, 1);
        var before = (await host.ReadyAsync(spec, 1)).Replicas.Single();

        await host.RestartKeepingReplicasAsync(ForgetPidsAsync);
        var after = (await host.ReadyAsync(spec, 1)).Replicas.Single();

        Assert.Equal((before.Id, before.Pid), (after.Id, after.Pid));
        Assert.Equal(2, host.Processes().Count);
    }

    [Fact]
    public async Task A_start_that_was_cut_off_before_the_process_reported_is_ended_and_begun_anew()
    {
        await using var host = await ReplicaHost.StartAsync();
        var spec = await host.GivenModelAsync(Echo);
        await host.ApplyAsync(spec, 1);
        var before = (await host.ReadyAsync(spec, 1)).Replicas.Single();

        await host.RestartKeepingReplicasAsync(async database =>
        {
            await ForgetPidsAsync(database);
            File.Delete(Path.Combine(Path.GetDirectoryName(before.Socket)!, "pid.json"));
            Assert.True(SpawnPosix.Kill(before.Pid!.Value, SpawnPosix.SigKill));   // a process in that moment ends by itself; see ReplicaFolders.Abandon
        });
        var after = (await host.ReadyAsync(spec, 1)).Replicas.Single();

        Assert.Equal((before.Id, 0), (after.Id, host.Find(spec)!.ConsecutiveFailures));
        Assert.NotEqual(before.Pid, after.Pid);
        Assert.Equal(2, host.Processes().Count);
    }

    [Fact]
    public async Task Servers_that_die_at_any_moment_leave_exactly_the_replicas_that_are_wanted()
    {
        var seed = Environment.TickCount;
        TestContext.Current.SendDiagnosticMessage($"seed {seed}");
        var random = new Random(seed);
        await using var host = await ReplicaHost.StartAsync(o => o.FirstBackOff = TimeSpan.FromSeconds(0.1));
        var spec = await host.GivenModelAsync(Echo);
        for (var round = 0; round < 10; round++)
        {
            await host.ApplyAsync(spec, random.Next(0, 4));
            await Task.Delay(random.Next(0, 500));
            await host.RestartKeepingReplicasAsync();   // cuts off whatever it was waiting for
        }

        await host.ApplyAsync(spec, 2);
        var replicas = (await host.ReadyAsync(spec, 2)).Replicas;

        var parents = host.Processes().Except(replicas.Select(r => r.Pid!.Value)).ToList();
        Assert.True(parents.Count == 1, $"seed {seed}: {parents.Count} processes besides the replicas");
    }

    [Fact]
    public async Task Replicas_and_parents_that_no_row_knows_are_ended()
    {
        await using var host = await ReplicaHost.StartAsync();
        var spec = await host.GivenModelAsync(Echo);
        await host.ApplyAsync(spec, 1);
        var orphan = (await host.ReadyAsync(spec, 1)).Replicas.Single();

        await host.RestartKeepingReplicasAsync(async database =>
        {
            await using var db = database.Open();
            await db.Set<ReplicaRow>().ExecuteDeleteAsync();
            await db.Set<ReplicaSetRow>().ExecuteDeleteAsync();
            await db.Set<WarmParentRow>().ExecuteDeleteAsync();
        });

        var until = DateTime.UtcNow.AddSeconds(20);
        while (host.Processes().Count > 0 && DateTime.UtcNow < until)
        {
            await Task.Delay(50);
        }

        Assert.Empty(host.Processes());
        Assert.Null(SpawnedProcess.Find(orphan.Pid!.Value));
    }

    [Fact]
    public async Task A_replica_that_ended_while_no_server_was_there_is_started_again()
    {
        await using var host = await ReplicaHost.StartAsync(o => o.FirstBackOff = TimeSpan.FromSeconds(0.1));
        var spec = await host.GivenModelAsync(Echo);
        await host.ApplyAsync(spec, 1);
        var before = (await host.ReadyAsync(spec, 1)).Replicas.Single();

        await host.RestartKeepingReplicasAsync(_ =>
        {
            Assert.True(SpawnPosix.Kill(before.Pid!.Value, SpawnPosix.SigKill));
            return Task.CompletedTask;
        });

        var after = (await host.UntilAsync(spec, s => s.Ready == 1 && s.Replicas.Single().Restarts == 1, "restarted")).Replicas.Single();
        Assert.Equal(("crashed", 9), (after.LastExit!.Reason, after.LastExit.Signal));   // the parent had written the exit file
    }

    [Fact]
    public async Task A_clean_stop_ends_everything_and_the_next_start_brings_it_back()
    {
        await using var host = await ReplicaHost.StartAsync();
        var spec = await host.GivenModelAsync(Echo);
        await host.ApplyAsync(spec, 1);
        await host.ReadyAsync(spec, 1);

        IReadOnlyList<int>? between = null;
        await host.RestartAsync(_ =>
        {
            between = host.Processes();
            return Task.CompletedTask;
        });

        Assert.Empty(between!);
        Assert.Equal(0, (await host.ReadyAsync(spec, 1)).ConsecutiveFailures);
    }

    /// <summary>As if the server had died between the start of a process and the commit of its pid.</summary>
    private static async Task ForgetPidsAsync(Database database)
    {
        await using var db = database.Open();
        await db.Set<ReplicaRow>().ExecuteUpdateAsync(
            s => s.SetProperty(r => r.Pid, (int?)null).SetProperty(r => r.StartTimeTicks, (long?)null).SetProperty(r => r.State, ReplicaState.Starting));
    }
}
