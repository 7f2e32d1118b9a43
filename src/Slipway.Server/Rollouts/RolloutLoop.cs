using System.Collections.Immutable;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Slipway.Server.Deployments;
using Slipway.Server.Platform;

namespace Slipway.Server.Rollouts;

/// <summary>
/// Takes every rollout under way one step further at a time: gathers the facts, asks <see cref="RolloutDecision"/>, stores the step. Deployments makes
/// replicas and traffic follow what is stored, so a server that was killed at any line goes on from there.
/// </summary>
internal sealed partial class RolloutLoop(
    Database database, DesiredState state, GatherFacts facts, RolloutEvidence evidence, TakeStep steps, RolloutWaits waits, IReplicaSets sets, RoutesInForce routes, RolloutMeter meter,
    Changes changes,
    IOptions<RolloutOptions> options, TimeProvider time, ILogger<RolloutLoop> logger) : HostedLoop
{
    /// <summary>One step of each rollout that can take one; the loop repeats it at a pace and on every change.</summary>
    public async Task PassAsync(CancellationToken cancellationToken)
    {
        List<Rollout> underWay;
        await using (var db = database.Read())
        {
            underWay = await db.Set<Rollout>().AsNoTracking().Where(r => r.FinishedAt == null).OrderBy(r => r.StartedAt).ToListAsync(cancellationToken);
        }

        waits.Keep(underWay);
        await evidence.WatchAsync(underWay, cancellationToken);
        await evidence.SaveAsync(everything: underWay.Count == 0, cancellationToken);
        if (underWay.Count == 0)
        {
            meter.Now([]);
            return;
        }

        var desired = await state.ReadAsync(cancellationToken);
        meter.Now([.. underWay.Join(desired, r => r.DeploymentId, d => d.Id, (r, d) => (d.Deployment.Environment.Name, d.Deployment.Name, r.LastStep, r.Weight))]);
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

    protected override Task LoopAsync(CancellationToken stoppingToken) =>
        changes.RunPassesAsync(c => c.Kind is "deployment" or "rollout" or "replica" or "build", options.Value.Pace, time, PassAsync, LogPassFailed, stoppingToken);

    private async Task StepAsync(
        Rollout rollout, DesiredDeployment deployment, Revision target, ImmutableArray<DesiredDeployment> all, CancellationToken cancellationToken)
    {
        var seen = await facts.GatherAsync(rollout, deployment, target, all, cancellationToken);
        var step = RolloutDecision.Next(seen, time.GetUtcNow());
        if (step is WaitStep wait)
        {
            waits.Now(rollout, RolloutWaits.Describe(seen, wait));
            return;
        }

        if (step is MoveStep && !rollout.Built)
        {
            // What failed in an earlier rollout to the same revision is forgotten: this one tries anew.
            foreach (var hash in target.Sets.Where(h => sets.Current.Find(deployment.Id, h) is { ConsecutiveFailures: > 0 }))
            {
                await sets.RetryAsync(deployment.Id, hash, cancellationToken);
            }
        }

        if (step is FinishStep && deployment.Deployment.State != RunState.Stopped)
        {
            // Who reads that a revision is live is answered by it: the end is told when requests meet it.
            await routes.UntilLiveAsync(rollout.DeploymentId, rollout.ToRevisionId, cancellationToken);
        }

        Failpoints.Pass("rollouts.before_effect");
        waits.Now(rollout, null);
        await steps.RunAsync(seen, deployment.Deployment, step, cancellationToken);
        Failpoints.Pass("rollouts.after_effect");
    }

    [LoggerMessage(LogLevel.Error, "A step of the rollout of {Deployment} failed; next try at the next tick")]
    private partial void LogStepFailed(Exception exception, string deployment);

    [LoggerMessage(LogLevel.Error, "Rollouts could not be read; next try at the next tick")]
    private partial void LogPassFailed(Exception exception);
}
