using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Notifications.Webhooks;
using Slipway.Server.Platform;
using Slipway.Server.Schedules;
using Slipway.Testing;

namespace Slipway.Server.Tests.Schedules;

/// <summary>Jobs as real processes of a real host.</summary>
public sealed class JobTests
{
    [Fact]
    public async Task A_job_gets_its_parameters_variables_and_run_and_ends_with_its_result()
    {
        await using var server = await TestServer.StartAsync(services: Given.Hurry);
        const string script = """
            import json, os, sys
            print(json.load(open(os.environ["SLIPWAY_PARAMETERS_FILE"]))["depth"], json.loads(os.environ["SLIPWAY_PARAMETERS"])["depth"], os.environ["COLOUR"], os.environ["SIZE"], sys.argv[1:])
            print("files", sorted(os.listdir(".")), "secret" if "SECRET_OF_THE_SERVER" in os.environ else "scrubbed", os.getuid())
            open("result.txt", "w").write("written where it runs")
            print("run", os.environ["SLIPWAY_RUN_ID"], os.environ["SLIPWAY_SCHEDULE"], os.environ["SLIPWAY_EXECUTION"])
            print("to stderr", file=sys.stderr)
            """;
        Environment.SetEnvironmentVariable("SECRET_OF_THE_SERVER", "1");
        await server.Client.ScheduleAsync(
            "all", script, "base_image: python-system\njob: {command: [python, train.py, -x]}\nenvironment_variables: {COLOUR: rot, SIZE: 12, PATH: /nowhere}\n",
            r => r with { Parameters = JsonElement.Parse("""{"depth":3}"""), Variables = new Dictionary<string, string> { ["COLOUR"] = "blau" } });

        var ended = await server.Client.EndAsync(await server.Client.RunNowAsync("all"));

        var log = await server.Client.LogAsync(ended);
        Assert.True(ended.Status == "succeeded", $"{ended.Detail} {log}");
        Assert.Contains("Z 3 3 blau 12 ['-x']\n", log, StringComparison.Ordinal);
        Assert.Contains("Z files ['config.yaml', 'train.py'] scrubbed", log, StringComparison.Ordinal);
        Assert.Contains($"Z run {ended.RunId} all 1\n", log, StringComparison.Ordinal);
        Assert.Contains("Z to stderr\n", log, StringComparison.Ordinal);
        Assert.Equal((0, log.Length), (ended.ExitCode, (int)ended.LogBytes));
        Assert.True(ended.CpuSeconds > 0 && ended.PeakMemoryBytes > 1 << 20 && ended.DurationSeconds >= 0, ended.ToString());
        Assert.Equal(ended, (await server.Client.GetAsync<ScheduleInfo>("/api/v1/schedules/all")).Last);
        var run = await server.Client.GetAsync<RunDetail>($"/api/v1/runs/{ended.RunId}");
        Assert.Equal(("Completed", "nightly", "all #1", "all"), (run.Run.Status, run.Run.ExperimentName, run.Run.Name, run.Run.Tags["slipway.schedule"]));
        Assert.Equal(log[20..], await server.Client.GetStringAsync("/api/v1/schedules/all/executions/1/log?offset=20&follow=true"));
        await Given.GoneAsync(server.DataFolder);
        if (Spawn.CanChangeUser)
        {
            Assert.Matches("scrubbed (?!0\n)", log);   // not as root
        }
    }

