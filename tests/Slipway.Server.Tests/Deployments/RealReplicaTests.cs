using System.Net;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Contracts;
using Slipway.Server.Deployments;
using Slipway.Server.Platform;
using Slipway.Server.Replicas;
using Slipway.Server.Tests.Registry;
using Slipway.Testing;

namespace Slipway.Server.Tests.Deployments;

/// <summary>Deployments with real builds, real Python processes and predictions through the gateway.</summary>
public sealed class RealReplicaTests
{
    private const string Path = "/api/v1/deployments/development/adder";

    [Fact]
    public async Task A_model_is_deployed_updated_without_a_failed_request_and_protected_from_a_broken_version()
    {
        await using var server = await TestServer.StartAsync();
        await PushAsync(server, "x + 1");
        await (await server.Client.PostJsonAsync(
            "/api/v1/deployments", """{"name":"adder","model":"adder","version":"1","min_replicas":2,"max_replicas":2,"memory_mib":256}""")).ShouldSucceedAsync();
        var live = await UntilAsync(server, d => d is { Status: "ACTIVE", ReplicasReady: 2 });
        Assert.Equal("2", await PredictAsync(server));
        Assert.Equal(live.InvocationsEndpoint, new Uri(server.Address, "/development/models/adder/invocations").ToString());

        // A new version: no request fails, and no table lacks a ready replica.
        await PushAsync(server, "x + 10");
        var key = new RouteKey("development", "adder");
        var tables = new List<RouteTable>();
        server.Services.GetRequiredService<RouteTableFeed>().Swapped += tables.Add;
        using var done = new CancellationTokenSource();
        var answers = AskAsync(server, done.Token);
        var rollout = await (await server.Client.PostJsonAsync($"{Path}/revisions", """{"version":"2"}""")).ReadAsync<RolloutInfo>();
        await UntilAsync(server, d => d is { Status: "ACTIVE", Live.Number: 2, ReplicasReady: 2 });
        Assert.Equal("SUCCEEDED", (await server.Client.GetAsync<RolloutInfo>($"/api/v1/rollouts/{rollout.Id}")).Status);
        await UntilReplicasAsync(server, 2);
        await done.CancelAsync();
        Assert.Equal(["11", "2"], (await answers).Distinct().Order());
        Assert.All(tables, table => Assert.All(
            table.Deployments[key].Revisions, revision => Assert.Contains(revision.Default.Set.Replicas, replica => replica.Ready)));

        // A version that does not load leaves this one serving and says why.
        await PushAsync(server, "x", "raise RuntimeError('no weights here')");
        var broken = await (await server.Client.PostJsonAsync($"{Path}/revisions", """{"version":"3"}""")).ReadAsync<RolloutInfo>();
        var after = await UntilAsync(server, d => d is { StatusReason: "update_failed" });
        Assert.Equal((2, "ACTIVE"), (after.Live!.Number, after.Status));
        Assert.Contains("no weights here", after.StatusDetail, StringComparison.Ordinal);
        Assert.Equal("load_failed", (await server.Client.GetAsync<RolloutInfo>($"/api/v1/rollouts/{broken.Id}")).ErrorCode);
        Assert.Equal("11", await PredictAsync(server));

        // Output is there, and stop ends everything.
        var lines = await server.Client.GetAsync<Page<LogLine>>($"{Path}/logs?q=asked");
        Assert.Contains(lines.Items, l => l.Message.Contains("asked for 1", StringComparison.Ordinal));
        await UntilReplicasAsync(server, 2);
        await (await server.Client.PostJsonAsync($"{Path}/stop", "{}")).ShouldSucceedAsync();
        await UntilAsync(server, d => d.Status == "STOPPED");
        Assert.Equal(HttpStatusCode.NotFound, (await server.Client.PostJsonAsync("/development/models/adder/invocations", "1")).StatusCode);
        await UntilReplicasAsync(server, 0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_a_model_says_at_its_load_is_told_even_where_no_database_takes_it(bool postgreSql)
    {
        await using var server = await TestServer.StartAsync(postgreSql: postgreSql ? await PostgreSqlServer.CreateDatabaseOrSkipAsync() : null);
        await PushAsync(server, "x", "raise ValueError('no' + chr(0) + ' weights in caf' + chr(0xDCE9))");
        await (await server.Client.PostJsonAsync("/api/v1/deployments", """{"name":"adder","model":"adder","version":"1"}""")).ShouldSucceedAsync();
        var failed = await UntilAsync(server, d => d.Status == "DEPLOY_FAILED");
        Assert.Equal(("load_failed", "ValueError: no\uFFFD weights in caf?"), (failed.StatusReason, failed.StatusDetail![failed.StatusDetail!.IndexOf("ValueError", StringComparison.Ordinal)..]));
    }

    [Fact]
    public async Task A_server_that_is_killed_in_mid_rollout_leaves_the_replicas_and_the_next_one_finishes_with_them()
    {
        var folder = Directory.CreateTempSubdirectory("slipway-test-");
        try
        {
            RolloutInfo rollout;
            ReplicaInfo old;
            await using (var first = await TestServer.StartAsync(
                services: services => services.Configure<ReplicasOptions>(o => o.KeepReplicasOnStop = true), dataFolder: folder.FullName))
            {
                await PushAsync(first, "x + 1");
                await (await first.Client.PostJsonAsync("/api/v1/deployments", """{"name":"adder","model":"adder","version":"1","memory_mib":256}""")).ShouldSucceedAsync();
                await UntilAsync(first, d => d is { Status: "ACTIVE", ReplicasReady: 1 });
                old = (await UntilReplicasAsync(first, 1)).Items[0];
                await PushAsync(first, "x + 10", "import time; time.sleep(8)");
                rollout = await (await first.Client.PostJsonAsync($"{Path}/revisions", """{"version":"2"}""")).ReadAsync<RolloutInfo>();
                await first.UntilAsync(() => first.Client.GetAsync<Page<ReplicaInfo>>($"{Path}/replicas"), page => page.Items.Any(r => r.State == "loading"));
            }

            await using var second = await TestServer.StartAsync(dataFolder: folder.FullName);
            var adopted = await second.UntilAsync(() => second.Client.GetAsync<Page<ReplicaInfo>>($"{Path}/replicas"), page => page.Items.Any(r => r.State == "ready"));
            Assert.Contains(adopted.Items, r => r.Pid == old.Pid && r.StartTimeTicks == old.StartTimeTicks);
            await UntilAsync(second, d => d is { Status: "ACTIVE", Live.Number: 2, ReplicasReady: 1 });
            Assert.Equal("SUCCEEDED", (await second.Client.GetAsync<RolloutInfo>($"/api/v1/rollouts/{rollout.Id}")).Status);
            Assert.Equal("11", await PredictAsync(second));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static Task PushAsync(TestServer server, string result, string load = "pass") => server.Client.PushedAsync(
        "adder", ("model/model.py", $"class Model:\n    def load(self):\n        {load}\n    def predict(self, x):\n        print('asked for', x)\n        return {result}\n"));

    private static async Task<string> PredictAsync(TestServer server)
    {
        var response = await server.Client.PostAsync("/development/models/adder/invocations", new StringContent("1", Encoding.UTF8, "application/json"));
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{(int)response.StatusCode} {text}");
        return text;
    }

    /// <summary>One request after another; every answer.</summary>
    private static async Task<List<string>> AskAsync(TestServer server, CancellationToken until)
    {
        var answers = new List<string>();
        while (!until.IsCancellationRequested)
        {
            answers.Add(await PredictAsync(server));
        }

        return answers;
    }

    private static Task<DeploymentInfo> UntilAsync(TestServer server, Func<DeploymentInfo, bool> condition) =>
        server.UntilAsync(() => server.Client.GetAsync<DeploymentInfo>(Path), condition);

    private static Task<Page<ReplicaInfo>> UntilReplicasAsync(TestServer server, int count) => server.UntilAsync(
        () => server.Client.GetAsync<Page<ReplicaInfo>>($"{Path}/replicas"), page => page.Items.Count == count && page.Items.All(r => r.State == "ready"));
}
