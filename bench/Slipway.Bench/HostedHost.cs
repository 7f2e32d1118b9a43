using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Server.Replicas;
using Slipway.Server.Runtimes;
using Slipway.Serving;

namespace Slipway.Bench;

/// <summary>The whole server with one deployment, <c>production/bench</c>, whose model lives in its own process (placement gateway).</summary>
internal static class HostedHost
{
    public static async Task<int> RunAsync(string dataFolder, string model, string library, string key, bool record, bool batch)
    {
        await using var server = await BenchServer.StartAsync(dataFolder, record, services => services.Configure<RuntimesOptions>(o => o.OnnxLibrary = library));
        var hosted = server.Services.GetRequiredService<HostedReplicas>();

        // Another model before: the runtime is there then, as in a server that has been running.
        var warm = Directory.CreateDirectory(Path.Combine(dataFolder, "warm"));
        File.Copy(model, Path.Combine(warm.FullName, "warm.onnx"));
        var first = Guid.NewGuid();
        await LoadAsync(hosted, first, Path.Combine(warm.FullName, "warm.onnx"), library, dataFolder, batch);
        var before = Memory();
        var replica = Guid.NewGuid();
        var times = new List<double>();
        for (var again = 0; again < 3; again++)
        {
            hosted.Forget(replica);
            times.Add((await LoadAsync(hosted, replica = Guid.NewGuid(), Path.GetFullPath(model), library, dataFolder, batch)).LoadMs);
        }

        var loaded = hosted.Find(replica)!.Seen.Loaded!;
        Console.Error.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $$"""{"load_ms":{{times.Order().ElementAt(1):0.00}},"grown_mb":{{(Memory() - before) / 1e6:0.00}},"file_mb":{{new FileInfo(model).Length / 1e6:0.00}}}"""));
        hosted.Forget(first);
        await server.PublishAsync(new Slipway.Server.Deployments.ReplicaRoute(replica, "", "", true, Hosted: true), "onnx", loaded.Batch ? loaded.MaxBatch : 1, key);
        return await server.ServeAsync();
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

    private static long Memory() => long.Parse(File.ReadAllText("/proc/self/statm").Split(' ')[1], CultureInfo.InvariantCulture) * Environment.SystemPageSize;
}
