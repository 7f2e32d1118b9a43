using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Deployments;

/// <summary>
/// Deactivates a revision, and activates it again. A deactivated one keeps its configuration and runs on nothing: while it is the live one the endpoint answers 404, and
/// activating brings its replicas back. One that is not live cannot be rolled out until it is activated.
/// </summary>
internal sealed class SwitchRevision(EditDeployment edit, IRollouts rollouts, IScaling scaling)
{
    /// <returns>The deployment, <c>revision_not_found</c> or <c>rollout_under_way</c>; doing it twice changes nothing.</returns>
    public Task<Result<Guid>> DeactivateAsync(DeploymentRef which, int number, Actor by, CancellationToken cancellationToken) =>
        SwitchAsync(which, number, "revision.deactivated", active: false, by, cancellationToken);

    public Task<Result<Guid>> ActivateAsync(DeploymentRef which, int number, Actor by, CancellationToken cancellationToken) =>
        SwitchAsync(which, number, "revision.activated", active: true, by, cancellationToken);

    private Task<Result<Guid>> SwitchAsync(DeploymentRef which, int number, string action, bool active, Actor by, CancellationToken cancellationToken) => edit.RunAsync(
        which, by, action, DeploymentAccess.Operate,
        async (db, deployment, now, token) =>
        {
            var revision = await db.Set<Revision>().Include(r => r.Variants).SingleOrDefaultAsync(r => r.DeploymentId == deployment.Id && r.Number == number, token);
            if (revision is null)
            {
                return DeploymentRefusals.RevisionNotFound(number);
            }

            var before = revision.InactiveAt is null;
            if (before != active)
            {
                var running = (await rollouts.LedgerAsync(db, deployment.Id, token)).FirstOrDefault(r => r.UnderWay);
                if (running is not null && (running.ToRevisionId == revision.Id || deployment.LiveRevisionId == revision.Id))
                {
                    return DeploymentRefusals.RolloutUnderWay(deployment);
                }

                revision.InactiveAt = active ? null : now;
                if (active && deployment.LiveRevisionId == revision.Id)
                {
                    await scaling.WakeAsync(db, deployment, revision.Sets, ScaleReasons.WokenByPerson, token);   // whoever activates it wants it to run
                }

                deployment.Edited(now);
            }

            return new AuditedChange(new JsonObject { ["revision"] = number, ["active"] = before }, new JsonObject { ["revision"] = number, ["active"] = active });
        },
        cancellationToken);
}
