using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Packages.Drafts;
using Slipway.Server.Platform;

namespace Slipway.Server.Deployments.Drafts;

/// <summary>
/// Changes files of a live deployment's draft and lets its replica take them. The files are stored before anything runs them, so that a server that is killed in between goes on
/// where it was: <see cref="DraftLoop"/>.
/// </summary>
internal sealed class PatchDraft(FindDraft find, DraftPackages packages, ApplyDraft apply, IRollouts rollouts, Database database, Writes writes, AuditLog audit, TimeProvider time)
{
    /// <returns>
    /// The draft with what came of it; a refusal of <see cref="FindDraft"/> or of <see cref="DraftPatch.Of"/>, a missing right, <c>draft_gated</c>, <c>stale_draft</c>,
    /// <c>deployment_stopped</c> or <c>rollout_under_way</c>.
    /// </returns>
    public async Task<Result<DraftInfo>> RunAsync(DeploymentRef which, PatchDraftRequest request, Actor by, CancellationToken cancellationToken)
    {
        // 1. May it be, and what would it be.
        var started = time.GetTimestamp();
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

        if (LiveMode.RefuseGated(deployment.Environment) is { } gated)
        {
            return gated;
        }

        if (request.BaseHash != draft.Hash)
        {
            return LiveDraftRefusals.Stale(draft.Hash);
        }

        if (deployment.State == RunState.Stopped)
        {
            return DeploymentRefusals.Stopped(deployment, "patched");
        }

        var patched = await packages.PatchAsync(newest, request.Operations, cancellationToken);
        if (patched.Refusal is { } unfit)
        {
            return unfit;
        }

        var patch = patched.Value;
        if (patch.Changed.Count == 0)
        {
            return find.ToInfo(found.Value);
        }

        // 2. Store it, then make it the newest: nobody else's patch may have come in between. It is this draft's turn, so that nobody forgets files that are not named yet.
        Result stored;
        using (await apply.TurnAsync(deployment.Id, cancellationToken))
        {
            if (await RefuseAsync(found.Value, cancellationToken) is { } late)
            {
                return late;   // before anything is stored
            }

            if (patch.Content.Digest != draft.BaseHash)
            {
                await packages.StoreAsync(deployment.Id, patch, draft.Hash, cancellationToken);
            }

            stored = await NameAsync(found.Value, patch, by, cancellationToken);
        }

        if (stored.Refusal is { } stale)
        {
            return stale;
        }

        Failpoints.Pass("drafts.after_patch");

        // 3. Let the replica take it. The caller may be gone: what was stored is applied all the same.
        await apply.RunAsync(deployment.Id, started, CancellationToken.None);
        return await find.InfoAsync(which, cancellationToken);
    }

    private Task<Result> NameAsync(FoundDraft found, DraftPatch patch, Actor by, CancellationToken cancellationToken)
    {
        var (deployment, draft, revision, _) = found;
        return writes.RunAsync(
            async (db, token) =>
            {
                if (await RefuseAsync(db, found, token) is { } refusal)
                {
                    return refusal;
                }

                var now = time.GetUtcNow();
                var live = await db.Set<Deployment>().Include(d => d.Environment).SingleAsync(d => d.Id == deployment.Id, token);
                var row = await db.Set<LiveDraft>().SingleOrDefaultAsync(d => d.DeploymentId == deployment.Id, token);
                if (row is null)
                {
                    db.Set<LiveDraft>().Add(row = LiveDraft.Begin(deployment.Id, revision.Id, draft.BaseHash, by.Name, now));
                }
                else if (row.RevisionId != revision.Id)
                {
                    row.Rebase(revision.Id, draft.BaseHash);
                }

                row.Patched(patch.Content.Digest, patch.Changed, by.Name, now);
                audit.Record(
                    db, by, "draft.patched", "deployment", live.Path, new JsonObject { ["hash"] = draft.Hash }.ToJsonString(),
                    new JsonObject { ["hash"] = row.Hash, ["changed"] = new JsonArray([.. row.LastChanged.Select(p => (JsonNode?)p)]) }.ToJsonString());
                db.Changed("draft", live.Resource);
                return Result.Done;
            },
            cancellationToken);
    }

    private async Task<Refusal?> RefuseAsync(FoundDraft found, CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        return await RefuseAsync(db, found, cancellationToken);
    }

    /// <summary>Whether the deployment and its draft are still as they were found.</summary>
    private async Task<Refusal?> RefuseAsync(SlipwayDbContext db, FoundDraft found, CancellationToken cancellationToken)
    {
        var (deployment, draft, revision, _) = found;
        var live = await db.Set<Deployment>().Include(d => d.Environment).SingleOrDefaultAsync(d => d.Id == deployment.Id, cancellationToken);
        if (live is null)
        {
            return DeploymentRefusals.NotFound(deployment.Environment.Name, deployment.Name);
        }

        if (LiveMode.RefuseGated(live.Environment) is { } gated)
        {
            return gated;
        }

        if ((await rollouts.LedgerAsync(db, deployment.Id, cancellationToken)).Any(r => r.UnderWay) || live.LiveRevisionId != revision.Id)
        {
            return DeploymentRefusals.RolloutUnderWay(live);
        }

        var hash = await db.Set<LiveDraft>().Where(d => d.DeploymentId == deployment.Id && d.RevisionId == revision.Id).Select(d => d.Hash).SingleOrDefaultAsync(cancellationToken);
        return (hash ?? draft.BaseHash) == draft.Hash ? null : LiveDraftRefusals.Stale(hash ?? draft.BaseHash);
    }
}
