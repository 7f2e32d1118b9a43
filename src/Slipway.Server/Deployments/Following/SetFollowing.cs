using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;
using Slipway.Server.Registry;

namespace Slipway.Server.Deployments.Following;

/// <summary>Says which name a deployment's version is chosen by, and whether it follows it.</summary>
internal sealed class SetFollowing(EditDeployment edit, FollowReference follow, IRollouts rollouts)
{
    /// <returns>
    /// The deployment, and where it follows and is not there yet, on its way; <c>invalid_field</c>, a missing right, <c>stale_etag</c>; or <c>approval_required</c> with the request that was
    /// opened, after which the name is set all the same.
    /// </returns>
    public async Task<Result<Guid>> RunAsync(DeploymentRef which, FollowRequest request, Actor by, CancellationToken cancellationToken)
    {
        if (FollowedName.Parse(request.Reference) is not { } reference)
        {
            return Refusal.Field("reference", FollowRefusals.BadReference);
        }

        if (request.OnMove is not (null or "wait" or "supersede"))
        {
            return Refusal.Field("on_move", FollowRefusals.BadOnMove);
        }

        var behind = false;
        var set = await edit.RunAsync(
            which, by, "deployment.reference_set", DeploymentAccess.Operate,
            async (db, deployment, now, token) =>
            {
                var before = deployment.Following;
                var wanted = new FollowedName(reference.Model, reference.Name, reference.IsStage, request.Follow, request.OnMove is null ? before?.Supersedes ?? false : request.OnMove == "supersede");
                if (await References.ResolveAsync(db, wanted.Model, wanted.Name, wanted.IsStage, token) is not { } named)
                {
                    return Refusal.Field("reference", FollowRefusals.NamesNothing(wanted.Reference));
                }

                // Where it goes from now on is decided here, and not by who moves the name.
                if ((wanted.Follows || wanted.Reference != before?.Reference) && DeploymentAccess.Deploy(by, deployment.Environment, deployment.OwnerId) is { } forbidden)
                {
                    return forbidden;
                }

                var id = deployment.LiveRevisionId ?? (await rollouts.LedgerAsync(db, deployment.Id, token)).LastOrDefault()?.ToRevisionId;
                var shown = await db.Set<Revision>().AsNoTracking().Include(r => r.Variants).SingleOrDefaultAsync(r => r.Id == id, token);
                if (shown is not null && shown.Default.Model != wanted.Model)
                {
                    return Refusal.Field("reference", FollowRefusals.OtherModel(wanted.Reference, shown.Default.Model));
                }

                behind = request.Follow && FollowReference.VersionOf(shown, wanted.Model) != named.Number;
                deployment.Following = behind
                    ? wanted with { SetBy = new FollowedBy(by.UserId, by.Name, by.Scopes, named.Move) }   // not handled: should this end here, the loop goes on
                    : wanted with { Handled = named.Move };
                deployment.Edited(now);
                return new AuditedChange(Audited(before), Audited(deployment.Following));
            },
            cancellationToken);
        if (set.IsRefused || !behind)
        {
            return set;
        }

        var gone = await follow.CatchUpAsync(which with { IfMatch = null }, by, cancellationToken);
        return gone.Refusal is { Instead: ApprovalInfo } asked ? asked : set;   // the name is set; what keeps the deployment from it, its following says
    }

    /// <summary>The deployment stays at what it runs, and nothing moves it any more.</summary>
    public Task<Result<Guid>> RemoveAsync(DeploymentRef which, Actor by, CancellationToken cancellationToken) => edit.RunAsync(
        which, by, "deployment.reference_removed", DeploymentAccess.Operate,
        (deployment, now) =>
        {
            var before = deployment.Following;
            if (before is not null)
            {
                deployment.Following = null;
                deployment.Edited(now);
            }

            return new AuditedChange(Audited(before), null);
        },
        cancellationToken);

    private static JsonObject? Audited(FollowedName? name) => name is null ? null : new JsonObject { ["reference"] = name.Reference, ["follow"] = name.Follows, ["on_move"] = FollowingInfos.OnMove(name) };
}
