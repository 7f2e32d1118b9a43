using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Deployments;

/// <summary>
/// The one way by which a revision becomes live: every operation that wants that (create, update, redeploy, roll back, retry, start, promote, follow) comes through here, in its own
/// unit, and so passes the one gate.
/// </summary>
internal sealed class MakeLive(IRollouts rollouts, IRunnableVersions versions, IScaling scaling)
{
    /// <param name="settings">How it is rolled out, as a request says; null: as the environment does.</param>
    /// <param name="verb">What cannot be done to a stopped deployment: updated, rolled back, …</param>
    /// <returns>
    /// Done: its rollout has begun. Else <c>deployment_stopped</c>, <c>rollout_under_way</c>, <c>revision_live</c>, <c>revision_inactive</c>, <c>version_deleted</c>,
    /// <c>stage_required</c> or <c>approval_required</c>.
    /// </returns>
    public async Task<Result> RunAsync(
        SlipwayDbContext unit, Deployment deployment, Revision target, string verb, Actor by, CancellationToken cancellationToken, RolloutSettings? settings = null)
    {
        if (deployment.State == RunState.Stopped)
        {
            return DeploymentRefusals.Stopped(deployment, verb);
        }

        if (target.InactiveAt is not null)
        {
            return DeploymentRefusals.Inactive(target.Number);
        }

        if (target.Id == deployment.LiveRevisionId)
        {
            return DeploymentRefusals.AlreadyLive(deployment, target.Number);
        }

        var ledger = await rollouts.LedgerAsync(unit, deployment.Id, cancellationToken);
        if (ledger.Any(r => r.UnderWay))
        {
            return DeploymentRefusals.RolloutUnderWay(deployment);
        }

        var wanted = new List<GateVersion>();
        foreach (var variant in target.Variants)
        {
            if (await versions.StageOfAsync(unit, variant.ModelVersionId, cancellationToken) is not { } stage)
            {
                return DeploymentRefusals.VersionDeleted(variant.Model, variant.ModelVersion);
            }

            wanted.Add(new GateVersion(variant.Model, variant.ModelVersion, stage));
        }

        if (Gate.Refuse(deployment.Environment, wanted, wasApproved: target.ApprovalId is not null, wasAdmitted: ledger.Any(r => r.ToRevisionId == target.Id)) is { } refusal)
        {
            return refusal;
        }

        await WakeAsync(unit, deployment, target, cancellationToken);
        await rollouts.StartAsync(unit, deployment, target, by, cancellationToken, settings);
        return Result.Done;
    }

    /// <summary>
    /// A set that was brought to zero, say after a promotion, must run again when it is on its way to be live, or its rollout would wait for ever. Which sets the target has may not be
    /// known before it is built, so all are woken that are not those of the live revision alone.
    /// </summary>
    private async Task WakeAsync(SlipwayDbContext unit, Deployment deployment, Revision target, CancellationToken cancellationToken)
    {
        var wishes = await scaling.WishesAsync(unit, [deployment.Id], cancellationToken);
        if (!wishes.TryGetValue(deployment.Id, out var all))
        {
            return;
        }

        var live = await unit.Set<Revision>().AsNoTracking().Include(r => r.Variants).SingleOrDefaultAsync(r => r.Id == deployment.LiveRevisionId, cancellationToken);
        var stay = (live?.Sets ?? []).Except(target.Sets, StringComparer.Ordinal).ToHashSet(StringComparer.Ordinal);
        await scaling.WakeAsync(unit, deployment, [.. all.Keys.Where(hash => !stay.Contains(hash))], ScaleReasons.WokenByPerson, cancellationToken);
    }
}
