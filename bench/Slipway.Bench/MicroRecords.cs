using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Slipway.Serving;
using Slipway.Serving.Hosting;
using Slipway.Server;
using Slipway.Server.Deployments;
using Slipway.Server.Gateway;
using Slipway.Server.History;
using Slipway.Server.Platform;

namespace Slipway.Bench;

/// <summary>What a prediction costs beside its answer: its place on a replica, its counts, its record.</summary>
internal static class MicroRecords
{
    public static void Run(byte[] body)
    {
        var counters = new OutcomeCounters();
        Micro.Measure("outcome counted", () => counters.Count(TimeSpan.FromMicroseconds(120), false, 200, 0, 1_000, DateTime.UnixEpoch.Ticks));
        Journal(body);
    }

    /// <summary>One place taken and given back, on a replica that is there.</summary>
    public static void Admission(HostedReplica hosted)
    {
        var deployment = Guid.NewGuid();
        var replica = new ReplicaRoute(Guid.NewGuid(), "", "", true, Hosted: true);
        var link = new ReplicaLink(
            replica, ServerHello.Control("bench", "", 1), _ => hosted.Connect(), Options.Create(new GatewayOptions()), TimeProvider.System, NullLogger.Instance);
        var admission = new Admission(deployment, "bench", "production", "bench");
        var settings = new DeploymentRoute(
            deployment, "production", "bench", Guid.NewGuid(), "bench", RouteState.Serving, [], LoadBalancing.RoundRobin, false, TimeSpan.FromSeconds(60), 1000, RecordBodies: true);
        admission.Update(new ReplicaSetRoute(deployment, "bench", 1, true, 64, [replica]), settings, _ => link, isVisible: true);
        SpinWait.SpinUntil(() => link.IsConnected);
        var ticket = new Ticket { DeadlineAt = long.MaxValue };
        Micro.Measure("place taken and left", () =>
        {
            if (admission.Enter(ticket, 1000, out var slot) != Admitted.Now)
            {
                throw new InvalidOperationException("The replica is idle and has places.");
            }

            admission.Leave(slot!);
        });
        link.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    /// <summary>Begin and end with their bodies, by this thread. The keeper and the reader are at work beside it; what they allocate is not counted.</summary>
    private static void Journal(byte[] body)
    {
        var folder = Directory.CreateTempSubdirectory("slipway-bench-").FullName;
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddMetrics();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().Build());
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<Changes>();
        services.AddHistory();
        services.Configure<ServerOptions>(o => o.DataFolder = folder);
        var provider = services.BuildServiceProvider();
        var service = provider.GetRequiredService<HistoryService>();
        service.StartAsync(CancellationToken.None).GetAwaiter().GetResult();
        var journal = provider.GetRequiredService<PredictionJournal>();
        var route = new RouteLabel(Guid.NewGuid(), "production", "bench", Guid.Empty, Guid.NewGuid(), 1, "default", "iris", 1);
        Micro.Measure("prediction recorded", () =>
        {
            var id = Guid.CreateVersion7();
            journal.Begin(route, new PredictionBegin(id, DateTime.UtcNow.Ticks, Origin.Live, Dialect.Invocations, Guid.Empty, "ada", "application/json", true, body.Length), body);
            journal.End(route, new PredictionEnd(id, 200, null, false, 1500, 10, 900, 1, "application/json", true, body.Length), body);
        }, onlyThisThread: true);
        service.StopAsync(CancellationToken.None).GetAwaiter().GetResult();
        provider.DisposeAsync().AsTask().GetAwaiter().GetResult();
        Directory.Delete(folder, recursive: true);
    }
}
