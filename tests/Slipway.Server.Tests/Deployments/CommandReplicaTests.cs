using System.Net;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Contracts;
using Slipway.Server.Platform;
using Slipway.Server.Tests.Registry;
using Slipway.Testing;

namespace Slipway.Server.Tests.Deployments;

/// <summary>The sample of a program that serves HTTP, as a deployment with real processes.</summary>
public sealed class CommandReplicaTests
{
    private const string Path = "/api/v1/deployments/development/word-counter";

    [Fact]
    public async Task A_program_answers_is_started_again_when_it_ends_and_leaves_nothing_behind()
    {
        await using var server = await TestServer.StartAsync();
        var version = await server.Client.PushedAsync("word-counter", ("config.yaml", Sample("config.yaml")), ("serve.py", Sample("serve.py")));
        Assert.Equal(("command", "command", true), (version.Detected, version.Runtime, version.Runnable));
        Assert.Empty(version.Warnings);
        await (await server.Client.PostJsonAsync("/api/v1/deployments", """{"name":"word-counter","model":"word-counter","version":"1","min_replicas":2,"max_replicas":2}""")).ShouldSucceedAsync();
        var replicas = await server.UntilAsync(() => ReplicasAsync(server), all => all.Count == 2 && all.All(r => r.State == "ready"));
        await server.UntilAsync(() => AskAsync(server, """{"text":"a b a"}"""), answer => answer.Status == HttpStatusCode.OK);

        // What the program answers passes through, its own errors marked as the model's.
        Assert.Equal("""{"words": 3, "most": [["a", 2], ["b", 1]]}""", (await AskAsync(server, """{"text":"a b a"}""")).Body);
        var refused = await server.Client.PostAsync("/development/models/word-counter/invocations", Json("""{"no":"text"}"""));
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "model"), (refused.StatusCode, refused.Headers.GetValues("Slipway-Error-Source").Single()));

        // Each has a program on a port of its own; one that ends is started again, while the other one answers.
        var programs = replicas.Select(r => ChildOf(r.Pid!.Value)).ToList();
        Assert.Equal(2, programs.Distinct().Count());
        System.Diagnostics.Process.GetProcessById(programs[0]).Kill();
        var again = await server.UntilAsync(() => ReplicasAsync(server), all => all.Count == 2 && all.All(r => r.State == "ready") && all.Any(r => r.Restarts == 1));
        Assert.Contains(again, r => r.LastExitDetail?.Contains("signal 9", StringComparison.Ordinal) == true);
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(server, """{"text":"x"}""")).Status);
        var lines = await server.Client.GetAsync<Page<LogLine>>($"{Path}/logs?q=starting");
        Assert.True(lines.Items.Count >= 3, $"{lines.Items.Count} starts are in the log.");

        // The deployment's health path is asked instead of the package's, of programs that run: those that are not well there get no requests, and are the same processes afterwards.
        await CheckedAsync(server, """{"path":"/nowhere","interval_seconds":0.5,"stop_traffic_threshold_seconds":2,"restart_threshold_seconds":3600}""");
        await server.UntilAsync(() => ReplicasAsync(server), all => all.Count == 2 && all.All(r => r.State == "unresponsive"));
        await CheckedAsync(server, """{"path":""}""");
        var well = await server.UntilAsync(() => ReplicasAsync(server), all => all.Count == 2 && all.All(r => r.State == "ready"));
        Assert.Equal(again.Select(r => r.Pid).Order(), well.Select(r => r.Pid).Order());

        programs = [.. again.Select(r => ChildOf(r.Pid!.Value))];
        await (await server.Client.PostJsonAsync($"{Path}/stop", "{}")).ShouldSucceedAsync();
        await server.UntilAsync(() => ReplicasAsync(server), all => all.Count == 0);
        await server.UntilAsync(() => Task.FromResult(programs.Count(p => Directory.Exists($"/proc/{p}"))), alive => alive == 0);
    }

    [Fact]
    public async Task A_program_that_cannot_be_one_is_refused_with_the_field()
    {
        await using var server = await TestServer.StartAsync();
        foreach (var (config, code) in new[]
        {
            ("", "bad_config"),                                                      // no program
            ("command: []\n", "bad_config"),
            ("command: [python3, missing.py]\n", "missing_model_file"),
            ("command: ./serve\nhttp:\n  health_path: health\n", "bad_config"),     // not from the root
            ("command: ./serve\nhttp:\n  predict_concurrency: 0\n", "bad_config"),
            ("command: ./serve\nhttp:\n  predict_path: \"/a\\r\\nHost: x\"\n", "bad_config"),
        })
        {
            await (await server.Client.PushAsync("word-counter", null, ("config.yaml", $"runtime: command\n{config}"))).ShouldRefuseAsync(400, code);
        }
    }

    private static string Sample(string file)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!Directory.Exists(System.IO.Path.Combine(folder.FullName, "samples")))
        {
            folder = folder.Parent!;
        }

        return File.ReadAllText(System.IO.Path.Combine(folder.FullName, "samples", "http-program", file));
    }

    /// <summary>The one process that another one has started.</summary>
    private static int ChildOf(int parent) => Directory.EnumerateDirectories("/proc").Select(System.IO.Path.GetFileName).Where(n => int.TryParse(n, out _)).Select(n => int.Parse(n!, null))
        .Single(pid =>
        {
            try
            {
                return File.ReadAllText($"/proc/{pid}/stat") is { } stat && int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], null) == parent;
            }
            catch (IOException)
            {
                return false;   // it has ended
            }
        });

    private static async Task CheckedAsync(TestServer server, string health) =>
        await (await server.Client.SendJsonAsync(HttpMethod.Patch, Path, $$"""{"health_check":{{health}}}""")).ShouldSucceedAsync();

    private static StringContent Json(string json) => new(json, Encoding.UTF8, "application/json");

    private static async Task<(HttpStatusCode Status, string Body)> AskAsync(TestServer server, string json)
    {
        var response = await server.Client.PostAsync("/development/models/word-counter/invocations", Json(json));
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    private static async Task<IReadOnlyList<ReplicaInfo>> ReplicasAsync(TestServer server) => (await server.Client.GetAsync<Page<ReplicaInfo>>($"{Path}/replicas")).Items;
}
