using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;
using Microsoft.Extensions.Options;
using Slipway.Serving;
using Slipway.Server.Deployments;
using Slipway.Server.History;
using Slipway.Server.Identity;
using Slipway.Server.Platform;
using Slipway.Server.Replicas;

namespace Slipway.Server.Gateway;

/// <summary>
/// The living side of the data plane: follows the route table, keeps connections and admissions across tables, sweeps deadlines, reports twice a second. Requests run
/// in pooled <see cref="Exchange"/>s.
/// </summary>
internal sealed partial class Gateway : IHostedService, IAsyncDisposable
{
    private readonly RouteTableFeed feed;
    private readonly GatewayReports reports;
    private readonly ServerEpoch epoch;
    private readonly IOptions<GatewayOptions> options;
    private readonly ILogger<Gateway> logger;
    private readonly HostedReplicas hosted;
    private readonly Lock swapping = new();
    private readonly ConcurrentDictionary<(Guid Deployment, string Hash), Admission> admissions = new();
    private readonly ConcurrentDictionary<Guid, ReplicaLink> links = new();
    private readonly ConcurrentDictionary<(Guid Revision, string Variant), OutcomeCounters> counters = new();
    private readonly ConcurrentQueue<Exchange> idle = new();
    private readonly CancellationTokenSource ending = new();
    private ImmutableArray<Exchange> exchanges = [];
    private ImmutableArray<Task> closing = [];
    private GatewayTable table;
    private readonly CancellationTokenRegistration shutdown;
    private long givesUpAt = long.MaxValue;
    private long sequence;
    private bool isDisposed;
    private Task sweeping = Task.CompletedTask;
    private Task reporting = Task.CompletedTask;

    public Gateway(
        RouteTableFeed feed, GatewayReports reports, ServerEpoch epoch, IOptions<GatewayOptions> options, TimeProvider time,
        IHostApplicationLifetime lifetime, ILogger<Gateway> logger, IServiceProvider services)
    {
        shutdown = lifetime.ApplicationStopping.Register(() => Volatile.Write(ref givesUpAt, Stopwatch.GetTimestamp() + (long)(options.Value.ShutdownTimeout.TotalSeconds * Stopwatch.Frequency)));
        this.feed = feed;
        this.reports = reports;
        this.epoch = epoch;
        this.options = options;
        this.logger = logger;
        Time = time;
        Addresses = new ClientAddresses(options.Value.TrustedProxies);
        Journal = options.Value.Record ? services.GetService<PredictionJournal>() : null;
        Sessions = services.GetRequiredService<Sessions>();
        hosted = services.GetRequiredService<HostedReplicas>();
        table = new GatewayTable(RouteTable.Empty, AdmissionOf, CountersOf);
    }

    /// <summary>Name of this gateway process in hellos and reports; new at each start.</summary>
    public string Name { get; } = $"gateway-{Guid.NewGuid():n}";

    public GatewayOptions Options => options.Value;

    public ClientAddresses Addresses { get; }

    public TimeProvider Time { get; }

    /// <summary>Null where nothing is recorded.</summary>
    public PredictionJournal? Journal { get; }

    public Sessions Sessions { get; }

    public IEnumerable<Admission> Admissions => admissions.Values;

    public KeyCache Keys { get; } = new();

    public PredictionIds Ids { get; } = new();

    /// <summary>Chooses by weight.</summary>
    public Random Random { get; init; } = Random.Shared;

    /// <summary>The newest table that requests see.</summary>
    public GatewayTable Table => Volatile.Read(ref table);

    /// <summary>Every replica that a table names can be reached.</summary>
    public bool IsConnected => !links.IsEmpty && links.Values.All(link => link.IsConnected);

    /// <summary>Serves one predict request to its end.</summary>
    public Task ServeAsync(HttpContext context, PredictPath path)
    {
        if (!idle.TryDequeue(out var exchange))
        {
            exchange = new Exchange(this);
            ImmutableInterlocked.Update(ref exchanges, static (all, made) => all.Add(made), exchange);
        }

        return exchange.RunAsync(context, path);
    }

    /// <summary>The exchange has ended its request and may serve another.</summary>
    public void Return(Exchange exchange) => idle.Enqueue(exchange);

    public Task StartAsync(CancellationToken cancellationToken)
    {
        feed.Swapped += Follow;
        Follow(feed.Current);
        sweeping = Task.Run(() => EveryAsync(Options.DeadlineInterval, Sweep, ending.Token), CancellationToken.None);
        reporting = Task.Run(() => EveryAsync(Options.ReportInterval, Report, ending.Token), CancellationToken.None);
        return Task.CompletedTask;
    }

