using Slipway.Server.Platform;

namespace Slipway.Server.Tests.Platform;

public sealed class SpawnTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("slipway-spawn-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task A_child_sees_only_the_environment_that_it_was_given()
    {
        Environment.SetEnvironmentVariable("SLIPWAY_TEST_SECRET", "do-not-tell");
        var result = await Spawn.RunAsync(Shell("env") with { Environment = new Dictionary<string, string> { ["GREETING"] = "hello" } }, Limit, Cancel);

        string[] names = [.. result.Output.Trim().Split('\n').Select(line => line.Split('=')[0]).Where(name => name is not ("_" or "PWD" or "SHLVL" or "OLDPWD")).Order()];
        Assert.Equal(["GREETING", "HOME", "LANG", "PATH"], names);
        Assert.Contains($"HOME={folder}", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_child_is_in_a_session_of_its_own_and_can_gain_no_privileges()
    {
        var result = await Spawn.RunAsync(Shell("cut -d' ' -f1,6 /proc/self/stat >/dev/null; echo $$ $(cut -d' ' -f6 /proc/$$/stat); grep NoNewPrivs /proc/self/status"), Limit, Cancel);

        var lines = result.Output.Split('\n');
        var ids = lines[0].Split(' ');
        Assert.Equal(ids[0], ids[1]);
        Assert.Equal("NoNewPrivs:\t1", lines[1]);
    }

    [Fact]
    public async Task A_tool_that_takes_too_long_is_killed_with_its_children()
    {
        var result = await Spawn.RunAsync(Shell("sleep 300 & echo $!; wait"), TimeSpan.FromSeconds(1), Cancel);

        Assert.True(result.TimedOut);
        Assert.False(result.Succeeded);
        var grandchild = int.Parse(result.Output.Trim());
        Assert.True(SpinWait.SpinUntil(() => SpawnedProcess.Find(grandchild) is null, TimeSpan.FromSeconds(5)));
    }

    [Fact]
    public async Task Output_above_the_bound_is_dropped_and_not_kept_in_memory()
    {
        var result = await Spawn.RunAsync(Shell("head -c 3000000 /dev/zero | tr '\\0' x; echo oops >&2; exit 3"), Limit, Cancel, outputBytes: 1000);

        Assert.Equal((3, 1000, "oops\n"), (result.ExitCode, result.Output.Length, result.Error));
    }

    [Fact]
    public async Task A_started_process_appends_to_its_log_and_has_the_pid_of_the_program()
    {
        var log = Path.Combine(folder, "log");
        await File.WriteAllTextAsync(log, "before\n");
        var process = await Spawn.StartAsync(Shell("echo $$; echo err >&2; exec sleep 300"), log, Cancel);
        try
        {
            Assert.True(SpinWait.SpinUntil(() => File.ReadAllText(log).Contains("err", StringComparison.Ordinal), TimeSpan.FromSeconds(5)));
            Assert.Equal($"before\n{process.Pid}\nerr\n", await File.ReadAllTextAsync(log));
            Assert.True(process.IsAlive);
            Assert.False((process with { StartTimeTicks = process.StartTimeTicks + 1 }).IsAlive);
        }
        finally
        {
            Assert.True(process.Signal(SpawnPosix.SigKill));
        }

        Assert.True(SpinWait.SpinUntil(() => !process.IsAlive, TimeSpan.FromSeconds(5)));
    }

    [Fact]
    public async Task A_child_runs_as_the_user_that_it_was_given()
    {
        Assert.SkipUnless(Spawn.CanChangeUser, "Only root can start processes as another user.");
        var result = await Spawn.RunAsync(Shell("id -u; id -g; id -G") with { User = new SpawnUser(210_123, 210_123), WorkingFolder = "/" }, Limit, Cancel);

        Assert.Equal("210123\n210123\n210123\n", result.Output);
    }

    [Fact]
    public async Task Limits_reach_the_child()
    {
        var result = await Spawn.RunAsync(Shell("ulimit -v; ulimit -n; ulimit -c") with { Limits = new SpawnLimits(AddressSpaceBytes: 512 << 20, OpenFiles: 99) }, Limit, Cancel);

        Assert.Equal($"{512 * 1024}\n99\n0\n", result.Output);
    }

    private static TimeSpan Limit => TimeSpan.FromSeconds(20);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private SpawnRequest Shell(string script) => new() { Program = "/bin/sh", Arguments = ["-c", script], WorkingFolder = folder };
}
