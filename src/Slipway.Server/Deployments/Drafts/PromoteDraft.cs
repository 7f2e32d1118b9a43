using Slipway.Contracts;
using Slipway.Server.Deployments.Promotions;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Deployments.Drafts;

/// <summary>Promotes a deployment. What a live one answers with is frozen first, and promoted once that is live: another environment gets versions alone.</summary>
internal sealed class PromoteDraft(FindDraft find, FreezeDraft freeze, PromoteDeployment promote, IRollouts rollouts, Database database, Changes changes, TimeProvider time)
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

            var frozen = await freeze.RunAsync(which, new FreezeDraftRequest(), by, cancellationToken);
            if (frozen.Refusal is { } unfit)
            {
                return unfit;
            }

            if (await UntilLiveAsync(frozen.Value, cancellationToken) is { } failed)
            {
                return failed;
            }

            which = which with { IfMatch = null };   // it was for the deployment before it was frozen, and has been compared
        }

        return await promote.RunAsync(which, request, by, cancellationToken);
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
