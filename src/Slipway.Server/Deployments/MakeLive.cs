using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Deployments;

/// <summary>
/// The one way by which a revision becomes live: every operation that wants that (create, update, redeploy, roll back, retry, start, promote, follow) comes through here, in its own
/// unit, and so passes the one gate.
/// </summary>
internal sealed class MakeLive(IRollouts rollouts, IRunnableVersions versions)
{
    /// <param name="verb">What cannot be done to a stopped deployment: updated, rolled back, …</param>
    /// <returns>
    /// Done: its rollout has begun. Else <c>deployment_stopped</c>, <c>rollout_under_way</c>, <c>revision_live</c>, <c>revision_inactive</c>, <c>version_deleted</c> or
    /// <c>stage_required</c>.
    /// </returns>
    public async Task<Result> RunAsync(SlipwayDbContext unit, Deployment deployment, Revision target, string verb, Actor by, CancellationToken cancellationToken)
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

        if (Gate.Refuse(deployment.Environment, wanted, wasAdmitted: ledger.Any(r => r.ToRevisionId == target.Id)) is { } refusal)
        {
            return refusal;
        }

        await rollouts.StartAsync(unit, deployment, target, by, cancellationToken);
        return Result.Done;
    }
}
