using System.Collections.Frozen;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Server.Deployments;
using Slipway.Server.Gateway;
using Slipway.Server.Identity;
using Slipway.Testing;

namespace Slipway.Server.Tests.Gateway;

/// <summary>A real server whose route table the test publishes: one deployment <c>production/echo</c> unless it says otherwise.</summary>
internal sealed class GatewayHost : IAsyncDisposable
{
    public const string Key = "slp_test_key_of_ada";
    private readonly TestServer server;
    private long version = 1_000_000_000_000_000_000;

    private GatewayHost(TestServer server)
    {
        this.server = server;
        Client = NewClient();
        Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Key);
    }

    /// <summary>Shows <see cref="Key"/>.</summary>
    public HttpClient Client { get; }

    public HttpClient NoKey => server.Anonymous;

    public Uri Address => server.Address;

    public IServiceProvider Services => server.Services;

    public Guid DeploymentId { get; } = Guid.NewGuid();

    /// <summary>The newest table that the test published. The server's own publisher has lower versions, which the gateway ignores.</summary>
    public RouteTable Last { get; private set; } = RouteTable.Empty;

    /// <summary>An administrator's client for the own API.</summary>
    public HttpClient Administrator => server.Client;

    public static async Task<GatewayHost> StartAsync(Action<GatewayOptions>? configure = null) =>
        new(await TestServer.StartAsync(services: services =>
        {
            services.Configure<GatewayOptions>(options => configure?.Invoke(options));
            services.Remove(services.Single(s => s.ImplementationType == typeof(RoutePublisher)));   // the test publishes
        }));

    /// <summary>A host with these replicas behind <c>production/echo</c>, connected.</summary>
    public static async Task<GatewayHost> StartAsync(params FakeReplica[] replicas)
    {
        var host = await StartAsync();
        await host.PublishAsync(replicas);
        return host;
    }

    public HttpClient NewClient() => new() { BaseAddress = server.Address, Timeout = TimeSpan.FromSeconds(30) };

    /// <summary>A client with a connection and cookies of its own, and the key.</summary>
    public HttpClient NewClientWithKey()
    {
        var client = new HttpClient(new HttpClientHandler { UseCookies = false }) { BaseAddress = server.Address, Timeout = TimeSpan.FromSeconds(30) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Key);
        return client;
    }

    public static string Hash(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));

    /// <summary>Publishes one revision on these replicas and waits until they are connected.</summary>
    public async Task PublishAsync(
        FakeReplica[] replicas, int concurrency = 64, TimeSpan? timeout = null, int maxQueue = 100, bool idempotent = false,
        LoadBalancing balancing = LoadBalancing.RoundRobin, RouteState state = RouteState.Serving, bool wait = true, string runtime = "python", VersionRoute? version = null,
        BalancerSettings? balancer = null)
    {
        Publish(Deployment(state == RouteState.Serving ? [Revision(1, 10_000, Set("h1", replicas, concurrency), runtime, version)] : [], timeout, maxQueue, idempotent, balancing, state) with
        {
            Balancer = balancer,
        });
        if (wait && replicas.Length > 0)
        {
            await ConnectedAsync(replicas);
        }
    }

    public ReplicaSetRoute Set(string hash, FakeReplica[] replicas, int concurrency = 64, bool batch = false, int maxBatch = 1) =>
        new(DeploymentId, hash, concurrency, batch, maxBatch, [.. replicas.Select(r => r.Route())]);

    public static RevisionRoute Revision(int number, int weight, ReplicaSetRoute set, string runtime = "python", VersionRoute? version = null) =>
        new(new Guid(number, 0, 0, new byte[8]), number, weight, [new VariantRoute("default", true, "echo-model", number, runtime, set, version ?? VersionRoute.Plain)]);

    public DeploymentRoute Deployment(
        RevisionRoute[] revisions, TimeSpan? timeout = null, int maxQueue = 100, bool idempotent = false, LoadBalancing balancing = LoadBalancing.RoundRobin,
        RouteState state = RouteState.Serving) =>
        new(DeploymentId, "production", "echo", Guid.NewGuid(), "ada", state, [.. revisions], balancing, idempotent, timeout ?? TimeSpan.FromSeconds(20), maxQueue, true);

    public void Publish(params DeploymentRoute[] deployments)
    {
        var keys = new Dictionary<string, KeyRoute>
        {
            [Hash(Key)] = new(Guid.NewGuid(), Guid.NewGuid(), "ada", Role.Analyst, true, null, null),
            [Hash("mute")] = new(Guid.NewGuid(), Guid.NewGuid(), "mute", Role.Viewer, false, null, null),
            [Hash("old")] = new(Guid.NewGuid(), Guid.NewGuid(), "old", Role.Viewer, true, null, DateTimeOffset.UtcNow.AddDays(-1)),
            [Hash("dev")] = new(Guid.NewGuid(), Guid.NewGuid(), "dev", Role.Analyst, true, "development", null),
        };
        Publish(new RouteTable(++version, deployments.ToFrozenDictionary(d => new RouteKey(d.Environment, d.Name)), keys.ToFrozenDictionary()));
    }

    /// <summary>Forgets all keys.</summary>
    public void PublishWithoutKeys() => Publish(Last with { Version = ++version, Keys = FrozenDictionary<string, KeyRoute>.Empty });

    private void Publish(RouteTable table)
    {
        Last = table;
        Services.GetRequiredService<RouteTableFeed>().Publish(table);
    }

    /// <summary>Waits until the gateway has said hello to each and heard that it is loaded.</summary>
    public async Task ConnectedAsync(params FakeReplica[] replicas)
    {
        var gateway = Services.GetRequiredService<Server.Gateway.Gateway>();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (!replicas.All(r => !r.Hellos.IsEmpty) || !gateway.IsConnected)
        {
            await Task.Delay(2, patience.Token);
        }
    }

    public Task<HttpResponseMessage> PredictAsync(string body = "[1]", string path = "/production/models/echo/predict") =>
        Client.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/json"));

    public Task<HttpResponseMessage> InvokeAsync(string body = "[1]", HttpCompletionOption completion = HttpCompletionOption.ResponseContentRead) =>
        Client.SendAsync(
            new HttpRequestMessage(HttpMethod.Post, "/production/models/echo/invocations") { Content = new StringContent(body, Encoding.UTF8, "application/json") }, completion);

    /// <summary>Reports taken from now on, until <paramref name="holds"/>.</summary>
    public async Task<GatewayReport> ReportAsync(Func<GatewayReport, bool> holds)
    {
        var reports = Services.GetRequiredService<GatewayReports>();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (true)
        {
            if (reports.Latest is { } report && holds(report))
            {
                return report;
            }

            await Task.Delay(10, patience.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await server.DisposeAsync();
    }
}
