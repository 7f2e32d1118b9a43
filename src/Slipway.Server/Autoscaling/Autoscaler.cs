using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Threading.Channels;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Slipway.Server.Deployments;
using Slipway.Server.Deployments.Drafts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;
using Slipway.Server.Replicas;

namespace Slipway.Server.Autoscaling;

/// <summary>
/// Decides with each gateway report how many replicas each set is wished to have, and stores what has changed. Wishes are stored; the load is not: a restarted
/// server goes on with the last wish and scales down only when it has seen a whole delay.
/// </summary>
internal sealed partial class Autoscaler(
    DesiredState state, IReplicaSets sets, WatchedDrafts watched, GatewayReports reports, AutoscalingMeter meter, Writes writes, Changes changes, IEventOutbox outbox, IOptions<AutoscalingOptions> options, TimeProvider time,
    ILogger<Autoscaler> logger) : HostedLoop
{
    private readonly Channel<GatewayReport> taken = Channel.CreateBounded<GatewayReport>(new BoundedChannelOptions(16) { FullMode = BoundedChannelFullMode.DropOldest });
    private readonly ConcurrentDictionary<(Guid Deployment, string Hash), SetScaler> scalers = new();
    private readonly ConcurrentDictionary<(Guid Deployment, string Hash), ScaleVerdict> verdicts = new();
    private ImmutableArray<DesiredDeployment> desired = [];
    private DateTimeOffset readAt = DateTimeOffset.MinValue;

    /// <summary>What was said last of a set; null: nothing yet.</summary>
    public ScaleVerdict? VerdictOf(Guid deployment, string hash) => verdicts.GetValueOrDefault((deployment, hash));

    /// <summary>What was measured of a set; null: nothing yet.</summary>
    public ScaleFacts? FactsOf(Guid deployment, string hash, ScalingSettings settings) => scalers.GetValueOrDefault((deployment, hash))?.Facts(settings, time.GetUtcNow());

    protected override async Task LoopAsync(CancellationToken stoppingToken)
    {
        using var subscription = changes.Subscribe();
        reports.Taken += Take;
        try
        {
            await foreach (var report in taken.Reader.ReadAllAsync(stoppingToken))
            {
                try
                {
                    await RefreshAsync(subscription, stoppingToken);
                    await PassAsync(report, stoppingToken);
                }
                catch (Exception exception) when (exception is not OperationCanceledException)
                {
                    readAt = DateTimeOffset.MinValue;
                    LogFailed(exception);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
        finally
        {
            reports.Taken -= Take;
        }
    }

    private void Take(GatewayReport report) => taken.Writer.TryWrite(report);

    private async Task RefreshAsync(Changes.Subscription subscription, CancellationToken cancellationToken)
    {
        while (subscription.Reader.TryRead(out var change))
        {
            if (change.Kind is "deployment" or "rollout")
            {
                readAt = DateTimeOffset.MinValue;
            }
        }

        if (time.GetUtcNow() - readAt >= options.Value.Pace)
        {
            desired = await state.ReadAsync(cancellationToken);
            readAt = time.GetUtcNow();
        }
    }

    private async Task PassAsync(GatewayReport report, CancellationToken cancellationToken)
    {
        var loads = report.Sets.GroupBy(s => (s.DeploymentId, s.Hash)).ToDictionary(g => g.Key, g => g.First());
        var wished = new List<WishChange>();
        var seen = new HashSet<(Guid, string)>();
        foreach (var deployment in desired.Where(d => d.Deployment.State == RunState.Running && d.Live is not null))
        {
            try
            {
                foreach (var (hash, planned) in ReplicaPlan.Of(deployment))
                {
                    seen.Add((deployment.Id, hash));
                    if (Decide(deployment, hash, planned, report, loads) is { } change)
                    {
                        wished.Add(change);
                    }
                }
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                LogDecisionFailed(exception, deployment.Deployment.Path);   // one failure never stops the others
            }
        }

        Forget(seen);
        if (wished.Count > 0)
        {
            await StoreAsync(wished, cancellationToken);
            readAt = DateTimeOffset.MinValue;
        }
    }

    private WishChange? Decide(
        DesiredDeployment deployment, string hash, PlannedSet planned, GatewayReport report, Dictionary<(Guid, string), ReplicaSetLoad> loads)
    {
        var settings = deployment.Deployment.Scaling;
        var scaler = scalers.GetOrAdd((deployment.Id, hash), _ => new SetScaler());
        var wish = deployment.Wishes.GetValueOrDefault(hash);
        var status = sets.Current.Find(deployment.Id, hash);
        Measure(deployment, hash, planned.Variant, scaler, status, report, loads);

        // 1. At zero: only a request or a person wakes it, or a minimum that was raised.
        if (wish is { Replicas: 0 })
        {
            verdicts[(deployment.Id, hash)] = new ScaleVerdict(0, wish.Reason, "At zero until a request or a person wakes it.");
            return deployment.IsAtZero(hash) ? null : new WishChange(deployment, hash, wish, Math.Max(1, deployment.BoundsOf(hash).Min), ScaleReasons.Minimum, report.To, null);
        }

        // 2. Woken: the cold start is over with the first ready replica.
        if (wish?.WokenAt is { } wokenAt)
        {
            scaler.Woken(wokenAt);
            if (status?.Replicas.Where(r => r.State == ReplicaState.Ready && r.ReadyAt >= wokenAt).MinBy(r => r.ReadyAt) is { ReadyAt: { } readyAt })
            {
                return new WishChange(deployment, hash, wish, wish.Replicas, wish.Reason, null, readyAt - wokenAt);
            }
        }

        // 3. The load; a draft that somebody watches stays warm.
        if (watched.IsWatched(deployment.Id))
        {
            scaler.Woken(report.To);
        }

        var last = deployment.WishOf(hash);
        var underWay = deployment.Rollout is { UnderWay: true };
        var (min, max) = deployment.BoundsOf(hash);
        var bounds = new ScaleBounds(min, max, MayGoToZero: !underWay && wish?.WokenAt is null);
        if (scaler.Decide(settings, bounds, last, report.To) is not { } verdict)
        {
            verdicts[(deployment.Id, hash)] = new ScaleVerdict(last, ScaleReasons.NoData, "Nothing was measured yet, so nothing is decided.");
            return null;
        }

        verdicts[(deployment.Id, hash)] = verdict;
        meter.Wished(deployment.Deployment, hash, verdict.Replicas);
        return verdict.Replicas == last ? null : new WishChange(deployment, hash, wish, verdict.Replicas, verdict.Reason, wish?.WokenAt, null);
    }

    /// <summary>Gives the scaler what the report and the samples say. During a rollout the sets of one variant carry one traffic: each is measured by all of it.</summary>
    private void Measure(
        DesiredDeployment deployment, string hash, Variant variant, SetScaler scaler, ReplicaSetStatus? status, GatewayReport report,
        Dictionary<(Guid, string), ReplicaSetLoad> loads)
    {
        var settings = deployment.Deployment.Scaling;
        string[] together = deployment.Rollout is { UnderWay: true }
            ? [.. Peers(deployment, hash)]
            : [hash];
        var measured = together.Select(h => loads.GetValueOrDefault((deployment.Id, h))).OfType<ReplicaSetLoad>().ToList();
        if (measured.Count > 0)
        {
            scaler.Observe(report.From, report.To, measured.Sum(l => l.InFlightSeconds + l.WaitingSeconds), measured.Sum(l => l.Queued + l.Parked), settings);
        }

        var ready = status?.Replicas.Where(r => r.State == ReplicaState.Ready).ToList() ?? [];
        var known = ready.Count > 0;
        scaler.Observe(
            report.To, (report.To - report.From).TotalSeconds, ready.Count,
            known && ready.TrueForAll(r => r.CpuCores is not null) ? ready.Sum(r => r.CpuCores!.Value / variant.CpuCores) : null,
            known && ready.TrueForAll(r => r.ResidentBytes is not null) ? ready.Sum(r => r.ResidentBytes!.Value / (variant.MemoryMib * 1048576.0)) : null,
            known && ready.TrueForAll(r => r.GpuPercent is not null) ? ready.Sum(r => r.GpuPercent!.Value / 100) : null, settings);
    }

    private static HashSet<string> Peers(DesiredDeployment deployment, string hash)
    {
        Revision?[] revisions = [deployment.Live, deployment.Target];
        var names = revisions.OfType<Revision>().SelectMany(r => r.Variants).Where(v => v.ReplicaSetHash == hash).Select(v => v.Name).ToHashSet(StringComparer.Ordinal);
        return [hash, .. revisions.OfType<Revision>().SelectMany(r => r.Variants).Where(v => names.Contains(v.Name)).Select(v => v.ReplicaSetHash).OfType<string>()];
    }

    private async Task StoreAsync(List<WishChange> wished, CancellationToken cancellationToken)
    {
        await writes.RunAsync(
            async (db, token) =>
            {
                foreach (var change in wished)
                {
                    var row = await db.Set<StoredWish>().SingleOrDefaultAsync(w => w.DeploymentId == change.Deployment.Id && w.Hash == change.Hash, token);
                    if (row?.At != change.Seen?.At)
                    {
                        continue;   // somebody woke or held it meanwhile: the next pass decides anew
                    }

                    row ??= await StoredWishes.FindAsync(db, change.Deployment.Id, change.Hash, token);
                    (row.Replicas, row.Held, row.WokenAt, row.Reason, row.At) = (change.Replicas, false, change.WokenAt, change.Reason, time.GetUtcNow());
                    row.ColdStartSeconds = change.ColdStart?.TotalSeconds ?? row.ColdStartSeconds;
                    if (change.ColdStart is null)
                    {
                        outbox.Scaled(db, change.Deployment.Deployment, change.Hash, change.Replicas, change.Reason, Actor.System);
                    }

                    db.Changed("deployment", change.Deployment.Deployment.Resource);
                }

                return Result.Done;
            },
            cancellationToken);
        foreach (var change in wished)
        {
            if (change.ColdStart is { } coldStart)
            {
                meter.ColdStarted(change.Deployment.Deployment, coldStart);
                LogColdStart(change.Deployment.Deployment.Path, (int)coldStart.TotalMilliseconds);
            }
            else
            {
                LogWished(change.Deployment.Deployment.Path, change.Hash, change.Replicas, change.Reason);
            }
        }
    }

    private void Forget(HashSet<(Guid, string)> seen)
    {
        foreach (var key in scalers.Keys.Where(k => !seen.Contains(k)))
        {
            scalers.TryRemove(key, out _);
            verdicts.TryRemove(key, out _);
            meter.Gone(key.Deployment, key.Hash);
        }
    }

    private sealed record WishChange(
        DesiredDeployment Deployment, string Hash, ReplicaWish? Seen, int Replicas, string Reason, DateTimeOffset? WokenAt, TimeSpan? ColdStart);

    [LoggerMessage(LogLevel.Information, "Replica set {Set} of {Deployment} is wished to have {Replicas} replicas (reason: {Reason})")]
    private partial void LogWished(string deployment, string set, int replicas, string reason);

    [LoggerMessage(LogLevel.Information, "Deployment {Deployment} answered from zero after {Milliseconds} ms")]
    private partial void LogColdStart(string deployment, int milliseconds);

    [LoggerMessage(LogLevel.Error, "Scaling of deployment {Deployment} failed; next try with the next report")]
    private partial void LogDecisionFailed(Exception exception, string deployment);

    [LoggerMessage(LogLevel.Error, "Autoscaling failed; next try with the next report")]
    private partial void LogFailed(Exception exception);
}
