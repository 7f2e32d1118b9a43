using System.Collections.Frozen;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Slipway.Server;
using Slipway.Server.Deployments;
using Slipway.Server.Gateway;
using Slipway.Server.Identity;
using Slipway.Server.Platform;
using Slipway.Serving;

namespace Slipway.Bench;

/// <summary>The whole server with one deployment, <c>production/bench</c>, on a replica that is there already: every request is authenticated, guarded, admitted and recorded.</summary>
internal static class GatewayHost
{
    public static async Task<int> RunAsync(string dataFolder, string socket, string token, string key, bool record)
    {
        var host = SlipwayServer.Create(
            options =>
            {
                options.DataFolder = dataFolder;
                options.Port = 0;
            },
            services => services.Configure<GatewayOptions>(options => options.Record = record));
        await host.StartAsync();
        var epoch = (ulong)host.Services.GetRequiredService<ServerEpoch>().Current;
        await using var control = await ReplicaConnection.ConnectAsync(socket, ServerHello.Control("bench", token, epoch), CancellationToken.None);
        await control.Loaded;
        host.Services.GetRequiredService<RouteTableFeed>().Publish(Table(socket, token, key));
        var gateway = host.Services.GetRequiredService<Slipway.Server.Gateway.Gateway>();
        while (gateway.Table.Targets.Count == 0 || !gateway.IsConnected)
        {
            await Task.Delay(10);
        }

        // SIGUSR1: bytes allocated so far, on a line.
        using var asked = PosixSignalRegistration.Create((PosixSignal)10, context =>
        {
            context.Cancel = true;
            Console.WriteLine(GC.GetTotalAllocatedBytes(precise: true).ToString(System.Globalization.CultureInfo.InvariantCulture));
        });
        Console.WriteLine(host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        await host.WaitForShutdownAsync();
        return 0;
    }

    private static RouteTable Table(string socket, string token, string key)
    {
        var deployment = Guid.NewGuid();
        var set = new ReplicaSetRoute(deployment, "bench", 1, true, 64, [new ReplicaRoute(Guid.NewGuid(), socket, token, true)]);
        var route = new DeploymentRoute(
            deployment, "production", "bench", Guid.NewGuid(), "bench", RouteState.Serving,
            [new RevisionRoute(Guid.NewGuid(), 1, 10_000, [new VariantRoute("default", true, "bench", 1, "python", set, VersionRoute.Plain)])], LoadBalancing.RoundRobin, false,
            TimeSpan.FromSeconds(60), 1000, RecordBodies: true);
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));
        return new RouteTable(
            long.MaxValue, new Dictionary<RouteKey, DeploymentRoute> { [new("production", "bench")] = route }.ToFrozenDictionary(),
            new Dictionary<string, KeyRoute> { [hash] = new(Guid.NewGuid(), Guid.NewGuid(), "bench", Role.Analyst, true, null, null) }.ToFrozenDictionary());
    }
}
