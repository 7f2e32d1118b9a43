using System.Collections.Immutable;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Slipway.Server.Deployments;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Rollouts;

/// <summary>
/// Takes every rollout under way one step further at a time: gathers the facts, asks <see cref="RollingDecision"/>, stores the step. Deployments makes
/// replicas and traffic follow what is stored, so a server that was killed at any line goes on from there.
/// </summary>
internal sealed partial class RolloutLoop(
    Database database, DesiredState state, RevisionBuilds builds, IReplicaSets sets, Writes writes, AuditLog audit, Changes changes, IOptions<RolloutOptions> options,
    TimeProvider time, ILogger<RolloutLoop> logger) : BackgroundService
{
    /// <summary>One step of each rollout that can take one; the loop repeats it at a pace and on every change.</summary>
    public async Task PassAsync(CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        var underWay = await db.Set<Rollout>().Where(r => r.FinishedAt == null).OrderBy(r => r.StartedAt).ToListAsync(cancellationToken);
        if (underWay.Count == 0)
        {
            return;
        }

        var desired = await state.ReadAsync(cancellationToken);
        foreach (var rollout in underWay)
        {
            if (desired.FirstOrDefault(d => d.Id == rollout.DeploymentId && d.Rollout?.Id == rollout.Id) is not { Target: { } target } deployment)
            {
                continue;
            }

            try
            {
                await StepAsync(rollout, deployment, target, desired, cancellationToken);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                LogStepFailed(exception, deployment.Deployment.Path);
            }
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var subscription = changes.Subscribe();
        try
        {
            while (!stoppingToken.IsCancellationRequested)
            {
                try
                {
                    await PassAsync(stoppingToken);
                }
                catch (Exception exception) when (exception is not OperationCanceledException)
                {
                    LogPassFailed(exception);
                }

                await subscription.WaitAsync(
                    c => c.Kind is "deployment" or "rollout" or "replica" or "build", options.Value.Pace, time, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    private async Task StepAsync(
        Rollout rollout, DesiredDeployment deployment, Revision target, ImmutableArray<DesiredDeployment> all, CancellationToken cancellationToken)
    {
        var facts = await FactsAsync(rollout, deployment, target, all, cancellationToken);
        var step = RollingDecision.Next(facts, time.GetUtcNow());
        if (step is RollingWait)
        {
            return;
        }

        if (step is RollingMove && !rollout.Built)
        {
            // What failed in an earlier rollout to the same revision is forgotten: this one tries anew.
            foreach (var hash in target.Sets.Where(h => sets.Current.Find(deployment.Id, h) is { ConsecutiveFailures: > 0 }))
            {
                await sets.RetryAsync(deployment.Id, hash, cancellationToken);
            }
        }

        Failpoints.Pass("rollouts.before_effect");
        await StoreAsync(rollout, deployment.Deployment.Path, step, cancellationToken);
        Failpoints.Pass("rollouts.after_effect");
    }

    private async Task<RollingFacts> FactsAsync(
        Rollout rollout, DesiredDeployment deployment, Revision target, ImmutableArray<DesiredDeployment> all, CancellationToken cancellationToken)
    {
        var build = await builds.EnsureAsync(target, rollout.BuildAgain, cancellationToken);
        if (rollout.BuildAgain)
        {
            await BuildsAreUnderWayAsync(rollout.Id, cancellationToken);
        }

        var unshared = build.Progress == BuildProgress.Ready ? target.Sets.Except(deployment.Live?.Sets ?? [], StringComparer.Ordinal).ToImmutableArray() : [];
        var facts = unshared.Select(hash =>
        {
            var seen = sets.Current.Find(deployment.Id, hash);
            var exit = seen?.LastExit is { } last && last.At >= rollout.StartedAt ? last : null;
            return new NewSetFacts(seen is { Desired: > 0 } ? seen.Ready : 0, exit is null ? 0 : seen!.ConsecutiveFailures, exit);
        });
        return new RollingFacts(
            rollout.Status, rollout.FromRevision, rollout.ToRevision, rollout.Built, rollout.Weight, rollout.FromReplicas, rollout.ToReplicas, build,
            ReplicaPlan.Target(deployment), [.. facts], MachineHolds(target, unshared, all), rollout.ProgressDeadline);
    }

    /// <summary>Whether one replica more of each of these sets fits beside all that is planned.</summary>
    private bool MachineHolds(Revision target, ImmutableArray<string> sets, ImmutableArray<DesiredDeployment> all)
    {
        var planned = all.SelectMany(d => ReplicaPlan.Of(d).Values).Sum(s => (long)s.Replicas * s.Variant.MemoryMib);
        var more = target.Variants.Where(v => sets.Contains(v.ReplicaSetHash ?? "")).Sum(v => (long)v.MemoryMib);
        return planned + more <= (GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 20) * options.Value.MemoryOvercommit;
    }

    private Task BuildsAreUnderWayAsync(Guid rolloutId, CancellationToken cancellationToken) => writes.RunAsync(
        async (db, token) =>
        {
            (await db.Set<Rollout>().SingleAsync(r => r.Id == rolloutId, token)).BuildAgain = false;
            return Result.Done;
        },
        cancellationToken);

    private async Task StoreAsync(Rollout seen, string deployment, RollingStep step, CancellationToken cancellationToken)
    {
        var stored = await writes.RunAsync<string?>(
            async (db, token) =>
            {
                // Somebody else's step since then (a stop) makes this decision void; the next pass decides anew.
                var rollout = await db.Set<Rollout>().SingleAsync(r => r.Id == seen.Id, token);
                if (rollout.LastStep != seen.LastStep || rollout.FinishedAt is not null)
                {
                    return (string?)null;
                }

                var now = time.GetUtcNow();
                switch (step)
                {
                    case RollingMove move:
                        rollout.Take(move, now, options.Value.ProgressDeadline);
                        break;
                    case RollingFail fail:
                        rollout.Fail(fail.Code, fail.Message, now);
                        break;
                    case RollingFinish finish:
                        rollout.Succeed(finish.What, now);
                        await LiveRevisions.SetAsync(db, rollout.DeploymentId, rollout.ToRevisionId, now, token);
                        break;
                }

                if (rollout.Status.IsFinal())
                {
                    audit.Record(
                        db, Actor.System, $"rollout.{rollout.Status.ToWire().ToLowerInvariant()}", "deployment", deployment, after: RolloutInfos.Audited(rollout));
                }

                db.Changed("rollout", RolloutInfos.Resource(rollout));
                db.Changed("deployment", $"deployments/{deployment}");
                return rollout.Steps[^1].What;
            },
            cancellationToken);
        if (!stored.IsRefused && stored.Value is { } what)
        {
            LogStep(deployment, seen.ToRevision, what);
        }
    }

    [LoggerMessage(LogLevel.Information, "Rollout of {Deployment} to revision {Revision}: {What}")]
    private partial void LogStep(string deployment, int revision, string what);

    [LoggerMessage(LogLevel.Error, "A step of the rollout of {Deployment} failed; next try at the next tick")]
    private partial void LogStepFailed(Exception exception, string deployment);

    [LoggerMessage(LogLevel.Error, "Rollouts could not be read; next try at the next tick")]
    private partial void LogPassFailed(Exception exception);
}
