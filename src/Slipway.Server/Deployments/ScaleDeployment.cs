using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Deployments;

/// <summary>Sets by hand how many replicas run, inside the deployment's bounds. Zero holds it at zero until a request or a person wakes it.</summary>
internal sealed class ScaleDeployment(EditDeployment edit, IScaling scaling, IEventOutbox outbox)
{
    /// <returns>The deployment, or the refusal of <see cref="Deployment.ScaleTo"/>.</returns>
    public Task<Result<Guid>> RunAsync(DeploymentRef which, ScaleRequest request, Actor by, CancellationToken cancellationToken) =>
        edit.RunAsync(
            which, by, "deployment.scaled", DeploymentAccess.Operate,
            async (db, deployment, now, token) =>
            {
                var before = new JsonObject { ["replicas"] = deployment.ScaledTo ?? deployment.MinReplicas };
                if (deployment.ScaleTo(request.Replicas, now) is { } refusal)
                {
                    return refusal;
                }

                var live = await db.Set<Revision>().AsNoTracking().Include(r => r.Variants).SingleOrDefaultAsync(r => r.Id == deployment.LiveRevisionId, token);
                if (request.Replicas == 0)
                {
                    await scaling.HoldAtZeroAsync(db, deployment.Id, live?.Sets ?? [], ScaleReasons.HeldAtZero, token);
                }
                else
                {
                    await scaling.WakeAsync(db, deployment, live?.Sets ?? [], ScaleReasons.WokenByPerson, token);
                }

                outbox.Scaled(db, deployment, null, request.Replicas, request.Replicas == 0 ? ScaleReasons.HeldAtZero : ScaleReasons.ByHand, by);
                return new AuditedChange(before, new JsonObject { ["replicas"] = request.Replicas });
            },
            cancellationToken);
}
