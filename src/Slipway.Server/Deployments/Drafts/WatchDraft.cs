using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Deployments.Drafts;

/// <summary>Says that somebody watches a draft: it is woken when it is at zero, and stays warm while that is said again.</summary>
internal sealed class WatchDraft(FindDraft find, WatchedDrafts watched, IScaling scaling, Writes writes)
{
    /// <returns>The draft, a refusal of <see cref="FindDraft"/> or a missing right.</returns>
    public async Task<Result<DraftInfo>> RunAsync(DeploymentRef which, Actor by, CancellationToken cancellationToken)
    {
        var found = await find.RunAsync(which, cancellationToken);
        if (found.Refusal is { } refusal)
        {
            return refusal;
        }

        var deployment = found.Value.Deployment;
        if (DeploymentAccess.Deploy(by, deployment.Environment, deployment.OwnerId) is { } forbidden)
        {
            return forbidden;
        }

        var was = watched.IsWatched(deployment.Id);
        watched.Watch(deployment.Id);
        if (!was && deployment.State == RunState.Running)
        {
            await writes.RunAsync(
                async (db, token) =>
                {
                    var row = await db.Set<Deployment>().Include(d => d.Environment).SingleAsync(d => d.Id == deployment.Id, token);
                    if (await scaling.WakeAsync(db, row, found.Value.Base.Sets, ScaleReasons.WokenByPerson, token))
                    {
                        db.Changed("deployment", row.Resource);
                    }

                    return Result.Done;
                },
                cancellationToken);
        }

        return find.ToInfo(found.Value);
    }
}