    [Fact]
    public async Task The_key_of_a_job_works_while_it_runs_and_is_revoked_when_it_ends()
    {
        await using var server = await TestServer.StartAsync(services: Given.Hurry);
        const string script = """
            import os, urllib.request
            headers = {"Authorization": "Bearer " + os.environ["SLIPWAY_API_KEY"], "Content-Type": "application/json"}
            request = urllib.request.Request(os.environ["SLIPWAY_URL"] + "/api/v1/models", data=b'{"name":"made-by-a-job"}', headers=headers)
            print("answered", urllib.request.urlopen(request).status)
            print("key", os.environ["SLIPWAY_API_KEY"])
            """;
        await server.Client.ScheduleAsync("key", script);
        var ended = await server.Client.EndAsync(await server.Client.RunNowAsync("key"));
        var log = await server.Client.LogAsync(ended);
        Assert.Contains("answered 201", log, StringComparison.Ordinal);
        var key = log.Split('\n').Single(l => l.Contains("Z key slw_", StringComparison.Ordinal)).Split(' ')[^1];
        await (await server.WithKey(key).GetAsync("/api/v1/models")).ShouldRefuseAsync(401, "key_unknown");
        Assert.Equal("test-administrator", (await server.Client.GetAsync<ModelInfo>("/api/v1/models/made-by-a-job")).Owner);

        // Nothing of the key is left on the disk of the server but what the job itself has printed.
        Assert.DoesNotContain(Directory.EnumerateFiles(Path.Combine(server.DataFolder, "jobs"), "*", SearchOption.AllDirectories).Where(f => !f.EndsWith(".log", StringComparison.Ordinal)),
            f => File.ReadAllText(f).Contains(key, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("import sys\nprint('bad data')\nsys.exit(7)\n", 60, "failed", "exit_code")]
    [InlineData("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n", 60, "failed", "signal")]
    [InlineData("import time\nprint('begun')\ntime.sleep(600)\n", 1, "timed_out", "timed_out")]
    [InlineData("import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('begun')\nwhile True: time.sleep(1)\n", 1, "timed_out", "timed_out")]
    public async Task How_a_job_failed_is_said(string script, double timeout, string status, string reason)
    {
        await using var server = await TestServer.StartAsync(services: Given.Hurry);
        await (await server.Client.PostJsonAsync("/api/v1/webhooks", """{"name":"all","url":"https://localhost:9/","events":["dev.slipway.schedule.failed"]}""")).ShouldSucceedAsync();
        await server.Client.ScheduleAsync("fails", script, change: r => r with { TimeoutSeconds = timeout });
        var ended = await server.Client.EndAsync(await server.Client.RunNowAsync("fails"));
        Assert.Equal((status, reason), (ended.Status, ended.Reason));
        Assert.NotEmpty(ended.Detail!);
        var run = await server.Client.GetAsync<RunDetail>($"/api/v1/runs/{ended.RunId}");
        Assert.Equal(("Failed", ended.Detail), (run.Run.Status, run.Run.StatusReason));
        await using var db = server.Services.GetRequiredService<Database>().Read();
        var told = await db.Set<OutboxEvent>().SingleAsync(TestContext.Current.CancellationToken);
        Assert.Equal(("dev.slipway.schedule.failed", "schedules/fails/executions/1"), (told.Type, told.Subject));
    }

    [Fact]
    public async Task A_requirement_that_cannot_be_met_is_named_before_the_first_night()
    {
        await using var server = await TestServer.StartAsync(services: Given.Hurry);
        await server.Client.ScheduleAsync("needs", config: "base_image: python-system\nrequirements: [no-such-package-here]\n");
        var ended = await server.Client.EndAsync(await server.Client.RunNowAsync("needs"));
        Assert.Equal(("failed", "build_failed"), (ended.Status, ended.Reason));
        Assert.Contains("no-such-package-here", ended.Detail, StringComparison.Ordinal);
        var package = (await server.Client.GetAsync<ScheduleInfo>("/api/v1/schedules/needs")).Package;
        Assert.Equal("failed", package.Status);
        Assert.Contains("no-such-package-here", package.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancelling_ends_the_whole_tree_of_a_job_even_what_has_left_its_session()
    {
        await using var server = await TestServer.StartAsync(services: Given.Hurry);
        const string script = """
            import os, subprocess, sys, time
            child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"])
            away = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"], start_new_session=True)
            print("pids", os.getpid(), child.pid, away.pid)
            time.sleep(1000)
            """;
        await server.Client.ScheduleAsync("tree", script);
        var running = await server.Client.RunNowAsync("tree");
        await server.Client.SaidAsync(running, "Z pids ");
        var pids = (await server.Client.LogAsync(running)).Split("Z pids ")[1].Split('\n')[0].Split(' ').Select(int.Parse).ToList();
        Assert.All(pids, pid => Assert.NotNull(SpawnedProcess.Find(pid)));

        await (await server.Client.PostAsync($"/api/v1/schedules/tree/executions/{running.Number}/cancel", null)).ShouldSucceedAsync();
        var ended = await server.Client.EndAsync(running);

        Assert.Equal(("cancelled", "cancelled", "test-administrator"), (ended.Status, ended.Reason, ended.StoppedBy));
        Assert.All(pids, pid => Assert.Null(SpawnedProcess.Find(pid)));
        Assert.Equal("Killed", (await server.Client.GetAsync<RunDetail>($"/api/v1/runs/{ended.RunId}")).Run.Status);
        await (await server.Client.PostAsync($"/api/v1/schedules/tree/executions/{running.Number}/cancel", null)).ShouldRefuseAsync(409, "execution_ended");
    }

    [Fact]
    public async Task What_a_job_leaves_behind_ends_with_it()
    {
        await using var server = await TestServer.StartAsync(services: Given.Hurry);
        await server.Client.ScheduleAsync("daemon", """
            import subprocess, sys
            print("left", subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"], start_new_session=True).pid)
            """);
        var ended = await server.Client.EndAsync(await server.Client.RunNowAsync("daemon"));
        Assert.Equal("succeeded", ended.Status);
        var pid = int.Parse((await server.Client.LogAsync(ended)).Split("Z left ")[1].Split('\n')[0]);
        Assert.Null(SpawnedProcess.Find(pid));
    }

    [Fact]
    public async Task Output_without_end_is_bounded_and_its_last_words_are_kept()
    {
        await using var server = await TestServer.StartAsync(services: s =>
        {
            Given.Hurry(s);
            s.Configure<SchedulesOptions>(o => o.LogBytes = 64 * 1024);
        });
        await server.Client.ScheduleAsync("talks", "for i in range(60000): print('line', i, 'x' * 40)\nprint('the last word')\n");
        var ended = await server.Client.EndAsync(await server.Client.RunNowAsync("talks"));
        var log = await server.Client.LogAsync(ended);
        Assert.Contains("Z line 0 ", log, StringComparison.Ordinal);
        Assert.Contains("bytes of output are not kept", log, StringComparison.Ordinal);
        Assert.Contains("Z the last word\n", log, StringComparison.Ordinal);
        Assert.InRange(log.Length, 64 * 1024, 400 * 1024);
    }

    [Fact]
    public async Task A_server_that_crashed_adopts_its_job_and_learns_how_it_ended()
    {
        var folder = Directory.CreateTempSubdirectory("slipway-jobs-").FullName;
        try
        {
            ExecutionInfo running;
            int pid;
            await using (var server = await TestServer.StartAsync(services: Keep, dataFolder: folder))
            {
                await server.Client.ScheduleAsync("long", "import os, time\nprint('pid', os.getpid())\nwhile not os.path.exists('end'): time.sleep(0.05)\nprint('done', os.getpid())\nraise SystemExit(3)\n");
                running = await server.Client.RunNowAsync("long");
                await server.Client.SaidAsync(running, "Z pid ");
                running = await server.Client.UntilAsync(running, e => e.Status == "running");
                pid = int.Parse((await server.Client.LogAsync(running)).Split("Z pid ")[1].Split('\n')[0]);
            }

            Assert.NotNull(SpawnedProcess.Find(pid));
            await using (var server = await TestServer.StartAsync(services: Keep, dataFolder: folder))
            {
                Assert.Equal("running", (await server.Client.GetAsync<ExecutionInfo>("/api/v1/schedules/long/executions/1")).Status);
                await File.WriteAllTextAsync(Path.Combine(Assert.Single(Directory.EnumerateDirectories(Path.Combine(folder, "jobs", "run"))), "work", "end"), "", TestContext.Current.CancellationToken);
                var ended = await server.Client.EndAsync(running);
                Assert.Equal(("failed", "exit_code", 3), (ended.Status, ended.Reason, ended.ExitCode));
                Assert.Contains($"Z done {pid}\n", await server.Client.LogAsync(ended), StringComparison.Ordinal);   // the same process to the end
                Assert.Single((await server.Client.GetAsync<Page<ExecutionInfo>>("/api/v1/schedules/long/executions")).Items);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        static void Keep(IServiceCollection services)
        {
            Given.Hurry(services);
            services.Configure<SchedulesOptions>(o => o.KeepJobsOnStop = true);
        }
    }

    [Fact]
    public async Task A_clean_stop_ends_jobs_and_says_so()
    {
        var folder = Directory.CreateTempSubdirectory("slipway-jobs-").FullName;
        try
        {
            ExecutionInfo running;
            await using (var server = await TestServer.StartAsync(services: Given.Hurry, dataFolder: folder))
            {
                await server.Client.ScheduleAsync("long", "import time\nprint('begun')\ntime.sleep(1000)\n");
                running = await server.Client.RunNowAsync("long");
                await server.Client.SaidAsync(running, "Z begun");
                await server.Client.UntilAsync(running, e => e.Status == "running");
            }

            await using (var server = await TestServer.StartAsync(services: Given.Hurry, dataFolder: folder))
            {
                var ended = await server.Client.EndAsync(running);
                Assert.Equal(("failed", "server_stopped"), (ended.Status, ended.Reason));
                Assert.Empty(Directory.EnumerateDirectories(Path.Combine(folder, "jobs", "run")));
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Deleting_a_schedule_cancels_its_job_and_takes_everything_of_it_away()
    {
        await using var server = await TestServer.StartAsync(services: Given.Hurry);
        await server.Client.ScheduleAsync("gone", "import time\nprint('begun')\ntime.sleep(1000)\n");
        var running = await server.Client.RunNowAsync("gone");
        await server.Client.SaidAsync(running, "Z begun");
        await (await server.Client.DeleteAsync("/api/v1/schedules/gone")).ShouldSucceedAsync();
        var until = DateTime.UtcNow.AddSeconds(60);
        while ((await server.Client.GetAsync("/api/v1/schedules/gone")).IsSuccessStatusCode)
        {
            Assert.True(DateTime.UtcNow < until);
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }

        await server.Services.GetRequiredService<ScheduleSweep>().RunAsync(CancellationToken.None);
        await using var db = server.Services.GetRequiredService<Database>().Read();
        Assert.Equal(0, await db.Set<Execution>().CountAsync(TestContext.Current.CancellationToken) + await db.Set<JobPackageFile>().CountAsync(TestContext.Current.CancellationToken));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(server.DataFolder, "jobs", "run")).Concat(Directory.EnumerateFiles(Path.Combine(server.DataFolder, "jobs", "logs"))));
        await server.Client.ScheduleAsync("gone");   // the name is free
    }

    [Fact]
    public async Task A_job_of_an_owner_who_may_not_act_does_not_run()
    {
        await using var server = await TestServer.StartAsync(services: Given.Hurry);
        await server.As(Role.Analyst).ScheduleAsync("orphaned");
        await (await server.Client.SendJsonAsync(HttpMethod.Patch, "/api/v1/users/test-analyst", """{"disabled":true}""")).ShouldSucceedAsync();
        var ended = await server.Client.EndAsync(await server.Client.RunNowAsync("orphaned"));
        Assert.Equal(("failed", "owner_disabled"), (ended.Status, ended.Reason));
    }

    [Fact]
    public async Task An_archived_experiment_takes_no_job()
    {
        await using var server = await TestServer.StartAsync(services: Given.Hurry);
        await server.Client.ScheduleAsync("closed");
        await (await server.Client.PostJsonAsync("/api/v1/experiments", """{"name":"nightly"}""")).ShouldSucceedAsync();
        await (await server.Client.PostAsync("/api/v1/experiments/nightly/archive", null)).ShouldSucceedAsync();
        var ended = await server.Client.EndAsync(await server.Client.RunNowAsync("closed"));
        Assert.Equal(("failed", "experiment_gone"), (ended.Status, ended.Reason));
    }

    [Fact]
    public async Task Jobs_wait_for_a_place()
    {
        await using var server = await TestServer.StartAsync(services: s =>
        {
            Given.Hurry(s);
            s.Configure<SchedulesOptions>(o => o.ConcurrentJobs = 1);
        });
        await server.Client.ScheduleAsync("first", "import time\nprint('begun')\ntime.sleep(1000)\n");
        await server.Client.ScheduleAsync("second");
        var first = await server.Client.RunNowAsync("first");
        await server.Client.SaidAsync(first, "Z begun");
        var second = await server.Client.RunNowAsync("second");
        await server.Client.UntilAsync(first, e => e.Status == "running");
        Assert.Equal("queued", (await server.Client.UntilAsync(second, _ => true)).Status);
        await (await server.Client.PostAsync("/api/v1/schedules/first/executions/1/cancel", null)).ShouldSucceedAsync();
        Assert.Equal("succeeded", (await server.Client.EndAsync(second)).Status);
    }
}
