using System.Net;
using System.Net.Http.Json;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;
using Slipway.Server.Replicas;
using Slipway.Server.Tests.Registry;
using Slipway.Testing;

namespace Slipway.Server.Tests.Deployments;

/// <summary>ONNX models inside the gateway's process (placement gateway), from the request to their end.</summary>
public sealed class HostedModelTests
{
    private const string Path = "/api/v1/deployments/development/linear";

    public HostedModelTests() => Assert.SkipWhen(OnnxLibrary.Path is null, OnnxLibrary.Missing);

    [Fact]
    public async Task A_model_is_hosted_moved_out_and_back_and_unloaded_without_a_failed_request()
    {
        await using var server = await TestServer.StartAsync();
        await PushAsync(server, OnnxModels.Linear());
        await DeployAsync(server);
        var live = await UntilAsync(server, d => d is { Status: "ACTIVE", ReplicasReady: 1 });
        Assert.Equal("gateway", live.Live!.Variants[0].Placement);
        var replica = Assert.Single((await server.Client.GetAsync<Page<ReplicaInfo>>($"{Path}/replicas")).Items);
        Assert.Equal(("gateway", "ready", null, null, "unsupported"), (replica.Placement, replica.State, replica.Pid, replica.Socket, replica.Limits["memory"]));
        Assert.Equal("""{"y":[[1.3]]}""", await PredictAsync(server));
        using (var bad = await AskAsync(server, "[1, 2, 3]"))
        {
            Assert.Equal(HttpStatusCode.BadRequest, bad.StatusCode);
            Assert.Contains("shape_mismatch", await bad.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        var system = await server.Client.GetAsync<SystemStatus>("/api/v1/system");
        Assert.Equal(1, system.Hosted.Models);
        Assert.InRange(system.Hosted.Bytes, OnnxModels.Linear().Length, system.Hosted.LimitBytes);
        var lines = await server.Client.GetAsync<Page<LogLine>>($"{Path}/logs?q=Loaded");
        Assert.Contains(lines.Items, l => l.Message.Contains("into the gateway", StringComparison.Ordinal));

        // Out of the gateway, and into it again, as a rollout like any other.
        using var done = new CancellationTokenSource();
        var asking = AskUntilAsync(server, done.Token);
        foreach (var (placement, number) in new[] { ("replica", 2), ("gateway", 3) })
        {
            await (await server.Client.PostJsonAsync($"{Path}/revisions", $$"""{"placement":"{{placement}}"}""")).ShouldSucceedAsync();
            await UntilAsync(server, d => d is { Status: "ACTIVE", Rollout: null } && d.Live!.Number == number && d.Live.Variants[0].Placement == placement);
        }

        await (await server.Client.PostJsonAsync($"{Path}/restart", "{}")).ShouldSucceedAsync();
        await UntilReplicasAsync(server, page => page.Items is [{ State: "ready", Placement: "gateway" } one] && one.Id != replica.Id);
        await done.CancelAsync();
        Assert.Equal(["""{"y":[[1.3]]}"""], (await asking).Distinct());

        // Stop unloads it; start loads it again.
        await (await server.Client.PostJsonAsync($"{Path}/stop", "{}")).ShouldSucceedAsync();
        await UntilAsync(server, d => d.Status == "STOPPED");
        Assert.Equal((0, 0L), server.Services.GetRequiredService<HostedOnnx>().InUse);
        using (var stopped = await AskAsync(server, "[1, 1]"))
        {
            Assert.Equal(HttpStatusCode.NotFound, stopped.StatusCode);
        }

        await (await server.Client.PostJsonAsync($"{Path}/start", "{}")).ShouldSucceedAsync();
        await UntilAsync(server, d => d is { Status: "ACTIVE", ReplicasReady: 1 });
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
        await (await server.As(Role.Manager).PostJsonAsync($"{Path}/revisions", """{"version":"2"}""")).ShouldRefuseAsync(403, "missing_right");
        await (await server.As(Role.Manager).PostJsonAsync($"{Path}/revisions", """{"version":"2","placement":"replica"}""")).ShouldSucceedAsync();
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
            Assert.Equal("""{"y":[[1.3]]}""", await PredictAsync(second));   // waits for its load, and is not refused
            Assert.Equal("gateway", Assert.Single((await second.Client.GetAsync<Page<ReplicaInfo>>($"{Path}/replicas")).Items).Placement);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task PushAsync(TestServer server, byte[] model)
    {
        await server.Client.RegisterAsync("linear");
        var upload = await (await server.Client.PutArchiveAsync(RegistryCalls.TarGz(("model.onnx", model)))).ShouldBeAsync(HttpStatusCode.Created, ContractsJson.Default.UploadInfo);
        (await server.Client.PostAsJsonAsync("/api/v1/models/linear/versions", new CreateVersionRequest(upload.Id), ContractsJson.Default.CreateVersionRequest)).EnsureSuccessStatusCode();
    }

    private static async Task DeployAsync(TestServer server) =>
        await (await server.Client.PostJsonAsync("/api/v1/deployments", """{"name":"linear","model":"linear","version":"1","placement":"gateway"}""")).ShouldSucceedAsync();

    private static Task<HttpResponseMessage> AskAsync(TestServer server, string body) =>
        server.Client.PostAsync("/development/models/linear/invocations", new StringContent(body, Encoding.UTF8, "application/json"));

    private static async Task<string> PredictAsync(TestServer server)
    {
        using var response = await AskAsync(server, "[1, 1]");
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{(int)response.StatusCode} {text}");
        return text;
    }

    private static async Task<List<string>> AskUntilAsync(TestServer server, CancellationToken until)
    {
        var answers = new List<string>();
        while (!until.IsCancellationRequested)
        {
            answers.Add(await PredictAsync(server));
        }

        return answers;
    }

    private static Task<DeploymentInfo> UntilAsync(TestServer server, Func<DeploymentInfo, bool> condition) =>
        UntilAsync(server, () => server.Client.GetAsync<DeploymentInfo>(Path), condition);

    private static Task<Page<ReplicaInfo>> UntilReplicasAsync(TestServer server, Func<Page<ReplicaInfo>, bool> condition) =>
        UntilAsync(server, () => server.Client.GetAsync<Page<ReplicaInfo>>($"{Path}/replicas"), condition);

    private static async Task<T> UntilAsync<T>(TestServer server, Func<Task<T>> look, Func<T, bool> condition)
    {
        using var changes = server.Services.GetRequiredService<Changes>().Subscribe();
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while (true)
        {
            var seen = await look();
            if (condition(seen))
            {
                return seen;
            }

            Assert.False(patience.IsCancellationRequested, $"Still not as expected: {seen}");
            await changes.WaitAsync(TimeSpan.FromMilliseconds(500), TimeProvider.System, CancellationToken.None);
        }
    }
}
