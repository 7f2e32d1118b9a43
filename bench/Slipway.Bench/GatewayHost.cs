using Microsoft.Extensions.DependencyInjection;
using Slipway.Server.Deployments;
using Slipway.Server.Platform;
using Slipway.Serving;

namespace Slipway.Bench;

/// <summary>The whole server with one deployment, <c>production/bench</c>, on a replica that is there already.</summary>
internal static class GatewayHost
{
    public static async Task<int> RunAsync(string dataFolder, string socket, string token, string key, bool record, string runtime, int maxBatch)
    {
        await using var server = await BenchServer.StartAsync(dataFolder, record);
        var epoch = (ulong)server.Services.GetRequiredService<ServerEpoch>().Current;
        await using var control = await ReplicaConnection.ConnectAsync(socket, ServerHello.Control("bench", token, epoch), CancellationToken.None);
        await control.Loaded;
        await server.PublishAsync(new ReplicaRoute(Guid.NewGuid(), socket, token, true), runtime, maxBatch, key);
        return await server.ServeAsync();
    }
}
