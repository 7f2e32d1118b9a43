using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Packages;
using Slipway.Server.Packages.Drafts;
using Slipway.Server.Platform;

namespace Slipway.Server.Deployments.Drafts;

/// <summary>Makes a version of what a live deployment answers with, and a revision that serves it; the draft begins anew from there.</summary>
internal sealed class FreezeDraft(FindDraft find, DraftPackages packages, PushVersion push, CreateRevision revisions)
{
    /// <returns>The deployment; a refusal of <see cref="FindDraft"/>, <see cref="PushVersion"/> or <see cref="CreateRevision"/>, <c>draft_broken</c>, <c>draft_pending</c> or <c>draft_unchanged</c>.</returns>
    public async Task<Result<Guid>> RunAsync(DeploymentRef which, FreezeDraftRequest request, Actor by, CancellationToken cancellationToken)
    {
        var found = await find.RunAsync(which, cancellationToken);
        if (found.Refusal is { } refusal)
        {
            return refusal;
        }

        var (deployment, draft, revision, newest) = found.Value;
        if (DeploymentAccess.Deploy(by, deployment.Environment, deployment.OwnerId) is { } forbidden)
        {
            return forbidden;
        }

        if (Authorize.OwnOr(by, Right.WriteRegistry, by.UserId) is { } missing)
        {
            return missing;
        }

        if (draft.Outcome != DraftOutcome.Applied || draft.RunningHash != draft.Hash)
        {
            return draft.Outcome == DraftOutcome.Failed ? LiveDraftRefusals.Broken(deployment) : LiveDraftRefusals.NotApplied(deployment);
        }

        if (draft.Hash == draft.BaseHash)
        {
            return LiveDraftRefusals.AlreadyFrozen(deployment, revision.Default.ModelVersion);
        }

        var upload = await packages.UploadAsync(newest, by, cancellationToken);
        var version = await push.RunAsync(
            revision.Default.Model, new CreateVersionRequest(upload, request.Description ?? $"Frozen from {draft.Name} of {deployment.Path}.", request.Label), by, cancellationToken);
        return version.Refusal is { } unfit
            ? unfit
            : await revisions.RunAsync(which, new CreateRevisionRequest($"{version.Value.Version}", revision.Default.Model, revision.Default.BaseImage, RevisionName: request.RevisionName), by, cancellationToken);
    }
}
