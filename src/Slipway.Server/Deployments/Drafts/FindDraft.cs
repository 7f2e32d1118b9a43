using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Packages.Drafts;
using Slipway.Server.Platform;
using Slipway.Server.Registry;

namespace Slipway.Server.Deployments.Drafts;

/// <summary>A live deployment with its draft as it is now.</summary>
/// <param name="Draft">A draft without a row is just its revision's version.</param>
/// <param name="Base">The live revision.</param>
/// <param name="Newest">Files of <see cref="LiveDraft.Hash"/>.</param>
internal sealed record FoundDraft(Deployment Deployment, LiveDraft Draft, Revision Base, DraftContent Newest)
{
    public string Set => Base.Default.ReplicaSetHash!;
}

/// <summary>Reads drafts.</summary>
internal sealed class FindDraft(Database database, DraftPackages packages, WatchedDrafts watched)
{
    /// <returns>The draft, <c>deployment_not_found</c>, <c>not_live_mode</c>, <c>nothing_live</c> or <c>full_push_required</c>.</returns>
    public async Task<Result<FoundDraft>> RunAsync(DeploymentRef which, CancellationToken cancellationToken)
    {
        await using var db = await database.SnapshotAsync(cancellationToken);
        var deployment = await db.Set<Deployment>().AsNoTracking().Include(d => d.Environment)
            .SingleOrDefaultAsync(d => d.Environment.Name == which.Environment && d.Name == which.Name, cancellationToken);
        return deployment is null ? DeploymentRefusals.NotFound(which.Environment, which.Name) : await OfAsync(db, deployment, cancellationToken);
    }

    /// <inheritdoc cref="RunAsync"/>
    public async Task<Result<FoundDraft>> OfAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var db = await database.SnapshotAsync(cancellationToken);
        var deployment = await db.Set<Deployment>().AsNoTracking().Include(d => d.Environment).SingleOrDefaultAsync(d => d.Id == id, cancellationToken);
        return deployment is null ? DeploymentRefusals.NotFound("", "of this id") : await OfAsync(db, deployment, cancellationToken);
    }

    public async Task<Result<DraftInfo>> InfoAsync(DeploymentRef which, CancellationToken cancellationToken)
    {
        var found = await RunAsync(which, cancellationToken);
        return found.Refusal is { } refusal ? refusal : ToInfo(found.Value);
    }

    public DraftInfo ToInfo(FoundDraft found)
    {
        var (deployment, draft, variant) = (found.Deployment, found.Draft, found.Base.Default);
        var isPatched = draft.LastChanged.Count > 0;
        return new DraftInfo(
            deployment.Environment.Name, deployment.Name, draft.Name, draft.Hash, draft.RunningHash, found.Base.Number, variant.Model, variant.ModelVersion,
            draft.RunningHash == draft.BaseHash, draft.Outcome.ToString().ToLowerInvariant(), draft.KeptState, ErrorOf(draft), draft.LastChanged,
            isPatched ? draft.PatchedAt : null, isPatched ? draft.PatchedBy : null, draft.AppliedMs, watched.IsWatched(deployment.Id),
            [.. found.Newest.Files.Select(f => new VersionFileInfo(f.Path, f.SizeBytes, f.Sha256))]);
    }

    public static DraftErrorInfo? ErrorOf(LiveDraft draft) => draft.ErrorCode is { } code ? new DraftErrorInfo(code, draft.ErrorMessage ?? "", draft.Traceback) : null;

    private async Task<Result<FoundDraft>> OfAsync(SlipwayDbContext db, Deployment deployment, CancellationToken cancellationToken)
    {
        if (deployment.Mode != DeploymentMode.Live)
        {
            return LiveDraftRefusals.NotLive(deployment);
        }

        var revision = await db.Set<Revision>().AsNoTracking().Include(r => r.Variants).SingleOrDefaultAsync(r => r.Id == deployment.LiveRevisionId, cancellationToken);
        if (revision?.Default.ReplicaSetHash is null)
        {
            return LiveDraftRefusals.NothingServes(deployment);
        }

        if (await packages.OfVersionAsync(revision.Default.ModelVersionId, cancellationToken) is not { } version)
        {
            return LiveDraftRefusals.NotPython(deployment);
        }

        var row = await db.Set<LiveDraft>().AsNoTracking().SingleOrDefaultAsync(d => d.DeploymentId == deployment.Id && d.RevisionId == revision.Id, cancellationToken);
        var draft = row ?? LiveDraft.Begin(deployment.Id, revision.Id, version.Digest, deployment.Owner, deployment.UpdatedAt);
        var newest = draft.Hash == version.Digest ? version : await packages.FindAsync(deployment.Id, draft.Hash, cancellationToken);
        return newest is null ? LiveDraftRefusals.NothingServes(deployment) : new FoundDraft(deployment, draft, revision, newest);
    }
}
