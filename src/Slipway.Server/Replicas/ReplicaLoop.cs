using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Slipway.Server.Platform;
using Slipway.Serving;

namespace Slipway.Server.Replicas;

/// <summary>
/// The loop of this folder: gathers what is stored and what is there, asks <see cref="ReplicaSetDecision"/> and <see cref="ReplicaDecision"/>, and takes one step for
/// each set and each replica. Everything it goes by is stored, so that the next server continues where this one was killed.
/// </summary>
internal sealed partial class ReplicaLoop(
    Database database, ReplicaSets sets, ReplicaSteps steps, StartReplica start, HostedReplicas hosted, ReplicaStop stop, ReplicaSweep sweep, ReplicaWatch watch,
    ReplicaWake wake, GpuUse gpus,
    IReplicaUse use, IReplicaHealth health, ModelRuns runs, ReplicaFolders folders, ReplicaDisk disk, Cgroups cgroups, Changes changes, ReplicaLogFiles logs, IOptions<ReplicasOptions> options, TimeProvider time,
    ILogger<ReplicaLoop> logger) : HostedLoop
{
    private readonly Dictionary<Guid, Task> starting = [];
    private readonly HashSet<Guid> made = [];   // rows that this server has made and not begun to start: nothing can be of them anywhere
    private readonly Dictionary<Guid, (string Json, ReplicaSetSpec Spec)> specs = [];
    private readonly DateTimeOffset startedAt = time.GetUtcNow();

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await Task.WhenAll(starting.Values);
        if (!options.Value.KeepReplicasOnStop)
        {
            await stop.RunAsync(watch, cancellationToken);
        }

        await watch.DisposeAsync();
    }

    protected override async Task LoopAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        DateTimeOffset swept = default;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (time.GetUtcNow() - swept > TimeSpan.FromMinutes(1))
                {
                    swept = time.GetUtcNow();
                    await sweep.RunAsync(stoppingToken);
                }

                if (!await PassAsync(stoppingToken))
                {
                    await wake.WaitAsync(options.Value.Interval, time, stoppingToken);
                }
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                LogPassFailed(exception);
                await Task.Delay(options.Value.Interval, time, stoppingToken).ContinueWith(_ => { }, TaskScheduler.Default);
            }
        }
    }

    /// <returns>Whether a step was taken: then there may be another.</returns>
    private async Task<bool> PassAsync(CancellationToken cancellationToken)
    {
        var rows = await ReadAsync(cancellationToken);
        disk.Look([.. rows.SelectMany(s => s.Replicas)]);
        var stepped = false;
        foreach (var set in rows)
        {
            try
            {
                stepped |= await StepAsync(set, cancellationToken);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                LogSetFailed(exception, Spec(set.Set).Deployment);   // one failure never stops the others
            }
        }

        watch.Keep(rows.SelectMany(s => s.Replicas).Select(r => r.Id));
        if (!stepped)
        {
            made.IntersectWith(rows.SelectMany(s => s.Replicas).Select(r => r.Id));   // some were not wanted any more before they were started
        }

        Publish(stepped ? await ReadAsync(cancellationToken) : rows);
        return stepped;
    }

    private async Task<bool> StepAsync(StoredSet stored, CancellationToken cancellationToken)
    {
        var spec = Spec(stored.Set);
        var action = ReplicaSetDecision.Next(
            stored.Set.Desired, stored.Set.Removing, stored.Set.ReplaceBefore, [.. stored.Replicas.Select(r => new ReplicaOfSet(r.Id, r.State, r.CreatedAt))]);
        switch (action.Step)
        {
            case ReplicaSetStep.Create:
                made.Add(await steps.CreateAsync(stored.Set, spec.Hosted ? null : stored.Set.UserId, cancellationToken));
                Failpoints.Pass("replicas.after_row");
                return true;
            case ReplicaSetStep.Drain:
                await steps.MarkDrainingAsync(action.Replica, cancellationToken);
                LogDraining(action.Replica, spec.Deployment);
                return true;
            case ReplicaSetStep.Forget:
                await steps.ForgetSetAsync(stored.Set, cancellationToken);
                specs.Remove(stored.Set.Id);
                return true;
        }

        var stepped = false;
        foreach (var replica in stored.Replicas)
        {
            stepped |= await StepAsync(stored.Set, spec, replica, cancellationToken);
        }

        return stepped;
    }

    private async Task<bool> StepAsync(ReplicaSetRow set, ReplicaSetSpec spec, ReplicaRow replica, CancellationToken cancellationToken)
    {
        if (starting.TryGetValue(replica.Id, out var busy))
        {
            if (!busy.IsCompleted)
            {
                return false;
            }

            starting.Remove(replica.Id);
            return true;   // the rows at hand are from before its end
        }

        var slot = spec.Hosted ? hosted.Find(replica.Id) : null;
        var action = ReplicaDecision.Next(spec.Hosted ? Facts(replica, slot) : Facts(replica) with { FillsDisk = disk.Fills(replica), ExceedsStorage = disk.Exceeds(replica, spec) }, time.GetUtcNow(), options.Value, health.Of(set.DeploymentId));
        var seen = slot?.Seen ?? watch.Find(replica.Id)?.Seen;
        switch (action.Step)
        {
            case ReplicaStep.None:
                return false;
            case ReplicaStep.Start:
                Start(set, spec, replica, cancellationToken);
                return false;
            case ReplicaStep.Connect:
                watch.Connect(replica, () => health.Of(set.DeploymentId).Or(options.Value).Interval!.Value, () => ProgramHealth.Ping(spec, health.Of(set.DeploymentId)));
                return false;
            case ReplicaStep.MarkLoading:
                await steps.MarkLoadingAsync(replica.Id, cancellationToken);
                return true;
            case ReplicaStep.MarkReady:
                await steps.MarkReadyAsync(set.Id, replica.Id, seen!.Loaded!, cancellationToken);
                LogReady(replica.Id, spec.Deployment, spec.Hosted ? "in the gateway" : $"process {replica.Pid}");
                return true;
            case ReplicaStep.Drain:
                slot?.Drain();
                watch.Find(replica.Id)?.Drain();
                return false;
            case ReplicaStep.Kill:
                await steps.KillAsync(replica, action.Reason!, cancellationToken);
                slot?.Kill();
                LogKilled(replica.Id, spec.Deployment, action.Reason!);
                return false;
            case ReplicaStep.Restart:
                await steps.RestartAsync(replica, cancellationToken);
                return true;
            case ReplicaStep.Forget:
                await steps.ForgetAsync(replica, cancellationToken);
                return true;
            case ReplicaStep.End:
                var exit = steps.ExitOf(replica, spec, seen, slot?.Exit);
                await steps.EndAsync(replica, exit, cancellationToken);
                await watch.DisconnectAsync(replica.Id);   // not before the end is stored: it knows why
                hosted.Forget(replica.Id);
                LogEnded(replica.Id, spec.Deployment, exit.Reason, exit.Detail);
                return true;
            default:
                throw new InvalidOperationException($"No effect for {action.Step}.");
        }
    }

    /// <summary>Beside the loop, which is woken when the task has ended: woken by the task itself it might find it still running, and would look again only at its next tick.</summary>
    private void Start(ReplicaSetRow set, ReplicaSetSpec spec, ReplicaRow replica, CancellationToken cancellationToken)
    {
        var started = starting[replica.Id] = StartAsync(set, spec, replica, made.Remove(replica.Id), cancellationToken);
        _ = started.ContinueWith(_ => wake.Set(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private async Task StartAsync(ReplicaSetRow set, ReplicaSetSpec spec, ReplicaRow replica, bool isNew, CancellationToken cancellationToken)
    {
        await Task.Yield();
        try
        {
            await StartOrEndAsync(set, spec, replica, isNew, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return;
        }
        catch (Exception exception)
        {
            LogStartBroke(exception, replica.Id, spec.Deployment);
            await Task.Delay(options.Value.FirstBackOff, time, CancellationToken.None);
        }
    }

    private async Task StartOrEndAsync(ReplicaSetRow set, ReplicaSetSpec spec, ReplicaRow replica, bool isNew, CancellationToken cancellationToken)
    {
        try
        {
            await start.RunAsync(set, spec, replica, isNew, cancellationToken);
        }
        catch (ReplicaStartException exception)
        {
            var why = ExitReason.Short(exception.Message);
            LogStartFailed(replica.Id, spec.Deployment, why);
            await steps.EndAsync(replica, new ReplicaExit("start_failed", why, null, null, time.GetUtcNow()), CancellationToken.None);
        }
    }

    private ReplicaFacts Facts(ReplicaRow replica)
    {
        var process = ReplicaWatch.ProcessOf(replica);
        var alive = process is { IsAlive: true };
        var seen = watch.Find(replica.Id)?.Seen;
        TimeSpan? since(long? timestamp) => timestamp is { } t ? time.GetElapsedTime(t) : null;
        return new ReplicaFacts(
            replica.State, process is not null, alive, !alive && process is not null && folders.Read(replica.Folder, "exit.json", ReplicasJson.Default.ExitFile) is not null,
            process is null || alive ? null : watch.DeadFor(replica.Id), seen?.Phase ?? LinkPhase.None, since(seen?.FailedAt), since(seen?.HeardAt),
            use.InsideDeadline(replica.Id), replica.KillReason, replica.StartedAt, replica.DrainingSince, replica.RetryAt);
    }

    private ReplicaFacts Facts(ReplicaRow replica, HostedSlot? slot)
    {
        var (seen, ended) = (slot?.Seen, slot is { HasEnded: true });
        return new ReplicaFacts(
            replica.State, slot is not null, slot is not null && !ended, ended, ended ? TimeSpan.Zero : null, seen?.Phase ?? LinkPhase.None,
            seen?.FailedAt is { } at ? time.GetElapsedTime(at) : null, TimeSpan.Zero, null, replica.KillReason, replica.StartedAt, replica.DrainingSince, replica.RetryAt);
    }

    private void Publish(IReadOnlyList<StoredSet> stored)
    {
        CountRuns(stored);
        var before = sets.Current;
        var next = new ReplicaSnapshot(stored.ToImmutableDictionary(
            s => (s.Set.DeploymentId, s.Set.Hash),
            s => new ReplicaSetStatus(
                s.Set.DeploymentId, s.Set.Hash, s.Set.Desired, s.Set.ConsecutiveFailures, ReplicaSteps.Parse(s.Set.LastExit),
                [.. s.Replicas.Select(r => Status(s.Set, r))], s.Set.Removing) { SecretsDigest = s.Set.SecretsDigest }));
        sets.Publish(next);
        foreach (var deployment in ReplicaSnapshotChanges.Between(before, next))
        {
            var name = stored.Where(s => s.Set.DeploymentId == deployment).Select(s => Spec(s.Set).Deployment).FirstOrDefault() ?? deployment.ToString();
            changes.Publish("replica", $"deployments/{name}");
        }
    }

    private void CountRuns(IReadOnlyList<StoredSet> stored)
    {
        foreach (var (set, row) in stored.SelectMany(s => s.Replicas.Select(r => (s.Set, r))))
        {
            if ((hosted.Find(row.Id)?.Seen ?? watch.Find(row.Id)?.Seen)?.Load is { } load)
            {
                runs.Told(set.DeploymentId, set.Hash, row.Id, row.Token, load.Calls, isAdopted: row.StartedAt < startedAt);
            }
        }

        runs.Keep(stored.SelectMany(s => s.Replicas).Select(r => (r.Id, r.Token)).ToHashSet());
    }

    private ReplicaStatus Status(ReplicaSetRow set, ReplicaRow row)
    {
        if (Spec(set).Hosted)
        {
            return HostedStatus(set, row);
        }

        // Why it ended may take a moment to be known; that it takes no more requests is known now.
        var facts = Facts(row);
        var state = facts is { HasProcess: true, Alive: false } ? ReplicaState.Ended
            : ReplicaDecision.IsUnresponsive(facts, health.Of(set.DeploymentId).Or(options.Value)) ? ReplicaState.Unresponsive : row.State;
        var load = watch.Find(row.Id)?.Seen.Load;
        var sample = watch.Sample(row);
        return new ReplicaStatus(
            row.Id, set.DeploymentId, set.Hash, state, folders.SocketOf(row.Folder), row.Token, row.Pid, row.StartTimeTicks, row.StartedAt, row.ReadyAt, row.Restarts,
            row.Concurrency, row.Batch, row.MaxBatch, ReplicaSteps.Parse(row.LastExit), sample?.ResidentBytes, logs.PathOf(set.DeploymentId, row.Id),
            Spec(set).OtherLimits(cgroups.InForce(row.Id, row.Pid)), sample?.CpuCores, (int)(load?.InFlight ?? 0), (long)(load?.Requests ?? 0), row.UserId, GpuPercent: gpus.Of(row.Gpus));
    }

    private ReplicaStatus HostedStatus(ReplicaSetRow set, ReplicaRow row)
    {
        var slot = hosted.Find(row.Id);
        var isGone = slot is null or { HasEnded: true } && row.State is ReplicaState.Loading or ReplicaState.Ready or ReplicaState.Draining;
        var load = slot?.Seen.Load;
        return new ReplicaStatus(
            row.Id, set.DeploymentId, set.Hash, isGone ? ReplicaState.Ended : row.State, "", row.Token, null, null, row.StartedAt, row.ReadyAt, row.Restarts, row.Concurrency, row.Batch,
            row.MaxBatch, ReplicaSteps.Parse(row.LastExit), slot?.Bytes, logs.PathOf(set.DeploymentId, row.Id), Cgroups.None, null, (int)(load?.InFlight ?? 0), (long)(load?.Requests ?? 0),
            Hosted: true);
    }

    private ReplicaSetSpec Spec(ReplicaSetRow set)
    {
        if (!specs.TryGetValue(set.Id, out var known) || known.Json != set.Spec)
        {
            specs[set.Id] = known = (set.Spec, JsonSerializer.Deserialize(set.Spec, ReplicasJson.Default.ReplicaSetSpec)!);
        }

        return known.Spec;
    }

    private async Task<List<StoredSet>> ReadAsync(CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        var replicas = (await db.Set<ReplicaRow>().OrderBy(r => r.CreatedAt).ToListAsync(cancellationToken)).ToLookup(r => r.SetId);
        return [.. (await db.Set<ReplicaSetRow>().OrderBy(s => s.CreatedAt).ToListAsync(cancellationToken)).Select(s => new StoredSet(s, [.. replicas[s.Id]]))];
    }

    private sealed record StoredSet(ReplicaSetRow Set, IReadOnlyList<ReplicaRow> Replicas);

    [LoggerMessage(LogLevel.Error, "Looking after the replicas failed; next try at the next tick")]
    private partial void LogPassFailed(Exception exception);

    [LoggerMessage(LogLevel.Error, "Looking after a replica set of {Deployment} failed; next try at the next tick")]
    private partial void LogSetFailed(Exception exception, string deployment);

    [LoggerMessage(LogLevel.Error, "Starting replica {Replica} of {Deployment} failed; next try at the next tick")]
    private partial void LogStartBroke(Exception exception, Guid replica, string deployment);

    [LoggerMessage(LogLevel.Warning, "Replica {Replica} of {Deployment} did not start: {Detail}")]
    private partial void LogStartFailed(Guid replica, string deployment, string detail);

    [LoggerMessage(LogLevel.Information, "Replica {Replica} of {Deployment} is ready, {Where}")]
    private partial void LogReady(Guid replica, string deployment, string where);

    [LoggerMessage(LogLevel.Information, "Replica {Replica} of {Deployment} drains")]
    private partial void LogDraining(Guid replica, string deployment);

    [LoggerMessage(LogLevel.Warning, "Replica {Replica} of {Deployment} is killed: {Reason}")]
    private partial void LogKilled(Guid replica, string deployment, string reason);

    [LoggerMessage(LogLevel.Information, "Replica {Replica} of {Deployment} has ended: {Reason}. {Detail}")]
    private partial void LogEnded(Guid replica, string deployment, string reason, string detail);
}
