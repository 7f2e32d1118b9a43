using Microsoft.Extensions.DependencyInjection;
using Slipway.Contracts;
using Slipway.Server.Deployments;
using Slipway.Server.Identity;
using Slipway.Server.Platform;
using Slipway.Server.Rollouts;
using Slipway.Testing;

namespace Slipway.Server.Tests.Deployments;

/// <summary>A real host and database with replicas and builds that are only pretended.</summary>
internal sealed class DeploymentHost : IAsyncDisposable
{
    private DeploymentHost(TestServer server, FakeReplicaSets replicas, FakeVersions versions)
    {
        Server = server;
        Replicas = replicas;
        Versions = versions;
        replicas.Changes = Service<Changes>();
    }

    public TestServer Server { get; }

    public FakeReplicaSets Replicas { get; }

    public FakeVersions Versions { get; }

    public HttpClient Admin => Server.Client;

    public HttpClient Analyst => Server.As(Role.Analyst);

    /// <param name="postgreSql">Whether to run on PostgreSQL; the test is skipped where that is not installed.</param>
    public static async Task<DeploymentHost> StartAsync(
        bool postgreSql = false, Action<RolloutOptions>? rollouts = null, Action<DeploymentOptions>? deployments = null) =>
        await StartAsync(new FakeReplicaSets(), new FakeVersions(), postgreSql ? await PostgreSqlServer.CreateDatabaseOrSkipAsync() : null, null, rollouts, deployments);

    public static async Task<DeploymentHost> StartAsync(
        FakeReplicaSets replicas, FakeVersions versions, string? postgreSql, string? dataFolder, Action<RolloutOptions>? rollouts = null, Action<DeploymentOptions>? deployments = null)
    {
        var server = await TestServer.StartAsync(
            services: services =>
            {
                services.AddSingleton<IReplicaSets>(replicas);
                services.AddSingleton<IRunnableVersions>(versions);
                services.Configure<DeploymentOptions>(o => o.GatewaySilence = TimeSpan.FromMilliseconds(200));
                services.Configure<RolloutOptions>(o => rollouts?.Invoke(o));
                services.Configure<DeploymentOptions>(o => deployments?.Invoke(o));
            },
            postgreSql: postgreSql, dataFolder: dataFolder);
        return new DeploymentHost(server, replicas, versions);
    }

    public T Service<T>()
        where T : notnull => Server.Services.GetRequiredService<T>();

    public async Task<DeploymentInfo> CreateAsync(string name = "iris", string more = "", string environment = "development", HttpClient? by = null, string version = "1") =>
        await (await (by ?? Admin).PostJsonAsync(
            "/api/v1/deployments", $$"""{"name":"{{name}}","model":"iris","version":"{{version}}","environment":"{{environment}}"{{more}}}""")).ReadAsync<DeploymentInfo>();

    /// <summary>A deployment of version 1 that is live.</summary>
    public async Task<DeploymentInfo> LiveAsync(string name = "iris", string more = "", string environment = "development", HttpClient? by = null)
    {
        await CreateAsync(name, more, environment, by);
        return await UntilAsync(d => d.Status == "ACTIVE", name, environment);
    }

    public Task<DeploymentInfo> GetAsync(string name = "iris", string environment = "development") =>
        Admin.GetAsync<DeploymentInfo>($"/api/v1/deployments/{environment}/{name}");

    public Task<HttpResponseMessage> PostAsync(string verb, string json = "{}", string path = "development/iris") =>
        Admin.PostJsonAsync($"/api/v1/deployments/{path}/{verb}", json);

    /// <param name="part">What of it: nothing, or <c>/autoscaling</c>.</param>
    public Task<HttpResponseMessage> PatchAsync(string json, string part = "", string path = "development/iris") =>
        Admin.PatchAsync($"/api/v1/deployments/{path}{part}", new StringContent(json, System.Text.Encoding.UTF8, "application/json"));

    /// <param name="more">Further members of the request, each with a comma before it.</param>
    public async Task<RolloutInfo> UpdateAsync(int version, string more = "", string path = "development/iris") =>
        await (await PostAsync("revisions", $$"""{"version":"{{version}}"{{more}}}""", path)).ReadAsync<RolloutInfo>();

    /// <summary>Waits until the deployment is as it should be; looks at it after each change.</summary>
    public Task<DeploymentInfo> UntilAsync(Func<DeploymentInfo, bool> condition, string name = "iris", string environment = "development") =>
        UntilAsync(() => GetAsync(name, environment), condition);

    public Task<RolloutInfo> UntilEndedAsync(RolloutInfo rollout) =>
        UntilAsync(() => Admin.GetAsync<RolloutInfo>($"/api/v1/rollouts/{rollout.Id}"), r => r.FinishedAt is not null);

    public Task<T> UntilAsync<T>(Func<Task<T>> look, Func<T, bool> condition) => Server.UntilAsync(look, condition);

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
