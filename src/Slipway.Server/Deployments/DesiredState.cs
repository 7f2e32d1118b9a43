using System.Collections.Immutable;
using Microsoft.EntityFrameworkCore;
using Slipway.Server.Deployments.Drafts;
using Slipway.Server.Platform;

namespace Slipway.Server.Deployments;

/// <summary>One deployment as stored, with the revisions that matter now. The rows are copies: nobody changes them.</summary>
/// <param name="Target">Target of the newest rollout, also after that has ended.</param>
/// <param name="Kept">A revision that was replaced and keeps its replicas; null: none.</param>
internal sealed record DesiredDeployment(Deployment Deployment, Revision? Live, RolloutTraffic? Rollout, Revision? Target, Revision? Kept = null)
{
    public Guid Id => Deployment.Id;

    /// <summary>The live revision, unless it was deactivated.</summary>
    public Revision? Serving => Live is { InactiveAt: null } ? Live : null;

    /// <summary>The live revision was deactivated, and no other one is on its way: nothing runs and nobody answers.</summary>
    public bool IsInactive => Live is { InactiveAt: not null } && Rollout is not { UnderWay: true };

    /// <summary>The revision that a variant of this deployment belongs to.</summary>
    public Revision RevisionOf(Variant variant) => Live?.Variants.Contains(variant) == true ? Live : Kept?.Variants.Contains(variant) == true ? Kept : Target!;

    /// <summary>What the autoscaler wishes, by the hash of the replica set; of a set that is not named it has not decided.</summary>
    public ImmutableDictionary<string, ReplicaWish> Wishes { get; init; } = ImmutableDictionary<string, ReplicaWish>.Empty;

    /// <summary>What a live deployment serves instead of its live revision's version; null: just that version.</summary>
    public LiveDraft? Draft { get; init; }

    /// <summary>Whether requests may wait for the set though it has no replica: it is at zero, or was woken and is not there yet.</summary>
    public bool MayPark(string hash) => Wishes.GetValueOrDefault(hash) is { } wish && (IsAtZero(hash) || wish.WokenAt is not null);

    /// <summary>The set is at zero until it is woken.</summary>
    public bool IsAtZero(string hash) => Wishes.GetValueOrDefault(hash) is { Replicas: 0 } wish && (wish.Held || BoundsOf(hash).Min == 0);

    /// <summary>Fewest and most replicas of a set: those of its variants, of the revision that was live first.</summary>
    public (int Min, int Max) BoundsOf(string hash)
    {
        foreach (var revision in (Revision?[])[Live, Target, Kept])
        {
            if (revision?.Variants.Exists(v => v.ReplicaSetHash == hash) == true)
            {
                return VariantBounds.Of(Deployment, revision.Variants.Where(v => v.ReplicaSetHash == hash));
            }
        }

        return (Deployment.MinReplicas, Deployment.MaxReplicas);
    }

    /// <summary>Replicas that a set should have for its load. A new set begins with what the live one of the same variant has.</summary>
    public int WishOf(string hash)
    {
        if (IsAtZero(hash))
        {
            return 0;
        }

        var byHand = Deployment.ScaledTo ?? Math.Max(1, BoundsOf(hash).Min);
        return Deployment.Scaling.Enabled ? Math.Max(1, (Wishes.GetValueOrDefault(hash) ?? Inherited(hash))?.Replicas ?? byHand) : byHand;
    }

    private ReplicaWish? Inherited(string hash)
    {
        var name = (Target?.Variants.Find(v => v.ReplicaSetHash == hash) ?? Kept?.Variants.Find(v => v.ReplicaSetHash == hash))?.Name;
        return Live?.Variants.Find(v => v.Name == name && v.ReplicaSetHash != hash)?.ReplicaSetHash is { } before ? Wishes.GetValueOrDefault(before) : null;
    }
}

/// <summary>
/// Reads the desired state from the database. It is spread over tables that one commit changes together (a rollout ends and its revision is live), so it is read from one snapshot:
/// half of such a commit would route traffic to a revision whose replicas are gone.
/// </summary>
internal sealed class DesiredState(Database database, IRollouts rollouts, IScaling scaling)
{
    /// <summary>Every deployment that is not deleted, in the order of environment and name.</summary>
    public async Task<ImmutableArray<DesiredDeployment>> ReadAsync(CancellationToken cancellationToken)
    {
        await using var db = await database.SnapshotAsync(cancellationToken);
        var found = await db.Set<Deployment>().Include(d => d.Environment)
            .OrderBy(d => d.Environment.Order).ThenBy(d => d.Environment.Name).ThenBy(d => d.Name).ToListAsync(cancellationToken);
        return await CompleteAsync(db, found, everything: true, cancellationToken);
    }

    /// <summary>Adds revisions and rollouts to rows that were read without tracking, from the same snapshot or in a unit of <see cref="Writes"/>.</summary>
    public Task<ImmutableArray<DesiredDeployment>> CompleteAsync(SlipwayDbContext db, IReadOnlyList<Deployment> found, CancellationToken cancellationToken) =>
        CompleteAsync(db, found, everything: false, cancellationToken);

    private async Task<ImmutableArray<DesiredDeployment>> CompleteAsync(
        SlipwayDbContext db, IReadOnlyList<Deployment> found, bool everything, CancellationToken cancellationToken)
    {
        IReadOnlyCollection<Guid>? ids = everything ? null : [.. found.Select(d => d.Id)];
        var latest = await rollouts.LatestAsync(db, ids, cancellationToken);
        var wishes = await scaling.WishesAsync(db, ids, cancellationToken);
        var wanted = found.Select(d => d.LiveRevisionId).Concat(latest.Values.Select(r => r.KeptRevisionId)).OfType<Guid>()
            .Concat(latest.Values.Select(r => r.ToRevisionId)).Distinct().ToList();
        var revisions = await db.Set<Revision>().AsNoTracking().Include(r => r.Variants).Where(r => wanted.Contains(r.Id)).ToDictionaryAsync(r => r.Id, cancellationToken);
        IReadOnlyDictionary<Guid, LiveDraft> drafts = found.Any(d => d.Mode == DeploymentMode.Live)
            ? await db.Set<LiveDraft>().AsNoTracking().ToDictionaryAsync(d => d.DeploymentId, cancellationToken)
            : ImmutableDictionary<Guid, LiveDraft>.Empty;
        return
        [
            .. found.Select(d =>
            {
                var rollout = latest.GetValueOrDefault(d.Id);
                return new DesiredDeployment(
                    d, d.LiveRevisionId is { } live ? revisions.GetValueOrDefault(live) : null, rollout,
                    rollout is null ? null : revisions.GetValueOrDefault(rollout.ToRevisionId),
                    rollout?.KeptRevisionId is { } kept ? revisions.GetValueOrDefault(kept) : null)
                {
                    Draft = drafts.GetValueOrDefault(d.Id) is { } draft && draft.RevisionId == d.LiveRevisionId ? draft : null,
                    Wishes = wishes.GetValueOrDefault(d.Id) ?? ImmutableDictionary<string, ReplicaWish>.Empty,
                };
            }),
        ];
    }
}
