using System.Collections.Immutable;
using Microsoft.EntityFrameworkCore;
using Slipway.Server.Deployments;
using Slipway.Server.Platform;

namespace Slipway.Server.Rollouts;

/// <summary>
/// Counts what both sides of each rollout under way answer, from the gateway's reports, and stores it with the rollout's window, so that the next server
/// decides on it too. A killed server loses at most what came since the last save.
/// </summary>
internal sealed class RolloutEvidence : IDisposable
{
    private static readonly TimeSpan SaveEvery = TimeSpan.FromSeconds(1);
    private readonly Database database;
    private readonly Writes writes;
    private readonly GatewayReports reports;
    private readonly TimeProvider time;
    private readonly Lock gate = new();
    private readonly Dictionary<Guid, Watched> watched = [];
    private readonly RecentOutcomes recent = new();

    public RolloutEvidence(Database database, Writes writes, GatewayReports reports, TimeProvider time)
    {
        (this.database, this.writes, this.reports, this.time) = (database, writes, reports, time);
        reports.Taken += Take;
    }

    /// <summary>Watches exactly these rollouts, each in its present window.</summary>
    public async Task WatchAsync(IReadOnlyList<Rollout> underWay, CancellationToken cancellationToken)
    {
        foreach (var rollout in underWay)
        {
            if (CurrentOf(rollout.Id) is { } current && current.Number == rollout.Window)
            {
                continue;
            }

            var stored = await StoredAsync(rollout, cancellationToken);
            lock (gate)
            {
                // What was counted meanwhile for an older window is that window's.
                var before = watched.TryGetValue(rollout.Id, out var old) ? old.Windows.Where(w => w.Number < rollout.Window) : stored.Where(w => w.Number < rollout.Window);
                var now = stored.Find(w => w.Number == rollout.Window)
                    ?? new RolloutWindow { Id = Guid.CreateVersion7(time.GetUtcNow()), RolloutId = rollout.Id, Number = rollout.Window, From = rollout.WindowAt, To = rollout.WindowAt };
                watched[rollout.Id] = new Watched(rollout, [.. before, now]) { Dirty = old?.Dirty ?? [] };
                if (old is null && stored.Count == 0 && rollout.Window == 0 && BeforeOf(rollout) is { } minute)
                {
                    watched[rollout.Id] = new Watched(rollout, [minute, now]) { Dirty = [minute.Number] };
                }
            }
        }

        lock (gate)
        {
            foreach (var gone in watched.Keys.Except(underWay.Select(r => r.Id)).Where(id => watched[id].Dirty.Count == 0).ToList())
            {
                watched.Remove(gone);
            }
        }
    }

    /// <summary>The window of a rollout under way, and the one whose previous side it is compared with: the last one in which that was asked enough; null: none.</summary>
    public (RolloutWindow? Current, RolloutWindow? Compared) Of(Rollout rollout, int minRequests)
    {
        lock (gate)
        {
            if (!watched.TryGetValue(rollout.Id, out var found) || found.Windows[^1].Number != rollout.Window)
            {
                return (null, null);
            }

            var compared = found.Windows.LastOrDefault(w => w.Previous.Requests >= minRequests);
            return (found.Windows[^1].Copy(), compared?.Copy());
        }
    }

    /// <summary>Every window of these rollouts, in order: as counted now where they are watched, else as stored.</summary>
    public async Task<ILookup<Guid, RolloutWindow>> ReadAsync(SlipwayDbContext db, IReadOnlyCollection<Guid> rollouts, CancellationToken cancellationToken)
    {
        var stored = await db.Set<RolloutWindow>().AsNoTracking().Where(w => rollouts.Contains(w.RolloutId)).ToListAsync(cancellationToken);
        lock (gate)
        {
            var counted = rollouts.SelectMany(id => watched.TryGetValue(id, out var w) ? w.Windows.Select(x => x.Copy()) : []).ToList();
            return counted.Concat(stored.Where(s => !counted.Exists(c => c.Id == s.Id))).OrderBy(w => w.Number).ToLookup(w => w.RolloutId);
        }
    }

