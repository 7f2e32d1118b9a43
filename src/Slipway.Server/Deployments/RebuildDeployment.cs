using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Approvals;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Deployments;

/// <summary>
/// Builds what is live once more: requirements are resolved anew, and the new builds are a new revision, which a rollout makes live. Where they come out as before, that revision shares the
/// replicas of the live one.
/// </summary>
internal sealed class RebuildDeployment(EditDeployment edit, IRunnableVersions versions, MakeLive live)
{
    /// <returns>The deployment, <c>invalid_field</c>, a missing right, <c>nothing_live</c>, <c>revision_inactive</c> or a refusal of <see cref="MakeLive"/>.</returns>
    public async Task<Result<Guid>> RunAsync(DeploymentRef which, RebuildRequest request, Actor by, CancellationToken cancellationToken) =>
        request.Comment is { Length: > Approval.LongestComment } ? ApprovalRefusals.BadComment("comment") : await BuildAsync(which, request.Comment, by, cancellationToken);

    private Task<Result<Guid>> BuildAsync(DeploymentRef which, string? comment, Actor by, CancellationToken cancellationToken) => edit.RunAsync(
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
            var going = await live.RunAsync(db, deployment, revision, MakeLive.Updated, by, token, along: new GoingLive(Comment: comment));
            return going.Refusal is { } refusal ? refusal : new AuditedChange(RevisionContent.Audited(serving), RevisionContent.Audited(revision));
        },
        cancellationToken);
}
