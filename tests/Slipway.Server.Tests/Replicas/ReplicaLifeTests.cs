using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Server.Platform;
using Slipway.Server.Replicas;

namespace Slipway.Server.Tests.Replicas;

public sealed class ReplicaLifeTests
{
    private const int SigStop = 19;
    private const int SigCont = 18;

    private const string Echo = """
        class Model:
            def load(self):
                print("loaded")
            def predict(self, body):
                return body
        """;

    [Theory]
    [InlineData(true)]    // from the warm parent by fork
    [InlineData(false)]   // a package that cannot live with fork
    public async Task A_replica_becomes_ready_and_goes_when_it_is_not_wanted(bool fork)
    {
        await using var host = await ReplicaHost.StartAsync();
        var spec = await host.GivenModelAsync(Echo, fork: fork);

        await host.ApplyAsync(spec, 1);
        var replica = (await host.ReadyAsync(spec, 1)).Replicas.Single();
        Assert.True(ProcessOf(replica).IsAlive);
        Assert.True(replica.ResidentBytes > 0);

        await host.Sets.RemoveAsync(spec.DeploymentId, spec.Hash, CancellationToken.None);
        await host.GoneAsync(spec);
        Assert.False(ProcessOf(replica).IsAlive);
    }

    [Fact]
    public async Task The_number_of_replicas_follows_what_was_applied_last()
    {
        await using var host = await ReplicaHost.StartAsync();
        var spec = await host.GivenModelAsync(Echo);

        await host.ApplyAsync(spec, 3);
        await host.ReadyAsync(spec, 3);
        await host.ApplyAsync(spec, 1);
        await host.ApplyAsync(spec, 2);
        await host.ReadyAsync(spec, 2);
    }

    [Fact]
    public async Task A_model_that_cannot_load_says_why_and_backs_off_and_a_retry_tries_at_once()
    {
        await using var host = await ReplicaHost.StartAsync(o => o.FirstBackOff = TimeSpan.FromSeconds(30));
        var spec = await host.GivenModelAsync("""
            class Model:
                def load(self):
                    raise ValueError("no weights here")
                def predict(self, body):
                    return body
            """);

        await host.ApplyAsync(spec, 1);
        var failed = await host.UntilAsync(spec, s => s.ConsecutiveFailures == 1 && s.Replicas.Single().State == ReplicaState.BackingOff, "backing off");
        Assert.Equal(("load_failed", "ValueError: no weights here"), (failed.LastExit!.Reason, failed.LastExit.Detail));

        await host.Sets.RetryAsync(spec.DeploymentId, spec.Hash, CancellationToken.None);
        var again = await host.UntilAsync(spec, s => s.ConsecutiveFailures == 1 && s.Replicas.Single() is { State: ReplicaState.BackingOff, Restarts: 1 }, "tried again");
        Assert.Equal("load_failed", again.Replicas.Single().LastExit!.Reason);
    }

    [Fact]
    public async Task A_model_that_crashes_starts_again_with_growing_pauses_and_its_neighbour_does_not_notice()
    {
        await using var host = await ReplicaHost.StartAsync(o => o.FirstBackOff = TimeSpan.FromSeconds(0.2));
        var neighbour = await host.GivenModelAsync(Echo);
        var spec = await host.GivenModelAsync("""
            import os, signal, threading
            class Model:
                def load(self):
                    threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGSEGV)).start()
                def predict(self, body):
                    return body
            """);
        await host.ApplyAsync(neighbour, 1);
        var before = (await host.ReadyAsync(neighbour, 1)).Replicas.Single();

        await host.ApplyAsync(spec, 1);
        var seen = await host.UntilAsync(spec, s => s.Replicas.Single().Restarts >= 3, "restarted three times");

        Assert.Equal("crashed", seen.LastExit!.Reason);
        Assert.Equal(11, seen.LastExit.Signal);
        Assert.Equal(before.Pid, host.Find(neighbour)!.Replicas.Single().Pid);
    }

