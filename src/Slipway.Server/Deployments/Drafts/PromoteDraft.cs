using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Deployments.Promotions;
using Slipway.Server.Identity;
using Slipway.Server.Packages.Drafts;
using Slipway.Server.Platform;

namespace Slipway.Server.Deployments.Drafts;

/// <summary>Promotes a deployment. What a live one answers with is frozen first, and promoted once that is live: another environment gets versions alone.</summary>
/// <remarks>Whoever gives up while it waits has a frozen draft and promoted nothing; the same request, said again without If-Match (the freeze has changed what it names), goes on from there.</remarks>
internal sealed class PromoteDraft(
    FindDraft find, FreezeDraft freeze, DraftPackages packages, PromoteDeployment promote, IRollouts rollouts, Database database, Changes changes, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <returns>As <see cref="PromoteDeployment.RunAsync"/>; of a draft also the refusals of <see cref="FreezeDraft"/>, and <c>freeze_failed</c>.</returns>
    public async Task<Result<Guid>> RunAsync(DeploymentRef which, PromoteRequest request, Actor by, CancellationToken cancellationToken)
    {
        var found = await find.RunAsync(which, cancellationToken);
        if (!found.IsRefused && found.Value.Draft.Hash != found.Value.Draft.BaseHash)
        {
            if (await promote.CheckAsync(which, request, by, cancellationToken) is { } refusal)
            {
                return refusal;
            }

            if (!await IsBeingFrozenAsync(found.Value, cancellationToken))
            {
                // Without the claim: the freeze is not what the request asks for, so a repetition must not take it for that.
                var frozen = await freeze.RunAsync(which, new FreezeDraftRequest(), by with { Claim = null }, cancellationToken);
                if (frozen.Refusal is { Code: not LiveDraftRefusals.Unchanged } unfit)
                {
                    return unfit;
                }
            }

            if (await UntilLiveAsync(found.Value.Deployment.Id, cancellationToken) is { } failed)
            {
                return failed;
            }

            which = which with { IfMatch = null };   // it was for the deployment before it was frozen, and has been compared
        }

        return await promote.RunAsync(which, request, by, cancellationToken);
    }

    /// <summary>Whether a rollout is making a version live that has just the draft's files.</summary>
    private async Task<bool> IsBeingFrozenAsync(FoundDraft found, CancellationToken cancellationToken)
    {
        await using var db = await database.SnapshotAsync(cancellationToken);
        if ((await rollouts.LedgerAsync(db, found.Deployment.Id, cancellationToken)).LastOrDefault() is not { UnderWay: true } last)
        {
            return false;
        }

        var target = await db.Set<Revision>().AsNoTracking().Include(r => r.Variants).SingleAsync(r => r.Id == last.ToRevisionId, cancellationToken);
        return (await packages.OfVersionAsync(target.Default.ModelVersionId, cancellationToken))?.Digest == found.Draft.Hash;
    }

    private async Task<Refusal?> UntilLiveAsync(Guid deployment, CancellationToken cancellationToken)
    {
        using var subscription = changes.Subscribe(c => c.Kind == "rollout");
        var started = time.GetTimestamp();
        while (time.GetElapsedTime(started) < Patience)
        {
            await using (var db = database.Read())
            {
                var last = (await rollouts.LedgerAsync(db, deployment, cancellationToken))[^1];
                if (!last.UnderWay)
                {
                    return last.Succeeded ? null : LiveDraftRefusals.FreezeFailed(last.Error?.Message);
                }
            }

            await subscription.WaitAsync(TimeSpan.FromSeconds(1), time, cancellationToken);
        }

        return LiveDraftRefusals.FreezeFailed("it is not live after two minutes.");
    }
}
