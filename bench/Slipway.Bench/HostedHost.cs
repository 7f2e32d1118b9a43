using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Server.Deployments;
using Slipway.Server.Replicas;
using Slipway.Server.Runtimes;
using Slipway.Serving;

namespace Slipway.Bench;

/// <summary>The whole server with one deployment, <c>production/bench</c>, whose model lives in its own process (placement gateway).</summary>
internal static class HostedHost
{
    public static async Task<int> RunAsync(string dataFolder, string model, string library, string key, bool record, bool batch)
    {
        await using var server = await StartAsync(dataFolder, library, record);
        await LoadAndPublishAsync(server, Path.GetFullPath(model), library, dataFolder, batch, key);
        return await server.ServeAsync();
    }

    public static Task<BenchServer> StartAsync(string dataFolder, string library, bool record) =>
        BenchServer.StartAsync(dataFolder, record, services => services.Configure<RuntimesOptions>(o => o.OnnxLibrary = library));

    /// <summary>Loads a model and puts it behind <c>production/bench</c>, in the place of what was there.</summary>
    public static async Task<ReplicaLoaded> LoadAndPublishAsync(BenchServer server, string model, string library, string dataFolder, bool batch, string key)
    {
        var replica = Guid.NewGuid();
        var loaded = await LoadAsync(server.Services.GetRequiredService<HostedReplicas>(), replica, model, library, dataFolder, batch);
        await server.PublishAsync(new ReplicaRoute(replica, "", "", true, Hosted: true), "onnx", loaded.Batch ? loaded.MaxBatch : 1, key);
        return loaded;
    }

    private static async Task<ReplicaLoaded> LoadAsync(HostedReplicas hosted, Guid replica, string model, string library, string dataFolder, bool batch)
    {
        var launch = new RuntimeLaunch(
            BaseImages.Onnx, Guid.NewGuid(), Path.GetDirectoryName(model)!, library, [], [], JsonSerializer.SerializeToElement(new { module = Path.GetFileName(model), batch }), false, 1, batch, 64, "bench");
        var spec = new ReplicaSetSpec(Guid.NewGuid(), "bench", "production/bench", "production", launch, 1, 512, new Dictionary<string, string>(), Hosted: true);
        hosted.Start(replica, spec, Path.Combine(dataFolder, "bench.log"));
        while (true)
        {
            var slot = hosted.Find(replica)!;
            if (slot.Seen.Loaded is { } loaded)
            {
                return loaded;
            }

            if (slot.HasEnded)
            {
                throw new IOException(slot.Seen.FailureMessage);
            }

            await Task.Delay(1);
        }
    }
}
