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
        var ending = new List<(RolloutFacts Facts, Deployment Deployment, NextStep Step)>();
        foreach (var rollout in underWay)
        {
            if (desired.FirstOrDefault(d => d.Id == rollout.DeploymentId && d.Rollout?.Id == rollout.Id) is not { Target: { } target } deployment)
            {
                continue;
            }

            await TryAsync(deployment.Deployment, async () =>
            {
                var seen = await facts.GatherAsync(rollout, deployment, target, desired, cancellationToken);
                var step = RolloutDecision.Next(seen, time.GetUtcNow());
                if (step is FinishStep && deployment.Deployment.State != RunState.Stopped)
                {
                    ending.Add((seen, deployment.Deployment, step));
                    return;
                }

                await StepAsync(seen, deployment, target, step, cancellationToken);
            });
        }

        // Who reads that a revision is live is answered by it: the end is told when requests meet it. The steps of the others do not wait for that.
        await Task.WhenAll(ending.Select(e => routes.UntilLiveAsync(e.Facts.Rollout.DeploymentId, e.Facts.Rollout.ToRevisionId, cancellationToken)));
        foreach (var (seen, deployment, step) in ending)
        {
            await TryAsync(deployment, () => TakeAsync(seen, deployment, step, cancellationToken));
        }
    }

    protected override Task LoopAsync(CancellationToken stoppingToken) =>
        changes.RunPassesAsync(c => c.Kind is "deployment" or "rollout" or "replica" or "build", options.Value.Pace, time, PassAsync, LogPassFailed, stoppingToken);

    private async Task TryAsync(Deployment deployment, Func<Task> act)
    {
        try
        {
            await act();
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            LogStepFailed(exception, deployment.Path);
        }
    }

    private async Task StepAsync(RolloutFacts seen, DesiredDeployment deployment, Revision target, NextStep step, CancellationToken cancellationToken)
    {
        if (step is WaitStep wait)
        {
            waits.Now(seen.Rollout, RolloutWaits.Describe(seen, wait));
            return;
        }

        if (step is MoveStep && !seen.Rollout.Built)
        {
            // What failed in an earlier rollout to the same revision is forgotten: this one tries anew.
            foreach (var hash in target.Sets.Where(h => sets.Current.Find(deployment.Id, h) is { ConsecutiveFailures: > 0 }))
            {
                await sets.RetryAsync(deployment.Id, hash, cancellationToken);
            }
        }

        await TakeAsync(seen, deployment.Deployment, step, cancellationToken);
    }

    private async Task TakeAsync(RolloutFacts seen, Deployment deployment, NextStep step, CancellationToken cancellationToken)
    {
        Failpoints.Pass("rollouts.before_effect");
        waits.Now(seen.Rollout, null);
        await steps.RunAsync(seen, deployment, step, cancellationToken);
        Failpoints.Pass("rollouts.after_effect");
    }

    [LoggerMessage(LogLevel.Error, "A step of the rollout of {Deployment} failed; next try at the next tick")]
    private partial void LogStepFailed(Exception exception, string deployment);

    [LoggerMessage(LogLevel.Error, "Rollouts could not be read; next try at the next tick")]
    private partial void LogPassFailed(Exception exception);
}
