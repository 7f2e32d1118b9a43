using Microsoft.EntityFrameworkCore;
using Slipway.Server.Deployments;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Autoscaling;

/// <summary>Wakes a deployment that is at zero, without a request. Whoever may call it may wake it.</summary>
internal sealed class WakeDeployment(EditDeployment edit, IScaling scaling, IEventOutbox outbox)
{
    /// <returns>The deployment (waking one that runs changes nothing), <c>deployment_stopped</c>, <c>revision_inactive</c> or <c>nothing_live</c>.</returns>
    public Task<Result<Guid>> RunAsync(DeploymentRef which, Actor by, CancellationToken cancellationToken) =>
        edit.RunAsync(
            which, by, "deployment.woken", static (_, _, _) => null,
            async (db, deployment, _, token) =>
            {
                if (deployment.State == RunState.Stopped)
                {
                    return DeploymentRefusals.Stopped(deployment, "woken");
                }

                if (await db.Set<Revision>().AsNoTracking().Include(r => r.Variants).SingleOrDefaultAsync(r => r.Id == deployment.LiveRevisionId, token) is not { } live)
                {
                    return DeploymentRefusals.NothingLive(deployment);
                }

                if (live.InactiveAt is not null)
                {
                    return DeploymentRefusals.Inactive(live.Number);
                }

                if (await scaling.WakeAsync(db, deployment, live.Sets, ScaleReasons.WokenByPerson, token))
                {
                    outbox.Scaled(db, deployment, null, Math.Max(1, deployment.MinReplicas), ScaleReasons.WokenByPerson, by);
                }

                return new AuditedChange(null, null);
            },
            cancellationToken);
}
