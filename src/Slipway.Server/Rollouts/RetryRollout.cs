using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Deployments;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Rollouts;

/// <summary>Tries a failed rollout again: a new rollout to the same revision, with the same settings.</summary>
internal sealed class RetryRollout(Writes writes, IRollouts rollouts, MakeLive live, AuditLog audit)
{
    /// <returns>The new rollout's id; or null and the reason where there is nothing to retry. <c>rollout_not_found</c>, a missing right, or a refusal of <see cref="MakeLive"/>.</returns>
    public Task<Result<(Guid? Rollout, string? Reason)>> RunAsync(Guid id, Actor by, CancellationToken cancellationToken) => writes.RunAsync<(Guid?, string?)>(
        async (db, token) =>
        {
            var failed = await db.Set<Rollout>().AsNoTracking().SingleOrDefaultAsync(r => r.Id == id, token);
            var deployment = failed is null ? null : await db.Set<Deployment>().Include(d => d.Environment).SingleOrDefaultAsync(d => d.Id == failed.DeploymentId, token);
            if (failed is null || deployment is null)
            {
                return RolloutRefusals.NotFound();
            }

            if (DeploymentAccess.Operate(by, deployment.Environment, deployment.OwnerId) is { } forbidden)
            {
                return forbidden;
            }

            if (failed.Status != RolloutStatus.Failed)
            {
                return (null, $"The rollout to revision {failed.ToRevision} is {failed.Status.ToWire()}; only a failed one can be retried.");
            }

            var latest = (await rollouts.LatestAsync(db, [deployment.Id], token))[deployment.Id];
            if (latest.Id != failed.Id && !latest.UnderWay)
            {
                return (null, $"It is not the last rollout of {deployment.Path}; only that one can be retried.");
            }

            var target = await db.Set<Revision>().Include(r => r.Variants).SingleAsync(r => r.Id == failed.ToRevisionId, token);
            var going = await live.RunAsync(db, deployment, target, MakeLive.Retried, by, token, RolloutPolicy.Read(failed.Settings).ToInfo());
            if (going.Refusal is { } refusal)
            {
                return refusal;
            }

            audit.Record(db, by, "rollout.retried", "deployment", deployment.Path, RolloutInfos.Audited(failed));
            db.Changed("deployment", deployment.Resource);
            return (db.Set<Rollout>().Local.Single(r => r.DeploymentId == deployment.Id && r.FinishedAt is null).Id, (string?)null);
        },
        cancellationToken);
}
