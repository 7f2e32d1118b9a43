using Microsoft.EntityFrameworkCore;
using Slipway.Server.Platform;

namespace Slipway.Server.Deployments;

/// <summary>Makes a revision the live one; for Rollouts, at the end of a rollout and in its unit.</summary>
internal static class LiveRevisions
{
    public static async Task SetAsync(SlipwayDbContext db, Guid deploymentId, Guid revisionId, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var deployment = await db.Set<Deployment>().Include(d => d.Environment).SingleAsync(d => d.Id == deploymentId, cancellationToken);
        deployment.LiveRevisionId = revisionId;
        deployment.UpdatedAt = now;
        db.Changed("deployment", deployment.Resource);
    }

    /// <summary>Deactivates a revision that was replaced: it keeps its configuration, and goes live again only after somebody activates it.</summary>
    public static async Task DeactivateAsync(SlipwayDbContext db, Guid revisionId, DateTimeOffset now, CancellationToken cancellationToken) =>
        (await db.Set<Revision>().SingleAsync(r => r.Id == revisionId, cancellationToken)).InactiveAt ??= now;
}
