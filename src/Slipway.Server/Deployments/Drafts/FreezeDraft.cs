using Microsoft.Extensions.Options;
using Slipway.Contracts;
using Slipway.Server.Deployments.Secrets;
using Slipway.Server.Identity;
using Slipway.Server.Packages;
using Slipway.Server.Packages.Drafts;
using Slipway.Server.Platform;
using Slipway.Server.Registry;

namespace Slipway.Server.Deployments.Drafts;

/// <summary>Makes a version of what a live deployment answers with, and a revision that serves it; the draft begins anew from there.</summary>
/// <remarks>These are two units. Who is cut off between them finds the version when it freezes again, and makes no second one.</remarks>
internal sealed class FreezeDraft(
    FindDraft find, DraftPackages packages, FindVersions versions, ApplyDraft apply, PushVersion push, CreateRevision revisions, IRollouts rollouts, Database database, IOptions<DeploymentOptions> options)
{
    /// <returns>The deployment; a refusal of <see cref="FindDraft"/>, <see cref="PushVersion"/> or <see cref="CreateRevision"/>, <c>draft_broken</c>, <c>draft_pending</c> or <c>draft_unchanged</c>.</returns>
    public async Task<Result<Guid>> RunAsync(DeploymentRef which, FreezeDraftRequest request, Actor by, CancellationToken cancellationToken)
    {
        // Until its rollout has begun no patch may come that the version would not have.
        var first = await find.RunAsync(which, cancellationToken);
        using var turn = first.IsRefused ? null : await apply.TurnAsync(first.Value.Deployment.Id, cancellationToken);
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

        if (await RefuseAsync(which, deployment, revision, request, cancellationToken) is { } unable)
        {
            return unable;   // before there is a version that nobody wanted
        }

        var version = await VersionAsync(revision.Default.Model, newest, request.Description ?? $"Frozen from {draft.Name} of {deployment.Path}.", request.Label, by, cancellationToken);
        return version.Refusal is { } unfit
            ? unfit
            : await revisions.RunAsync(which, new CreateRevisionRequest($"{version.Value}", revision.Default.Model, revision.Default.BaseImage, RevisionName: request.RevisionName), by, cancellationToken);
    }

    private async Task<Result<int>> VersionAsync(string model, DraftContent newest, string description, string? label, Actor by, CancellationToken cancellationToken)
    {
        if (await versions.NewestIfAsync(model, newest.Digest, description, label, by.UserId, cancellationToken) is { } made)
        {
            return made;
        }

        var upload = await packages.UploadAsync(newest, by, cancellationToken);
        var version = await push.RunAsync(model, new CreateVersionRequest(upload, description, label), by, cancellationToken);
        return version.Refusal is { } refusal ? refusal : version.Value.Version;
    }

    /// <summary>What <see cref="CreateRevision"/> would refuse.</summary>
    private async Task<Refusal?> RefuseAsync(DeploymentRef which, Deployment deployment, Revision live, FreezeDraftRequest request, CancellationToken cancellationToken)
    {
        if (which.IfMatch is { } etag && !Etag.Matches(etag, deployment.Edit))
        {
            return DeploymentRefusals.Stale(deployment);
        }

        var fields = new DeploymentFields(DeploymentLimits.OfThisMachine(options.Value));
        fields.RevisionName(request.RevisionName);
        if (fields.Refusal is { } wrong)
        {
            return wrong;
        }

        if (deployment.State == RunState.Stopped)
        {
            return DeploymentRefusals.Stopped(deployment, MakeLive.Updated);
        }

        await using var db = database.Read();
        if ((await rollouts.LedgerAsync(db, deployment.Id, cancellationToken)).Any(r => r.UnderWay))
        {
            return DeploymentRefusals.RolloutUnderWay(deployment);
        }

        return deployment.Environment is { Protected: true, RequiresStage: not null }
            ? LiveMode.RefuseGated(deployment.Environment)
            : await SecretUse.RefuseAsync(db, deployment.Environment, live.Secrets, cancellationToken);
    }
}
