using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Deployments;

/// <summary>
/// Builds what is live once more: requirements are resolved anew, and the new builds are a new revision, which a rollout makes live. Where they come out as before, that revision shares the
/// replicas of the live one.
/// </summary>
internal sealed class RebuildDeployment(EditDeployment edit, IRunnableVersions versions, MakeLive live)
{
    /// <returns>The deployment, a missing right, <c>nothing_live</c>, <c>revision_inactive</c> or a refusal of <see cref="MakeLive"/>.</returns>
    public Task<Result<Guid>> RunAsync(DeploymentRef which, Actor by, CancellationToken cancellationToken) => edit.RunAsync(
        which, by, "deployment.rebuilt", DeploymentAccess.Deploy,
        async (db, deployment, now, token) =>
        {
            if (await db.Set<Revision>().AsNoTracking().Include(r => r.Variants).SingleOrDefaultAsync(r => r.Id == deployment.LiveRevisionId, token) is not { } serving)
            {
                return DeploymentRefusals.NothingLive(deployment);
            }

            if (serving.InactiveAt is not null)
            {
                return DeploymentRefusals.Inactive(serving.Number);
            }

            if (serving.Variants.Select(v => PlacementOf.Refuse(by, null, v.Placement)).FirstOrDefault(r => r is not null) is { } untrusted)
            {
                return untrusted;
            }

            var content = RevisionContent.Of(serving) with { Variants = [.. serving.Variants.Select(v => v.Copy(v.Id))] };
            foreach (var variant in content.Variants)
            {
                variant.BuildNumber = await versions.NextBuildAsync(db, variant.ModelVersionId, variant.BaseImage, token);
            }

            var revision = deployment.Add(content.ToRevision(null, serving.Labels, by, now), now);
            db.Set<Revision>().Add(revision);
            var going = await live.RunAsync(db, deployment, revision, MakeLive.Updated, by, token);
            return going.Refusal is { } refusal ? refusal : new AuditedChange(RevisionContent.Audited(serving), RevisionContent.Audited(revision));
        },
        cancellationToken);
}
