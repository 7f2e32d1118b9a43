using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Replicas;
using Slipway.Server.Tests.Registry;
using Slipway.Testing;
using static Slipway.Server.Tests.Deployments.OnnxDeployments;

namespace Slipway.Server.Tests.Deployments;

/// <summary>ONNX models inside the gateway's process (placement gateway), from the request to their end.</summary>
public sealed class HostedModelTests
{
    public HostedModelTests() => Assert.SkipWhen(OnnxLibrary.Path is null, OnnxLibrary.Missing);

    [Fact]
    public async Task A_model_is_hosted_moved_out_and_back_and_unloaded_without_a_failed_request()
    {
        await using var server = await TestServer.StartAsync();
        var version = await PushAsync(server, OnnxModels.Linear());
        await DeployAsync(server);
        var live = await UntilAsync(server, d => d is { Status: "ACTIVE", ReplicasReady: 1 });
        Assert.Equal("gateway", live.Live!.Variants[0].Placement);
        var replica = Assert.Single((await server.Client.GetAsync<Page<ReplicaInfo>>($"{Linear}/replicas")).Items);
        Assert.Equal(("gateway", "ready", null, null, "unsupported"), (replica.Placement, replica.State, replica.Pid, replica.Socket, replica.Limits["memory"]));
        Assert.Equal("""{"y":[[1.3]]}""", await PredictAsync(server));
        Assert.Equal("""{"inputs":{"x":[[0,0]]}}""", version.ExampleInput!.Value.GetRawText());   // made from the signature, and taken
        Assert.Equal("""{"predictions":{"y":[[1]]}}""", await PredictAsync(server, version.ExampleInput.Value.GetRawText()));
        using (var bad = await AskAsync(server, "[1, 2, 3]"))
        {
            Assert.Equal(HttpStatusCode.BadRequest, bad.StatusCode);
            Assert.Contains("shape_mismatch", await bad.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        var system = await server.Client.GetAsync<SystemStatus>("/api/v1/system");
        Assert.Equal(1, system.Hosted.Models);
        Assert.InRange(system.Hosted.Bytes, OnnxModels.Linear().Length, system.Hosted.LimitBytes);
        var lines = await server.Client.GetAsync<Page<LogLine>>($"{Linear}/logs?q=Loaded");
        Assert.Contains(lines.Items, l => l.Message.Contains("into the gateway", StringComparison.Ordinal));

        // Its runs are counted: each request here ran alone.
        await server.UntilAsync(
            async () => (await server.Client.GetAsync<InferenceStatistics>("/development/v2/models/linear/stats")).ModelStats.Single(),
            stats => (stats.InferenceCount, stats.ExecutionCount) is (2, 2));

        // Out of the gateway, and into it again, as a rollout like any other.
        using var done = new CancellationTokenSource();
        var asking = AskUntilAsync(server, done.Token);
        foreach (var (placement, number) in new[] { ("replica", 2), ("gateway", 3) })
        {
            await (await server.Client.PostJsonAsync($"{Linear}/revisions", $$"""{"placement":"{{placement}}"}""")).ShouldSucceedAsync();
            await UntilAsync(server, d => d is { Status: "ACTIVE", Rollout: null } && d.Live!.Number == number && d.Live.Variants[0].Placement == placement);
        }

        await (await server.Client.PostJsonAsync($"{Linear}/restart", "{}")).ShouldSucceedAsync();
        await UntilReplicasAsync(server, page => page.Items is [{ State: "ready", Placement: "gateway" } one] && one.Id != replica.Id);
        await done.CancelAsync();
        Assert.Equal(["""{"y":[[1.3]]}"""], (await asking).Distinct());

        // Stop unloads it; start loads it again.
        await (await server.Client.PostJsonAsync($"{Linear}/stop", "{}")).ShouldSucceedAsync();
        await UntilAsync(server, d => d.Status == "STOPPED");
        Assert.Equal((0, 0L), server.Services.GetRequiredService<HostedOnnx>().InUse);
        using (var stopped = await AskAsync(server, "[1, 1]"))
        {
            Assert.Equal(HttpStatusCode.NotFound, stopped.StatusCode);
        }

        await (await server.Client.PostJsonAsync($"{Linear}/start", "{}")).ShouldSucceedAsync();
        await UntilAsync(server, d => d is { Status: "ACTIVE", ReplicasReady: 1 });
        // The route follows the status a moment later.
        await server.UntilAsync(async () => { using var answer = await AskAsync(server, "[1, 1]"); return answer.StatusCode; }, status => status == HttpStatusCode.OK);
        Assert.Equal("""{"y":[[1.3]]}""", await PredictAsync(server));
    }

    [Fact]
    public async Task Only_an_administrator_puts_a_model_there_and_keeps_it_there()
    {
        await using var server = await TestServer.StartAsync();
        await PushAsync(server, OnnxModels.Linear());
        await (await server.As(Role.Manager).PostJsonAsync("/api/v1/deployments", """{"name":"linear","model":"linear","version":"1","placement":"gateway"}""")).ShouldRefuseAsync(403, "missing_right");
        await DeployAsync(server);
        await UntilAsync(server, d => d is { Status: "ACTIVE" });
        await PushAsync(server, OnnxModels.Linear());
        await (await server.As(Role.Manager).PostJsonAsync($"{Linear}/revisions", """{"version":"2"}""")).ShouldRefuseAsync(403, "missing_right");
        await (await server.As(Role.Manager).PostJsonAsync($"{Linear}/revisions", """{"version":"2","placement":"replica"}""")).ShouldSucceedAsync();
    }

    [Fact]
    public async Task Other_runtimes_and_models_that_are_too_large_are_refused_with_the_reason()
    {
        await using var server = await TestServer.StartAsync(services: services => services.Configure<ReplicasOptions>(o => o.HostedModelMib = 1));
        await server.Client.PushedAsync("python", ("score.py", "def predict(x):\n    return x\n"));
        await (await server.Client.PostJsonAsync("/api/v1/deployments", """{"name":"p","model":"python","version":"1","placement":"gateway"}""")).ShouldRefuseAsync(400, "invalid_field");
        await PushAsync(server, OnnxModels.Linear(1024, 512));   // 2 MiB of weights
        await (await server.Client.PostJsonAsync("/api/v1/deployments", """{"name":"p","model":"linear","version":"1","placement":"outside"}""")).ShouldRefuseAsync(400, "invalid_field");
        await DeployAsync(server);
        var failed = await UntilAsync(server, d => d.Status == "DEPLOY_FAILED");
        Assert.Equal("load_failed", failed.StatusReason);
        Assert.Contains("one in the gateway may have 1", failed.StatusDetail, StringComparison.Ordinal);

        // What lies in a folder beside it counts as well: external data may.
        await PushAsync(
            server, ("config.yaml", "runtime: onnx\nmodel_file: data/model.onnx\n"u8.ToArray()), ("data/model.onnx", OnnxModels.Linear()), ("data/weights/w.bin", new byte[2 << 20]));
        await (await server.Client.PostJsonAsync("/api/v1/deployments", """{"name":"beside","model":"linear","version":"2","placement":"gateway"}""")).ShouldSucceedAsync();
        failed = await server.UntilAsync(() => server.Client.GetAsync<DeploymentInfo>("/api/v1/deployments/development/beside"), d => d.Status == "DEPLOY_FAILED");
        Assert.Contains("one in the gateway may have 1", failed.StatusDetail, StringComparison.Ordinal);
        Assert.Equal((0, 0L), server.Services.GetRequiredService<HostedOnnx>().InUse);
    }

    [Fact]
    public async Task It_is_there_again_after_a_restart_of_the_server()
    {
        var folder = Directory.CreateTempSubdirectory("slipway-test-");
        try
        {
            // Kept: the rows stay as a killed server leaves them.
            await using (var first = await TestServer.StartAsync(services: services => services.Configure<ReplicasOptions>(o => o.KeepReplicasOnStop = true), dataFolder: folder.FullName))
            {
                await PushAsync(first, OnnxModels.Linear());
                await DeployAsync(first);
                await UntilAsync(first, d => d is { Status: "ACTIVE", ReplicasReady: 1 });
            }

            await using var second = await TestServer.StartAsync(dataFolder: folder.FullName);
            // Until it is loaded again, callers are told to come back in a second.
            await second.UntilAsync(
                async () =>
                {
                    using var answer = await AskAsync(second, "[1, 1]");
                    Assert.True(answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.ServiceUnavailable, $"{answer.StatusCode}");
                    return answer.StatusCode;
                },
                status => status == HttpStatusCode.OK);
            Assert.Equal("""{"y":[[1.3]]}""", await PredictAsync(second));
            Assert.Equal("gateway", Assert.Single((await second.Client.GetAsync<Page<ReplicaInfo>>($"{Linear}/replicas")).Items).Placement);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_replica_that_a_signal_ends_says_which()
    {
        await using var server = await TestServer.StartAsync();
        await PushAsync(server, OnnxModels.Linear());
        await DeployAsync(server, "replica");
        await UntilAsync(server, d => d is { Status: "ACTIVE", ReplicasReady: 1 });
        var replica = Assert.Single((await server.Client.GetAsync<Page<ReplicaInfo>>($"{Linear}/replicas")).Items);
        System.Diagnostics.Process.GetProcessById(replica.Pid!.Value).Kill();
        var page = await UntilReplicasAsync(server, p => p.Items is [{ LastExit: not null }]);
        Assert.Equal(("crashed", "The process was ended by signal 9."), (page.Items[0].LastExit, page.Items[0].LastExitDetail));
        await UntilReplicasAsync(server, p => p.Items is [{ State: "ready" } one] && one.Pid != replica.Pid);
    }
}