    [Fact]
    public async Task A_replica_that_answers_no_ping_is_killed_and_replaced()
    {
        await using var host = await ReplicaHost.StartAsync(o => o.HangAfter = TimeSpan.FromSeconds(1.5));
        var spec = await host.GivenModelAsync(Echo);
        await host.ApplyAsync(spec, 1);
        var replica = (await host.ReadyAsync(spec, 1)).Replicas.Single();

        Assert.True(ProcessOf(replica).Signal(SigStop));

        await host.UntilAsync(spec, s => s.LastExit?.Reason == "hung", "hung");
        var after = (await host.ReadyAsync(spec, 1)).Replicas.Single();
        Assert.Equal((replica.Id, 1), (after.Id, after.Restarts));
        Assert.NotEqual(replica.Pid, after.Pid);
    }

    [Fact]
    public async Task A_silent_replica_is_taken_out_of_rotation_before_it_is_restarted_and_comes_back_when_it_answers()
    {
        await using var host = await ReplicaHost.StartAsync(o => (o.StopTrafficAfter, o.PingInterval, o.HangAfter) = (TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(0.2), TimeSpan.FromMinutes(5)));
        var spec = await host.GivenModelAsync(Echo);
        await host.ApplyAsync(spec, 1);
        var replica = (await host.ReadyAsync(spec, 1)).Replicas.Single();

        Assert.True(ProcessOf(replica).Signal(SigStop));
        await host.UntilAsync(spec, s => s.Replicas.Single().State == ReplicaState.Unresponsive, "out of rotation");
        Assert.True(ProcessOf(replica).Signal(SigCont));

        var back = await host.UntilAsync(spec, s => s.Replicas.Single().State == ReplicaState.Ready, "back");
        Assert.Equal((replica.Pid, 0), (back.Replicas.Single().Pid, back.Replicas.Single().Restarts));
    }

    [Fact]
    public async Task A_restart_has_the_new_replica_ready_before_the_old_one_goes()
    {
        await using var host = await ReplicaHost.StartAsync();
        var spec = await host.GivenModelAsync(Echo);
        await host.ApplyAsync(spec, 1);
        var old = (await host.ReadyAsync(spec, 1)).Replicas.Single();

        await host.Sets.RestartAsync(spec.DeploymentId, spec.Hash, CancellationToken.None);
        var fewest = int.MaxValue;
        await host.UntilAsync(
            spec, s =>
            {
                fewest = Math.Min(fewest, s.Ready);
                return s.Replicas.Length == 1 && s.Replicas[0].Id != old.Id && s.Ready == 1;
            },
            "replaced");

        Assert.Equal(1, fewest);
        Assert.False(ProcessOf(old).IsAlive);
    }

    [Fact]
    public async Task A_drain_waits_for_what_is_in_flight_and_is_cut_at_its_bound()
    {
        await using var host = await ReplicaHost.StartAsync(o => o.DrainTimeout = TimeSpan.FromSeconds(2));
        var spec = await host.GivenModelAsync("""
            import time
            class Model:
                def predict(self, body):
                    time.sleep(body)
                    return "slept"
            """);
        await host.ApplyAsync(spec, 2);
        var replicas = (await host.ReadyAsync(spec, 2)).Replicas;
        await using var quick = await GatewayCall.StartAsync(replicas[0], "1", host.Services);
        await using var endless = await GatewayCall.StartAsync(replicas[1], "600", host.Services);

        await host.Sets.RemoveAsync(spec.DeploymentId, spec.Hash, CancellationToken.None);

        Assert.Equal("\"slept\"", await quick.AnswerAsync());
        await host.GoneAsync(spec);
        Assert.DoesNotContain(replicas, r => ProcessOf(r).IsAlive);
    }

