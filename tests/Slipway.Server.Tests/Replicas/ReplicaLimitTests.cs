using Microsoft.Extensions.DependencyInjection;
using Slipway.Server.Platform;
using Slipway.Server.Replicas;

namespace Slipway.Server.Tests.Replicas;

public sealed class ReplicaLimitTests
{
    [Theory]
    [InlineData("load")]
    [InlineData("later")]
    public async Task A_replica_with_256_MiB_that_allocates_400_ends_with_memory_limit(string when)
    {
        await using var host = await ReplicaHost.StartAsync(o => o.FirstBackOff = TimeSpan.FromSeconds(30));
        SkipUnlessEnforced(host, "memory");
        var spec = await host.GivenModelAsync($$"""
            import threading
            def eat():
                global kept
                kept = b"x" * (400 << 20)
            class Model:
                def load(self):
                    {{(when == "load" ? "eat()" : "threading.Timer(1, eat).start()")}}
                def predict(self, body):
                    return body
            """, memoryMib: 256);

        await host.ApplyAsync(spec, 1);
        var status = await host.UntilAsync(spec, s => s.LastExit is not null, "ended");

        Assert.Equal(("memory_limit", "It met its memory limit of 256 MiB."), (status.LastExit!.Reason, status.LastExit.Detail));
        Assert.Equal("enforced", status.Replicas.Single().Limits["memory"]);
    }

    [Theory]
    [InlineData("load")]
    [InlineData("predict")]
    public async Task Without_control_groups_the_address_space_holds_a_replica_and_is_called_advisory(string when)
    {
        await using var host = await ReplicaHost.StartAsync(o => (o.ControlGroups, o.FirstBackOff) = (false, TimeSpan.FromSeconds(30)));
        var spec = await host.GivenModelAsync($$"""
            class Model:
                def load(self):
                    self.kept = bytes({{(when == "load" ? 3 : 0)}} << 30)
                def predict(self, body):
                    return len(bytes(3 << 30))
            """, memoryMib: 256);
        await host.ApplyAsync(spec, 1);
        if (when == "load")
        {
            var ended = await host.UntilAsync(spec, s => s.LastExit is not null, "ended");
            Assert.Equal("memory_limit", ended.LastExit!.Reason);
            return;
        }

        var replica = (await host.ReadyAsync(spec, 1)).Replicas.Single();
        Assert.Equal(("advisory", "unsupported", "unsupported"), (replica.Limits["memory"], replica.Limits["cpu"], replica.Limits["processes"]));
        var limits = await File.ReadAllLinesAsync($"/proc/{replica.Pid}/limits");
        Assert.Contains(limits, l => l.StartsWith("Max address space", StringComparison.Ordinal) && l.Contains($"{(256L << 20) + (1L << 30)}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_replica_with_half_a_core_uses_at_most_55_percent_over_5_seconds()
    {
        await using var host = await ReplicaHost.StartAsync();
        SkipUnlessEnforced(host, "cpu");
        var spec = await host.GivenModelAsync("""
            import threading
            def spin():
                while True:
                    pass
            class Model:
                def load(self):
                    threading.Thread(target=spin, daemon=True).start()
                def predict(self, body):
                    return body
            """, cpuCores: 0.5);
        await host.ApplyAsync(spec, 1);
        var replica = (await host.ReadyAsync(spec, 1)).Replicas.Single();
        var process = new SpawnedProcess(replica.Pid!.Value, replica.StartTimeTicks!.Value);

        var (watch, before) = (System.Diagnostics.Stopwatch.StartNew(), process.Usage()!.Value.Cpu);
        await Task.Delay(TimeSpan.FromSeconds(5));
        var cores = (process.Usage()!.Value.Cpu - before) / watch.Elapsed;

        Assert.InRange(cores, 0.02, 0.55);
    }

    [Fact]
    public async Task Model_code_runs_as_the_user_of_its_deployment_and_cannot_read_the_database()
    {
        Assert.SkipUnless(Spawn.CanChangeUser, "Only root can start processes as another user.");
        await using var host = await ReplicaHost.StartAsync();
        var code = $$"""
            import os
            def can(path):
                try:
                    open(path).close()
                    return True
                except OSError:
                    return False
            class Model:
                def load(self):
                    print("user", os.getuid(), os.getgid(), os.getgroups(), can("{{host.Folder}}/slipway.db"), sorted(k for k in os.environ if "SECRET" in k), "NoNewPrivs:\t1" in open("/proc/self/status").read())
                def predict(self, body):
                    return body
            """;
        Environment.SetEnvironmentVariable("SLIPWAY_TEST_SECRET", "do-not-tell");
        var (one, other) = (await host.GivenModelAsync(code), await host.GivenModelAsync(code));
        await host.ApplyAsync(one, 1);
        await host.ApplyAsync(other, 1);
        var first = (await host.ReadyAsync(one, 1)).Replicas.Single();
        var second = (await host.ReadyAsync(other, 1)).Replicas.Single();

        Assert.NotNull(first.UserId);
        Assert.NotEqual(first.UserId, second.UserId);
        var logs = host.Services.GetRequiredService<ReplicaLogs>();
        var line = (await logs.ReadAsync(one.DeploymentId, new LogQuery(Text: "user "), CancellationToken.None)).Lines.Single();
        Assert.Equal($"user {first.UserId} {first.UserId} [] False [] True", line.Message);
        Assert.DoesNotContain("not contained", host.Services.GetRequiredService<Isolation>().Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_users_of_their_own_the_product_says_that_models_are_not_contained()
    {
        await using var host = await ReplicaHost.StartAsync(services: s => s.Configure<Slipway.Server.Runtimes.RuntimesOptions>(o => o.OwnUsers = false));
        var spec = await host.GivenModelAsync("""
            class Model:
                def predict(self, body):
                    return body
            """);

        await host.ApplyAsync(spec, 1);

        Assert.Null((await host.ReadyAsync(spec, 1)).Replicas.Single().UserId);
        Assert.Equal("Model code runs as the server's own user and is not contained.", host.Services.GetRequiredService<Isolation>().Sentence);
    }

    [Fact]
    public async Task Each_limit_says_what_this_machine_does_about_it()
    {
        await using var host = await ReplicaHost.StartAsync();

        var support = host.Services.GetRequiredService<Cgroups>().Support;

        Assert.Equal(["memory", "cpu", "processes"], support.Select(s => s.Limit));
        Assert.All(support, s => Assert.Contains(s.Support, new[] { "enforced", "advisory", "unsupported" }));
        Assert.All(support, s => Assert.NotEmpty(s.Mechanism));
    }

    private static void SkipUnlessEnforced(ReplicaHost host, string limit)
    {
        var support = host.Services.GetRequiredService<Cgroups>().Support.Single(s => s.Limit == limit);
        Assert.SkipUnless(support.Support == "enforced", $"This machine does not enforce {limit}: {support.Mechanism}.");
    }
}
