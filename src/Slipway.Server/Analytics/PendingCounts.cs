using Microsoft.EntityFrameworkCore;
using Slipway.Server.History;
using Slipway.Server.History.Store;
using Slipway.Server.Platform;

namespace Slipway.Server.Analytics;

/// <summary>Counted and not yet written: a run of stored predictions from one sequence on.</summary>
internal sealed class PendingCounts(long first)
{
    private readonly Dictionary<(Guid Deployment, Guid Revision, string Variant, long Minute), Tally> minutes = [];
    private readonly Dictionary<Guid, (RouteLabel Route, long Sequence)> deployments = [];

    /// <summary>Sequence of the first prediction counted here.</summary>
    public long First { get; } = first;

    /// <summary>Sequence of the next one to count.</summary>
    public long Next { get; private set; } = first;

    public IEnumerable<(Guid Deployment, DateTimeOffset Minute, Tally Tally)> Minutes =>
        minutes.Select(m => (m.Key.Deployment, new DateTimeOffset(m.Key.Minute, TimeSpan.Zero), m.Value));

    /// <summary>Counts the outcomes that follow. Only live and sdk are counted; all are passed.</summary>
    public void Add(IReadOnlyList<PredictionOutcome> outcomes)
    {
        (RouteLabel? Route, long Minute) last = default; // most outcomes count where the one before did
        Tally? tally = null;
        foreach (var outcome in outcomes)
        {
            if (outcome.Origin is Origin.Live or Origin.Sdk)
            {
                var route = outcome.Route;
                var minute = outcome.ReceivedUtcTicks - (outcome.ReceivedUtcTicks % TimeSpan.TicksPerMinute);
                if (tally is null || !ReferenceEquals(route, last.Route) || minute != last.Minute)
                {
                    last = (route, minute);
                    ref var known = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(
                        minutes, (route.DeploymentId, route.RevisionId, route.Variant, minute), out _);
                    tally = known ??= new Tally();
                }

                tally.Add(outcome);
                deployments[route.DeploymentId] = (route, Next);
            }

            Next++;
        }
    }

    /// <summary>Adds everything to the stored aggregates. May run more than once (a transaction is repeated): it only reads what was counted.</summary>
    public async Task WriteAsync(SlipwayDbContext db, CancellationToken cancellationToken)
    {
        await AddAsync(
            db, minutes, key => new MinuteAggregate { DeploymentId = key.Deployment, RevisionId = key.Revision, Variant = key.Variant, At = At(key.Minute) }, cancellationToken);

        var hours = new Dictionary<(Guid Deployment, Guid Revision, string Variant, long Hour), Tally>();
        foreach (var ((deployment, revision, variant, minute), tally) in minutes)
        {
            var key = (deployment, revision, variant, minute - (minute % TimeSpan.TicksPerHour));
            if (!hours.TryGetValue(key, out var hour))
            {
                hours.Add(key, hour = new Tally());
            }

            hour.Add(tally);
        }

        await AddAsync(
            db, hours, key => new HourAggregate { DeploymentId = key.Deployment, RevisionId = key.Revision, Variant = key.Variant, At = At(key.Minute) }, cancellationToken);

        var ids = deployments.Keys.ToList();
        var known = await db.Set<AnalyticsDeployment>().Where(d => ids.Contains(d.DeploymentId)).ToDictionaryAsync(d => d.DeploymentId, cancellationToken);
        foreach (var (id, (route, sequence)) in deployments)
        {
            if (!known.TryGetValue(id, out var deployment))
            {
                deployment = new AnalyticsDeployment { DeploymentId = id, Environment = route.Environment, Name = route.Deployment };
                db.Add(deployment);
            }

            (deployment.Environment, deployment.Name, deployment.LastSequence) = (route.Environment, route.Deployment, sequence);
        }
    }

    private static async Task AddAsync<T>(
        SlipwayDbContext db, Dictionary<(Guid Deployment, Guid Revision, string Variant, long Minute), Tally> counted,
        Func<(Guid Deployment, Guid Revision, string Variant, long Minute), T> create, CancellationToken cancellationToken)
        where T : Aggregate
    {
        var ids = counted.Keys.Select(k => k.Deployment).Distinct().ToList();
        var times = counted.Keys.Select(k => At(k.Minute)).Distinct().ToList();
        var stored = (await db.Set<T>().Where(a => ids.Contains(a.DeploymentId) && times.Contains(a.At)).ToListAsync(cancellationToken))
            .ToDictionary(a => (a.DeploymentId, a.RevisionId, a.Variant, a.At.UtcTicks));
        foreach (var (key, tally) in counted)
        {
            if (!stored.TryGetValue(key, out var row))
            {
                row = create(key);
                db.Add(row);
            }

            tally.AddTo(row);
        }
    }

    private static DateTimeOffset At(long ticks) => new(ticks, TimeSpan.Zero);
}
