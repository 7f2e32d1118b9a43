using Microsoft.EntityFrameworkCore;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Deployments;

/// <summary>Replaces the replicas of the live revision one by one, without a new build: each new one is ready before an old one drains.</summary>
internal sealed class RestartDeployment(EditDeployment edit, IRollouts rollouts, IReplicaSets sets)
{
    /// <returns>The deployment, <c>deployment_stopped</c>, <c>nothing_live</c>, <c>revision_inactive</c> or <c>rollout_under_way</c>.</returns>
    public async Task<Result<Guid>> RunAsync(DeploymentRef which, Actor by, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> hashes = [];
        var result = await edit.RunAsync(
            which, by, "deployment.restarted", DeploymentAccess.Operate,
            async (db, deployment, _, token) =>
            {
                if (deployment.State == RunState.Stopped)
                {
                    return DeploymentRefusals.Stopped(deployment, "restarted");
                }

                if (deployment.LiveRevisionId is not { } live)
                {
                    return DeploymentRefusals.NothingLive(deployment);
                }

                if ((await rollouts.LatestAsync(db, [deployment.Id], token)).GetValueOrDefault(deployment.Id) is { UnderWay: true })
                {
                    return DeploymentRefusals.RolloutUnderWay(deployment);
                }

                var serving = await db.Set<Revision>().AsNoTracking().Include(r => r.Variants).SingleAsync(r => r.Id == live, token);
                if (serving.InactiveAt is not null)
                {
                    return DeploymentRefusals.Inactive(serving.Number);
                }

                hashes = serving.Sets;
                return new AuditedChange(null, null);
            },
            cancellationToken);
        if (!result.IsRefused)
        {
            foreach (var hash in hashes)
            {
                await sets.RestartAsync(result.Value, hash, cancellationToken);
            }
        }

        return result;
    }
}