    /// <summary>Runs after the web server has stopped accepting and its requests have ended.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        feed.Swapped -= Follow;
        await ending.CancelAsync();
        await Task.WhenAll(sweeping, reporting);
        Report();
        await Task.WhenAll(links.Values.Select(link => link.DisposeAsync().AsTask()));
        await Task.WhenAll(closing);
    }

    // The container holds it twice, as itself and as a hosted service.
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref isDisposed, true))
        {
            return;
        }

        await ending.CancelAsync();
        shutdown.Dispose();
        ending.Dispose();
        Ids.Dispose();
    }

    /// <summary>
    /// Brings a new table into force: first what it adds, then the table itself, then what it takes away, so that no request finds its choice already gone.
    /// </summary>
    private void Follow(RouteTable source)
    {
        lock (swapping)
        {
            if (source.Version < table.Source.Version)
            {
                return;
            }

            var made = new GatewayTable(source, AdmissionOf, CountersOf);
            Apply(made, isVisible: false);
            Volatile.Write(ref table, made);
            Apply(made, isVisible: true);
            Retire(made);
        }
    }

    private void Apply(GatewayTable made, bool isVisible)
    {
        foreach (var target in made.Targets)
        {
            foreach (var variant in target.Revisions.SelectMany(r => r.Variants))
            {
                variant.Admission.Update(variant.Route.Set, target.Route, LinkOf, isVisible);
            }
        }
    }

    private void Retire(GatewayTable made)
    {
        var variants = made.Targets.SelectMany(t => t.Revisions).SelectMany(r => r.Variants).ToList();
        var sets = variants.Select(v => v.Admission).ToHashSet();
        var replicas = variants.SelectMany(v => v.Route.Set.Replicas).Select(r => r.ReplicaId).ToHashSet();
        foreach (var (key, admission) in admissions)
        {
            if (!sets.Contains(admission) && admissions.TryRemove(key, out _))
            {
                admission.Close();
            }
        }

        var counted = made.Targets.SelectMany(t => t.Revisions).SelectMany(r => r.Variants.Select(v => (r.Route.RevisionId, v.Route.Name))).ToHashSet();
        foreach (var key in counters.Keys.Where(key => !counted.Contains(key)))
        {
            counters.TryRemove(key, out _);
        }

        foreach (var (id, link) in links)
        {
            if (!replicas.Contains(id) && links.TryRemove(id, out _))
            {
                closing = [.. closing.Where(t => !t.IsCompleted), link.CloseWhenIdleAsync()];
            }
        }
    }

    private Admission AdmissionOf(DeploymentRoute deployment, ReplicaSetRoute set) => admissions.GetOrAdd(
        (set.DeploymentId, set.Hash), static (key, d) => new Admission(key.Deployment, key.Hash, d.Environment, d.Name), deployment);

    private OutcomeCounters CountersOf(Guid revision, string variant) => counters.GetOrAdd((revision, variant), static _ => new OutcomeCounters());

    private ReplicaLink LinkOf(ReplicaRoute route)
    {
        if (links.TryGetValue(route.ReplicaId, out var link) && link.IsFor(route))
        {
            return link;
        }

        if (link is not null)
        {
            closing = [.. closing.Where(t => !t.IsCompleted), link.CloseWhenIdleAsync()];
        }

        link = new ReplicaLink(route, ServerHello.Gateway(Name, route.Token, (ulong)epoch.Current), Hosted, options, Time, logger);
        link.Changed += RefreshAll;
        links[route.ReplicaId] = link;
        return link;
    }

    private ReplicaChannel? Hosted(Guid replica) => hosted.Find(replica)?.Replica?.Connect();

    // A replica belongs to one set, but a look at every set is cheap beside a connection made or lost.
    private void RefreshAll()
    {
        foreach (var admission in admissions.Values)
        {
            admission.Refresh();
        }
    }

    private void Sweep()
    {
        var now = Stopwatch.GetTimestamp();
        var seenAt = now < Volatile.Read(ref givesUpAt) ? now : long.MaxValue;   // the server stops: whoever is left has run out of time
        foreach (var exchange in exchanges)
        {
            exchange.Sweep(seenAt);
        }

        foreach (var admission in admissions.Values)
        {
            admission.Readmit(now);
        }
    }

    private async Task EveryAsync(TimeSpan interval, Action act, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(interval, Time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                try
                {
                    act();
                }
                catch (Exception exception)
                {
                    LogTickFailed(exception);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }
    }

    /// <summary>A replica has failed so often in a row that it is passed over.</summary>
    public void Ejected(Guid replica, VariantTarget variant) => LogEjected(replica, variant.Deployment.Environment, variant.Deployment.Name);

    [LoggerMessage(LogLevel.Warning, "Replica {Replica} of {Environment}/{Deployment} failed too often in a row and gets no requests for a while")]
    private partial void LogEjected(Guid replica, string environment, string deployment);

    [LoggerMessage(LogLevel.Error, "A tick of the gateway failed; the next one comes")]
    private partial void LogTickFailed(Exception exception);
}
