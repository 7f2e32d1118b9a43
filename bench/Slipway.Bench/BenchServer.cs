using System.Collections.Frozen;
using System.Globalization;
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

namespace Slipway.Bench;

/// <summary>The whole server with a route table of ours: every request is authenticated, guarded, admitted and recorded. SLIPWAY_BENCH_TIMEOUT: deadline of a request in seconds (60); SLIPWAY_BENCH_TYPES=1: watch what is allocated.</summary>
internal sealed class BenchServer : IAsyncDisposable
{
    private readonly WebApplication host;

    private BenchServer(WebApplication host) => this.host = host;

    public IServiceProvider Services => host.Services;

    public static async Task<BenchServer> StartAsync(string dataFolder, bool record, Action<IServiceCollection>? configure = null)
    {
        var made = SlipwayServer.Create(
            options =>
            {
                options.DataFolder = dataFolder;
                options.Port = 0;
            },
            services =>
            {
                services.Configure<GatewayOptions>(options => options.Record = record);
                configure?.Invoke(services);
            });
        await made.StartAsync();
        return new BenchServer(made);
    }

    /// <summary>Puts one replica behind <c>production/bench</c> and waits until the gateway has it.</summary>
    public async Task PublishAsync(ReplicaRoute replica, string runtime, int maxBatch, string key)
    {
        host.Services.GetRequiredService<RouteTableFeed>().Publish(Table(replica, runtime, maxBatch, key));
        var gateway = host.Services.GetRequiredService<Server.Gateway.Gateway>();
        while (gateway.Table.Targets.Count == 0 || !gateway.IsConnected)
        {
            await Task.Delay(1);
        }
    }

    /// <summary>Prints the address and runs until it is told to end. SIGUSR1: bytes allocated so far, on a line. SIGUSR2: bytes by type, where they are watched.</summary>
    public async Task<int> ServeAsync()
    {
        using var asked = PosixSignalRegistration.Create((PosixSignal)10, context =>
        {
            context.Cancel = true;
            Console.WriteLine(GC.GetTotalAllocatedBytes(precise: true).ToString(CultureInfo.InvariantCulture));
        });
        using var types = Environment.GetEnvironmentVariable("SLIPWAY_BENCH_TYPES") == "1" ? new AllocatedTypes() : null;
        using var askedTypes = PosixSignalRegistration.Create((PosixSignal)12, context =>
        {
            context.Cancel = true;
            Console.WriteLine(types?.Take() ?? "{}");
        });
        Console.WriteLine(host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        await host.WaitForShutdownAsync();
        return 0;
    }

    /// <summary>Ends it from within, as a signal would.</summary>
    public Task StopAsync() => host.StopAsync();

    public ValueTask DisposeAsync() => host.DisposeAsync();

    private static RouteTable Table(ReplicaRoute replica, string runtime, int maxBatch, string key)
    {
        var deployment = Guid.NewGuid();
        var timeout = double.Parse(Environment.GetEnvironmentVariable("SLIPWAY_BENCH_TIMEOUT") ?? "60", CultureInfo.InvariantCulture);
        var set = new ReplicaSetRoute(deployment, "bench", 1, maxBatch > 1, maxBatch, [replica]);
        var route = new DeploymentRoute(
            deployment, "production", "bench", Guid.NewGuid(), "bench", RouteState.Serving,
            [new RevisionRoute(Guid.NewGuid(), 1, 10_000, [new VariantRoute("default", true, "bench", 1, runtime, set, VersionRoute.Plain)])], LoadBalancing.RoundRobin, false,
            TimeSpan.FromSeconds(timeout), 1000, RecordBodies: true);
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));
        return new RouteTable(
            long.MaxValue, new Dictionary<RouteKey, DeploymentRoute> { [new("production", "bench")] = route }.ToFrozenDictionary(),
            new Dictionary<string, KeyRoute> { [hash] = new(Guid.NewGuid(), Guid.NewGuid(), "bench", Role.Analyst, true, null, null) }.ToFrozenDictionary());
    }
}