    [Fact]
    public async Task A_replica_killed_from_outside_and_then_its_parent_are_replaced()
    {
        await using var host = await ReplicaHost.StartAsync(o => o.FirstBackOff = TimeSpan.FromSeconds(0.1));
        var spec = await host.GivenModelAsync(Echo);
        await host.ApplyAsync(spec, 1);
        var first = (await host.ReadyAsync(spec, 1)).Replicas.Single();

        Assert.True(ProcessOf(first).Signal(SpawnPosix.SigKill));
        var second = (await host.UntilAsync(spec, s => s.Ready == 1 && s.Replicas.Single().Restarts == 1, "restarted")).Replicas.Single();
        Assert.Equal(("crashed", 9), (second.LastExit!.Reason, second.LastExit.Signal));

        Assert.True((await ParentAsync(host)).Signal(SpawnPosix.SigKill));
        await Task.Delay(500);
        Assert.True(ProcessOf(second).IsAlive);   // it does not need its parent to live

        Assert.True(ProcessOf(second).Signal(SpawnPosix.SigKill));
        var third = (await host.UntilAsync(spec, s => s.Ready == 1 && s.Replicas.Single().Restarts == 2, "restarted from a new parent")).Replicas.Single();
        Assert.Equal("unknown", third.LastExit!.Reason);
        Assert.True((await ParentAsync(host)).IsAlive);
    }

    [Fact]
    public async Task A_package_whose_interpreter_is_gone_fails_with_a_reason_and_leaves_nothing()
    {
        await using var host = await ReplicaHost.StartAsync(o => o.FirstBackOff = TimeSpan.FromSeconds(30));
        var spec = await host.GivenModelAsync(Echo);
        spec = spec with { Launch = spec.Launch with { Interpreter = "/nowhere/python" } };

        await host.ApplyAsync(spec, 1);
        var status = await host.UntilAsync(spec, s => s.Replicas.SingleOrDefault()?.State == ReplicaState.BackingOff, "backing off");

        Assert.Equal("start_failed", status.LastExit!.Reason);
        Assert.DoesNotContain("/nowhere", status.LastExit.Detail, StringComparison.Ordinal);
        Assert.Empty(host.Processes());
    }

    [Fact]
    public async Task A_model_that_floods_its_output_fills_neither_disk_nor_reader_and_its_neighbour_does_not_notice()
    {
        await using var host = await ReplicaHost.StartAsync(o =>
        {
            o.LogFileBytes = 1 << 20;
            o.RotatedLogFiles = 2;
            o.SampleInterval = TimeSpan.FromSeconds(0.2);
        });
        var neighbour = await host.GivenModelAsync(Echo);
        var flooding = await host.GivenModelAsync("""
            import os, threading, time
            def flood():
                for i in range(1500):          # some 100 MB in some seconds
                    os.write(1, b"%08d " % i + b"x" * 70_000 + b"\n")
                    time.sleep(0.002)
                print("the flood is over", flush=True)
            class Model:
                def load(self):
                    threading.Thread(target=flood, daemon=True).start()
                def predict(self, body):
                    return body
            """);
        await host.ApplyAsync(neighbour, 1);
        var before = (await host.ReadyAsync(neighbour, 1)).Replicas.Single();
        await host.ApplyAsync(flooding, 1);
        await host.ReadyAsync(flooding, 1);
        var logs = host.Services.GetRequiredService<ReplicaLogs>();

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while ((await logs.ReadAsync(flooding.DeploymentId, new LogQuery(1, Text: "the flood is over"), limit.Token)).Lines.IsEmpty)
        {
            await Task.Delay(200, limit.Token);
        }

        await Task.Delay(1000, limit.Token);   // the last rotation
        var folder = Path.GetDirectoryName(host.Find(flooding)!.Replicas.Single().LogPath)!;
        Assert.InRange(Directory.EnumerateFiles(folder).Sum(f => new FileInfo(f).Length), 1, 6 << 20);
        Assert.Equal(before.Pid, host.Find(neighbour)!.Replicas.Single().Pid);
        Assert.Equal(1, host.Find(flooding)!.Ready);
    }

    private static SpawnedProcess ProcessOf(ReplicaStatus replica) => new(replica.Pid!.Value, replica.StartTimeTicks!.Value);

    private static async Task<SpawnedProcess> ParentAsync(ReplicaHost host)
    {
        await using var db = host.Services.GetRequiredService<Database>().Read();
        var row = await db.Set<WarmParentRow>().SingleAsync();
        return new SpawnedProcess(row.Pid!.Value, row.StartTimeTicks!.Value);
    }
}
