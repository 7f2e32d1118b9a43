using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Slipway.Server.Deployments;
using Slipway.Server.Platform;
using Slipway.Server.Replicas;
using Slipway.Server.Runtimes;
using Slipway.Testing;

namespace Slipway.Server.Tests.Replicas;

/// <summary>A real host with real Python replicas in a folder of its own; at the end no process of it may be left.</summary>
internal sealed class ReplicaHost : IAsyncDisposable
{
    private readonly Action<ReplicasOptions>? configure;
    private TestServer server;

    private readonly string? postgreSql;

    private ReplicaHost(TestServer server, string folder, Action<ReplicasOptions>? configure, string? postgreSql)
    {
        this.server = server;
        this.configure = configure;
        this.postgreSql = postgreSql;
        Folder = folder;
    }

    public string Folder { get; }

    public IServiceProvider Services => server.Services;

    public ReplicaSets Sets => Services.GetRequiredService<ReplicaSets>();

    /// <param name="postgreSql">Connection string; null: SQLite.</param>
    public static async Task<ReplicaHost> StartAsync(Action<ReplicasOptions>? configure = null, string? postgreSql = null, Action<IServiceCollection>? services = null)
    {
        var folder = Directory.CreateTempSubdirectory("slipway-replicas-").FullName;
        return new ReplicaHost(await StartServerAsync(folder, configure, postgreSql, services), folder, configure, postgreSql);
    }

    /// <summary>Ends the server as a crash would leave its replicas, and starts another on the same folder.</summary>
    /// <param name="between">Runs while there is no server, with the database.</param>
    public Task RestartKeepingReplicasAsync(Func<Database, Task>? between = null)
    {
        Services.GetRequiredService<IOptions<ReplicasOptions>>().Value.KeepReplicasOnStop = true;
        return RestartAsync(between);
    }

    /// <summary>Ends the server cleanly and starts another on the same folder.</summary>
    public async Task RestartAsync(Func<Database, Task>? between = null)
    {
        await server.DisposeAsync();
        await (between?.Invoke(postgreSql is null ? new SqliteDatabase(Path.Combine(Folder, "slipway.db")) : new PostgreSqlDatabase(postgreSql)) ?? Task.CompletedTask);
        server = await StartServerAsync(Folder, configure, postgreSql);
    }

    /// <summary>A package whose <c>model/model.py</c> is the given text, as a build would leave it.</summary>
    public async Task<ReplicaSetSpec> GivenModelAsync(string code, int memoryMib = 512, double cpuCores = 1, bool fork = true, Guid? deployment = null)
    {
        var name = Guid.NewGuid().ToString("n");
        var package = Path.Combine(Folder, "packages", name);
        Directory.CreateDirectory(Path.Combine(package, "model"));
        await File.WriteAllTextAsync(Path.Combine(package, "model", "model.py"), code);
        var python = (await Services.GetRequiredService<BaseImages>().AllAsync(CancellationToken.None)).First(i => i.Usable);
        var model = JsonSerializer.SerializeToElement(new
        {
            kind = "truss", module = "model/model.py", @class = "Model", config = new { }, batch = false, max_batch = 64, predict_concurrency = 1, fork,
        });
        var launch = new RuntimeLaunch("python", Guid.NewGuid(), package, python.Interpreter!, [], [], model, fork, 1, false, 64, name);
        return new ReplicaSetSpec(deployment ?? Guid.NewGuid(), name, "development/test", "development", launch, cpuCores, memoryMib, new Dictionary<string, string>());
    }

    public Task ApplyAsync(ReplicaSetSpec spec, int desired) => Sets.ApplyAsync(spec, desired, CancellationToken.None);

    public ReplicaSetStatus? Find(ReplicaSetSpec spec) => Sets.Current.Find(spec.DeploymentId, spec.Hash);

    public Task<ReplicaSetStatus> ReadyAsync(ReplicaSetSpec spec, int count) =>
        UntilAsync(spec, s => s.Ready == count && s.Replicas.Length == count, $"{count} ready");

    /// <summary>Waits until the set is as described; fails with what it is instead.</summary>
    public async Task<ReplicaSetStatus> UntilAsync(ReplicaSetSpec spec, Func<ReplicaSetStatus, bool> condition, string what, double seconds = 60)
    {
        var until = DateTime.UtcNow.AddSeconds(seconds);
        while (DateTime.UtcNow < until)
        {
            if (Find(spec) is { } status && condition(status))
            {
                return status;
            }

            await Task.Delay(20);
        }

        var seen = Find(spec);
        var log = string.Join('\n', (await Services.GetRequiredService<ReplicaLogs>().ReadAsync(spec.DeploymentId, new LogQuery(20), CancellationToken.None)).Lines.Select(l => l.Message));
        throw new TimeoutException($"Not {what}: {seen} {string.Join("; ", seen?.Replicas.Select(r => $"{r.State} {r.LastExit}") ?? [])}\n{log}");
    }

    public async Task GoneAsync(ReplicaSetSpec spec)
    {
        for (var i = 0; Find(spec) is not null; i++)
        {
            Assert.True(i < 1500, "The set is still there.");
            await Task.Delay(20);
        }
    }

    /// <summary>Pids of processes that name this host's folder in their command line or work in it.</summary>
    public IReadOnlyList<int> Processes() =>
        [.. Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(n => int.TryParse(n, out _)).Select(int.Parse!)
            .Where(pid => SpawnedProcess.Find(pid) is not null && Names(pid))];

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        var left = Processes();
        foreach (var pid in left)
        {
            SpawnPosix.Kill(pid, SpawnPosix.SigKill);
        }

        Directory.Delete(Folder, recursive: true);
        Assert.Empty(left);
    }

    private static Task<TestServer> StartServerAsync(
        string folder, Action<ReplicasOptions>? configure, string? postgreSql, Action<IServiceCollection>? more = null) => TestServer.StartAsync(
        services: services =>
        {
            services.Configure<ReplicasOptions>(options =>
            {
                options.Interval = TimeSpan.FromSeconds(0.2);
                options.PingInterval = TimeSpan.FromSeconds(0.3);
                options.DrainDelay = TimeSpan.FromSeconds(0.1);
                configure?.Invoke(options);
            });
            services.Remove(services.Single(s => s.ImplementationType == typeof(Reconciler)));   // it would remove sets that no deployment has
            more?.Invoke(services);
        },
        postgreSql: postgreSql,
        dataFolder: folder);

    private bool Names(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline").Contains(Folder, StringComparison.Ordinal)
                || (File.ResolveLinkTarget($"/proc/{pid}/cwd", false)?.FullName.StartsWith(Folder, StringComparison.Ordinal) ?? false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
