using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Deployments;

/// <summary>Tries again what failed: the last rollout when that failed or was canceled with nothing live, with the settings that it had, and replicas of the live revision that wait after failed starts.</summary>
internal sealed class RetryDeployment(EditDeployment edit, IRollouts rollouts, MakeLive live, IReplicaSets sets)
{
    /// <returns>The deployment, <c>deployment_stopped</c>, <c>rollout_under_way</c> or <c>nothing_to_retry</c>.</returns>
    public async Task<Result<Guid>> RunAsync(DeploymentRef which, Actor by, CancellationToken cancellationToken)
    {
        List<string> failing = [];
        var result = await edit.RunAsync(
            which, by, "deployment.retried", DeploymentAccess.Operate,
            async (db, deployment, _, token) =>
            {
                if (deployment.State == RunState.Stopped)
                {
                    return DeploymentRefusals.Stopped(deployment, "retried");
                }

                var last = (await rollouts.LatestAsync(db, [deployment.Id], token)).GetValueOrDefault(deployment.Id);
                if (last is { UnderWay: true })
                {
                    return DeploymentRefusals.RolloutUnderWay(deployment);
                }

                var revisions = db.Set<Revision>().Include(r => r.Variants);
                var serving = await revisions.SingleOrDefaultAsync(r => r.Id == deployment.LiveRevisionId, token);
                failing = [.. (serving?.Sets ?? []).Where(hash => sets.Current.Find(deployment.Id, hash) is { ConsecutiveFailures: > 0 })];
                var again = last is not null && (last.Error is not null || serving is null) ? last : null;
                if (again is null && failing.Count == 0)
                {
                    return DeploymentRefusals.NothingToRetry(deployment);
                }

                if (again is not null)
                {
                    var target = await revisions.SingleAsync(r => r.Id == again.ToRevisionId, token);
                    var going = await live.RunAsync(db, deployment, target, MakeLive.Retried, by, token, await rollouts.SettingsAsync(db, again.Id, token));
                    if (going.Refusal is { } refusal)
                    {
                        return refusal;
                    }
                }

                return new AuditedChange(null, new JsonObject { ["rollout"] = again is not null });
            },
            cancellationToken);
        if (!result.IsRefused)
        {
            foreach (var hash in failing)
            {
                await sets.RetryAsync(result.Value, hash, cancellationToken);
            }
        }

        return result;
    }
}
