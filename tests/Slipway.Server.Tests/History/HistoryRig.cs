using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Slipway.Server;
using Slipway.Server.History;
using Slipway.Server.History.Store;
using Slipway.Server.Platform;

namespace Slipway.Server.Tests.History;

/// <summary>Journal, reader and store on a data folder, without a server around them.</summary>
internal sealed class HistoryRig : IAsyncDisposable
{
    public static readonly RouteLabel Iris = new(
        Guid.Parse("11111111-1111-1111-1111-111111111111"), "production", "iris", Guid.Parse("22222222-2222-2222-2222-222222222222"),
        Guid.Parse("33333333-3333-3333-3333-333333333333"), 3, "default", "iris", 7);

    private readonly ServiceProvider services;
    private readonly HistoryService service;
    private bool stopped;

    private HistoryRig(ServiceProvider services)
    {
        this.services = services;
        service = services.GetRequiredService<HistoryService>();
    }

    public PredictionJournal Journal => services.GetRequiredService<PredictionJournal>();

    public IPredictionStore Store => services.GetRequiredService<IPredictionStore>();

    public T Get<T>()
        where T : notnull => services.GetRequiredService<T>();

    /// <param name="start">False: the journal takes nothing yet.</param>
    public static async Task<HistoryRig> StartAsync(
        string folder, Action<HistoryOptions>? configure = null, string? postgreSql = null, TimeProvider? time = null, Action<IServiceCollection>? more = null, bool start = true)
    {
        var collection = new ServiceCollection();
        collection.AddLogging();
        collection.AddMetrics();
        collection.AddSingleton<Microsoft.Extensions.Configuration.IConfiguration>(new Microsoft.Extensions.Configuration.ConfigurationBuilder().Build());
        collection.AddSingleton(time ?? TimeProvider.System);
        collection.AddSingleton<Changes>();
        collection.AddHistory();
        collection.Configure<ServerOptions>(o =>
        {
            o.DataFolder = folder;
            o.PostgreSql = postgreSql;
        });
        collection.Configure<HistoryOptions>(o =>
        {
            o.SegmentBytes = 256 << 10;
            o.ReadInterval = TimeSpan.FromMilliseconds(5);
            configure?.Invoke(o);
        });
        more?.Invoke(collection);
        var rig = new HistoryRig(collection.BuildServiceProvider());
        if (start)
        {
            await rig.service.StartAsync(CancellationToken.None);
        }

        return rig;
    }

    /// <summary>A clean stop: everything is drained.</summary>
    public async Task StopAsync()
    {
        if (!stopped)
        {
            stopped = true;
            await service.StopAsync(CancellationToken.None);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await services.DisposeAsync();
    }

    public static PredictionBegin BeginOf(Guid id, Origin origin = Origin.Live, bool complete = true, int length = 0, long? receivedTicks = null) => new(
        id, receivedTicks ?? RetentionDecision.InstantOf(id).UtcTicks, origin, Dialect.Invocations, Guid.Empty, "ada", "application/json", complete, length);

    public static PredictionEnd EndOf(Guid id, short status = 200, long micros = 1500, int length = 0) => new(
        id, status, status >= 400 ? "model_error" : null, status >= 400, micros, 10, 900, 1, "application/json", true, length);

    /// <summary>Records one answered prediction.</summary>
    public static void Write(PredictionJournal journal, Guid id, byte[] input, byte[] output, RouteLabel? route = null, short status = 200, Origin origin = Origin.Live)
    {
        journal.Begin(route ?? Iris, BeginOf(id, origin, length: input.Length), input);
        journal.End(route ?? Iris, EndOf(id, status, length: output.Length), output);
    }

    public static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>Waits until the store holds <paramref name="count"/> predictions.</summary>
    public async Task StoredAsync(long count)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (Store.LastSequence < count)
        {
            await Task.Delay(5, patience.Token);
        }
    }

    public async Task<List<StoredPrediction>> AllAsync(PredictionFilter? filter = null, int page = 500)
    {
        var all = new List<StoredPrediction>();
        while (await Store.ListAsync(filter ?? new PredictionFilter(), all.Count == 0 ? null : all[^1].Id, page, true, CancellationToken.None) is { Count: > 0 } found)
        {
            all.AddRange(found);
        }

        return all;
    }
}
