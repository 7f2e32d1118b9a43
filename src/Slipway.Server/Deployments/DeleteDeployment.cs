using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Slipway.Server.Deployments.Drafts;
using Slipway.Server.Identity;
using Slipway.Server.Packages.Drafts;
using Slipway.Server.Platform;

namespace Slipway.Server.Deployments;

/// <summary>Deletes a deployment: its endpoint is 404 from now on, its replicas end, its name is free. History and ledger keep what they have.</summary>
internal sealed class DeleteDeployment(EditDeployment edit, IRollouts rollouts)
{
    /// <returns>Done, or the refusal of <see cref="Deployment.Delete"/>.</returns>
    public async Task<Result> RunAsync(DeploymentRef which, Actor by, CancellationToken cancellationToken)
    {
        var result = await edit.RunAsync(
            which, by, "deployment.deleted", DeploymentAccess.Delete,
            async (db, deployment, now, token) =>
            {
                if (deployment.Delete(now) is { } refusal)
                {
                    return refusal;
                }

                await DraftPackages.KeepAsync(db, deployment.Id, [], token);
                db.Set<LiveDraft>().RemoveRange(await db.Set<LiveDraft>().Where(d => d.DeploymentId == deployment.Id).ToListAsync(token));
                await rollouts.CancelAsync(db, deployment, by, token);
                return new AuditedChange(new JsonObject { ["id"] = deployment.Id.ToString(), ["revisions"] = deployment.LastRevision }, null);
            },
            cancellationToken);
        return new Result(result.Refusal);
    }
}
