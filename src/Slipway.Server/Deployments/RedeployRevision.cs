using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Slipway.Contracts;
using Slipway.Server.Approvals;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Deployments;

/// <summary>Makes a kept revision live again: a rollout to it, whose number stays. What is live stays until it is ready.</summary>
internal sealed class RedeployRevision(EditDeployment edit, IRollouts rollouts, MakeLive live, IOptions<DeploymentOptions> options)
{
    /// <returns>The deployment, <c>invalid_field</c>, <c>revision_not_found</c> or a refusal of <see cref="MakeLive"/>.</returns>
    public async Task<Result<Guid>> RunAsync(DeploymentRef which, int number, RedeployRequest request, Actor by, CancellationToken cancellationToken)
    {
        var fields = new DeploymentFields(DeploymentLimits.OfThisMachine(options.Value));
        fields.Rollout(null, request.Rollout);
        fields.Text("comment", request.Comment, Approval.LongestComment);
        return fields.Refusal is { } wrong
            ? wrong
            : await GoAsync(which, "deployment.redeployed", (_, _) => number, MakeLive.Redeployed, by, cancellationToken, request.Comment, request.Rollout);
    }

    /// <param name="request">Without a revision: the one that was live before the live one, by the ledger.</param>
    /// <returns>The deployment, <c>invalid_field</c>, <c>nothing_to_roll_back</c>, <c>revision_not_found</c> or a refusal of <see cref="MakeLive"/>.</returns>
    public async Task<Result<Guid>> RollBackAsync(DeploymentRef which, RollbackRequest request, Actor by, CancellationToken cancellationToken)
    {
        if (request.Comment is { Length: > Approval.LongestComment })
        {
            return ApprovalRefusals.BadComment("comment");
        }

        return await GoAsync(
            which, "deployment.rolled_back", (revisions, ledger) => request.Revision ?? Before(revisions, ledger), MakeLive.RolledBack, by, cancellationToken, request.Comment);
    }

    private Task<Result<Guid>> GoAsync(
        DeploymentRef which, string action, Func<Numbers, IReadOnlyList<RolloutOutcome>, int?> choose, string verb, Actor by, CancellationToken cancellationToken,
        string? comment = null, RolloutSettings? rollout = null) =>
        edit.RunAsync(
            which, by, action, DeploymentAccess.Operate,
            async (db, deployment, _, token) =>
            {
                var ledger = await rollouts.LedgerAsync(db, deployment.Id, token);
                var numbers = await db.Set<Revision>().Where(r => r.DeploymentId == deployment.Id).ToDictionaryAsync(r => r.Id, r => r.Number, token);
                if (choose(new Numbers(deployment.LiveRevisionId, numbers), ledger) is not { } number)
                {
                    return DeploymentRefusals.NothingToRollBack(deployment);
                }

                var target = await db.Set<Revision>().Include(r => r.Variants).SingleOrDefaultAsync(r => r.DeploymentId == deployment.Id && r.Number == number, token);
                if (target is null)
                {
                    return DeploymentRefusals.RevisionNotFound(number);
                }

                // Going back is operating; a revision that never went through the gate is deployed as a new one is.
                if (ledger.All(r => r.ToRevisionId != target.Id) && DeploymentAccess.Deploy(by, deployment.Environment, deployment.OwnerId) is { } forbidden)
                {
                    return forbidden;
                }

                if (deployment.Mode == DeploymentMode.Live && rollout?.Strategy is not null)
                {
                    return DeploymentRefusals.LiveHasNoStrategy;
                }

                var going = await live.RunAsync(db, deployment, target, verb, by, token, rollout, along: new GoingLive(Comment: comment));
                return going.Refusal is { } refusal
                    ? refusal
                    : new AuditedChange(
                        deployment.LiveRevisionId is { } id ? new JsonObject { ["revision"] = numbers[id] } : null, new JsonObject { ["revision"] = number });
            },
            cancellationToken);

    private static int? Before(Numbers revisions, IReadOnlyList<RolloutOutcome> ledger) =>
        ledger.Where(r => r.Succeeded && r.ToRevisionId != revisions.Live).OrderBy(r => r.FinishedAt).ThenBy(r => r.Id).LastOrDefault() is { } last
            ? revisions.Of[last.ToRevisionId]
            : null;

    private sealed record Numbers(Guid? Live, IReadOnlyDictionary<Guid, int> Of);
}
