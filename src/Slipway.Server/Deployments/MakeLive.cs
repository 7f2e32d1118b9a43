using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Approvals;
using Slipway.Server.Deployments.Approving;
using Slipway.Server.Deployments.Drafts;
using Slipway.Server.Deployments.Promotions;
using Slipway.Server.Deployments.Secrets;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Deployments;

/// <summary>What goes along with a revision that is to be live.</summary>
/// <param name="Promotion">Where it comes from; null: it is no promotion.</param>
/// <param name="Comment">Why, for reviewers; at most 5,000 characters.</param>
/// <param name="Approval">The approved request that it is made by; null: there was none.</param>
internal sealed record GoingLive(PromotionOrigin? Promotion = null, string? Comment = null, Approval? Approval = null);

/// <summary>
/// The one way by which a revision becomes live: every operation that wants that (create, update, redeploy, roll back, retry, start, promote, follow) comes through here, in its own
/// unit, and so passes the one gate.
/// </summary>
internal sealed class MakeLive(IRollouts rollouts, IRunnableVersions versions, IScaling scaling)
{
    // What cannot be done to a stopped deployment.
    public const string Created = "created";
    public const string Updated = "updated";
    public const string Promoted = "promoted to";
    public const string Redeployed = "redeployed";
    public const string RolledBack = "rolled back";
    public const string Followed = "moved along";
    public const string Retried = "retried";
    public const string Started = "started";

    /// <param name="settings">How it is rolled out, as a request says; null: as the environment does.</param>
    /// <param name="verb">One of the constants above.</param>
    /// <returns>
    /// Done: its rollout has begun. Else a refusal of <see cref="RefuseAsync"/>; <c>approval_required</c> says what to ask for in its place, see <see cref="LiveAsk"/>.
    /// </returns>
    public async Task<Result> RunAsync(
        SlipwayDbContext unit, Deployment deployment, Revision target, string verb, Actor by, CancellationToken cancellationToken, RolloutSettings? settings = null, GoingLive? along = null)
    {
        if (await RefuseAsync(unit, deployment, target, verb, along, cancellationToken) is { } refusal)
        {
            return refusal.Code == DeploymentRefusals.ApprovalRequiredCode ? refusal with { Instead = await AskAsync(unit, deployment, target, verb, settings, along, cancellationToken) } : refusal;
        }

        target.ApprovalId ??= along?.Approval?.Id;
        await WakeAsync(unit, deployment, target, cancellationToken);
        await rollouts.StartAsync(unit, deployment, target, by, cancellationToken, deployment.Mode == DeploymentMode.Live ? LiveMode.Recreate : settings);
        return Result.Done;
    }

    /// <summary>Why it cannot become live; null: it can.</summary>
    /// <returns>
    /// <c>deployment_stopped</c>, <c>rollout_under_way</c>, <c>revision_live</c>, <c>revision_inactive</c>, <c>version_deleted</c>, <c>secret_missing</c>, <c>stage_required</c>
    /// or <c>approval_required</c>.
    /// </returns>
    public async Task<Refusal?> RefuseAsync(SlipwayDbContext unit, Deployment deployment, Revision target, string verb, GoingLive? along, CancellationToken cancellationToken)
    {
        if (deployment.State == RunState.Stopped && verb != Started)
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

        if (await SecretUse.RefuseAsync(unit, deployment.Environment, target.Secrets, cancellationToken) is { } missing)
        {
            return missing;
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

        var wasApproved = target.ApprovalId is not null || along?.Approval is not null;
        return Gate.Refuse(deployment.Environment, wanted, wasApproved, wasAdmitted: ledger.Any(r => r.ToRevisionId == target.Id));
    }

    private static async Task<LiveAsk> AskAsync(
        SlipwayDbContext unit, Deployment deployment, Revision target, string verb, RolloutSettings? settings, GoingLive? along, CancellationToken cancellationToken)
    {
        var (isNewDeployment, isNewRevision) = (unit.Entry(deployment).State == EntityState.Added, unit.Entry(target).State == EntityState.Added);
        var scaling = !isNewDeployment && unit.Entry(deployment).Property(d => d.Scaling).IsModified ? deployment.Scaling : null;
        var wanted = WantedRevision.Of(verb, deployment, isNewDeployment, target, isNewRevision, settings, along?.Promotion, scaling);
        var live = await LiveWords.LiveAsync(unit, deployment, cancellationToken);
        return new LiveAsk(
            wanted, deployment.Path, target.ContentHash, await LiveWords.BaseAsync(unit, isNewDeployment ? null : deployment, cancellationToken),
            LiveWords.Action(wanted, deployment.Path, live, target), live is null ? null : LiveWords.Numbered(live), isNewRevision ? LiveWords.Versions(target) : LiveWords.Numbered(target),
            along?.Comment ?? along?.Promotion?.Comment);
    }

    /// <summary>
    /// A set that was brought to zero, say after a promotion, must run again when it is on its way to be live, or its rollout would wait for ever. Which sets the target has may not be
    /// known before it is built, so all are woken that are not those of the live revision alone; one that both turn out to share is woken by <see cref="RevisionBuilds"/>.
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