    /// <summary>Stores what has been counted since the last save.</summary>
    /// <param name="everything">Also what was saved less than a second ago.</param>
    public async Task SaveAsync(bool everything, CancellationToken cancellationToken)
    {
        List<RolloutWindow> dirty = [];
        lock (gate)
        {
            foreach (var one in watched.Values.Where(w => w.Dirty.Count > 0 && (everything || time.GetUtcNow() - w.SavedAt >= SaveEvery)))
            {
                dirty.AddRange(one.Windows.Where(w => one.Dirty.Contains(w.Number)).Select(w => w.Copy()));
                one.Dirty.Clear();
                one.SavedAt = time.GetUtcNow();
            }
        }

        if (dirty.Count == 0)
        {
            return;
        }

        try
        {
            await writes.RunAsync(
                async (db, token) =>
                {
                    foreach (var window in dirty)
                    {
                        if (await db.Set<RolloutWindow>().SingleOrDefaultAsync(w => w.RolloutId == window.RolloutId && w.Number == window.Number, token) is not { } row)
                        {
                            db.Set<RolloutWindow>().Add(window.Copy());
                            continue;
                        }

                        (row.To, row.Candidate, row.Previous) = (window.To, window.Candidate, window.Previous);
                    }

                    return Result.Done;
                },
                cancellationToken);
        }
        catch
        {
            lock (gate)
            {
                dirty.ForEach(w => watched.GetValueOrDefault(w.RolloutId)?.Dirty.Add(w.Number));
            }

            throw;
        }
    }

    public void Dispose() => reports.Taken -= Take;

    private RolloutWindow? CurrentOf(Guid rollout)
    {
        lock (gate)
        {
            return watched.TryGetValue(rollout, out var found) ? found.Windows[^1] : null;
        }
    }

    private RolloutWindow? BeforeOf(Rollout rollout)
    {
        var since = rollout.StartedAt - RecentOutcomes.Span;
        var counts = rollout.FromRevisionId is { } previous ? recent.Of(rollout.DeploymentId, previous, since) : SideCounts.None;
        return counts.Requests == 0 ? null : new RolloutWindow
        {
            Id = Guid.CreateVersion7(time.GetUtcNow()), RolloutId = rollout.Id, Number = RolloutWindow.Before, From = since, To = rollout.StartedAt, Previous = counts,
        };
    }

    private async Task<List<RolloutWindow>> StoredAsync(Rollout rollout, CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        return await db.Set<RolloutWindow>().AsNoTracking().Where(w => w.RolloutId == rollout.Id).OrderBy(w => w.Number).ToListAsync(cancellationToken);
    }

    private void Take(GatewayReport report)
    {
        lock (gate)
        {
            recent.Take(report);
            foreach (var rollout in watched.Values)
            {
                var window = rollout.Windows[^1];
                foreach (var outcome in report.Outcomes.Where(o => o.DeploymentId == rollout.DeploymentId && o.Requests + o.FailedOver > 0))
                {
                    if (outcome.RevisionId == rollout.ToRevisionId)
                    {
                        window.Candidate = window.Candidate.Plus(outcome);
                    }
                    else if (outcome.RevisionId == rollout.FromRevisionId)
                    {
                        window.Previous = window.Previous.Plus(outcome);
                    }
                    else
                    {
                        continue;
                    }

                    window.To = report.To;
                    rollout.Dirty.Add(window.Number);
                }
            }
        }
    }

    private sealed class Watched(Rollout rollout, ImmutableArray<RolloutWindow> windows)
    {
        public Guid DeploymentId { get; } = rollout.DeploymentId;

        public Guid ToRevisionId { get; } = rollout.ToRevisionId;

        public Guid? FromRevisionId { get; } = rollout.FromRevisionId;

        /// <summary>In order; the last one is the present one.</summary>
        public ImmutableArray<RolloutWindow> Windows { get; } = windows;

        public HashSet<int> Dirty { get; init; } = [];

        public DateTimeOffset SavedAt { get; set; }
    }
}
