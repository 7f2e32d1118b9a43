using System.Collections.Immutable;
using Microsoft.EntityFrameworkCore;
using Slipway.Server.Deployments;
using Slipway.Server.Platform;

namespace Slipway.Server.Autoscaling;

/// <summary>Answers what Deployments asks about wishes.</summary>
internal sealed class StoredWishes(TimeProvider time) : IScaling
{
    /// <inheritdoc/>
    public async Task<IReadOnlyDictionary<Guid, ImmutableDictionary<string, ReplicaWish>>> WishesAsync(
        SlipwayDbContext db, IReadOnlyCollection<Guid>? deployments, CancellationToken cancellationToken)
    {
        var rows = db.Set<StoredWish>().AsNoTracking();
        if (deployments is not null)
        {
            rows = rows.Where(w => deployments.Contains(w.DeploymentId));
        }

        return (await rows.ToListAsync(cancellationToken)).GroupBy(w => w.DeploymentId)
            .ToDictionary(g => g.Key, g => g.ToImmutableDictionary(w => w.Hash, w => w.ToWish(), StringComparer.Ordinal));
    }

    /// <inheritdoc/>
    public async Task HoldAtZeroAsync(SlipwayDbContext db, Guid deployment, IReadOnlyCollection<string> sets, string reason, CancellationToken cancellationToken)
    {
        foreach (var hash in sets)
        {
            var wish = await FindAsync(db, deployment, hash, cancellationToken);
            (wish.Replicas, wish.Held, wish.WokenAt, wish.Reason, wish.At) = (0, true, null, reason, time.GetUtcNow());
        }
    }

    /// <inheritdoc/>
    public async Task<bool> WakeAsync(SlipwayDbContext db, Deployment deployment, IReadOnlyCollection<string> sets, string reason, CancellationToken cancellationToken)
    {
        var woken = false;
        var asleep = await db.Set<StoredWish>().Where(w => w.DeploymentId == deployment.Id && sets.Contains(w.Hash) && w.Replicas == 0).ToListAsync(cancellationToken);
        foreach (var wish in asleep)
        {
            var now = time.GetUtcNow();
            (wish.Replicas, wish.Held, wish.WokenAt, wish.Reason, wish.At) = (Math.Max(1, deployment.MinReplicas), false, now, reason, now);
            woken = true;
        }

        return woken;
    }

    /// <inheritdoc/>
    public async Task ForgetAsync(SlipwayDbContext db, Guid deployment, IReadOnlyCollection<string> sets, CancellationToken cancellationToken) =>
        db.RemoveRange(await db.Set<StoredWish>().Where(w => w.DeploymentId == deployment && sets.Contains(w.Hash)).ToListAsync(cancellationToken));

    /// <summary>The row of a set, made where it is missing.</summary>
    public static async Task<StoredWish> FindAsync(SlipwayDbContext db, Guid deployment, string hash, CancellationToken cancellationToken)
    {
        var wish = await db.Set<StoredWish>().SingleOrDefaultAsync(w => w.DeploymentId == deployment && w.Hash == hash, cancellationToken);
        if (wish is null)
        {
            db.Add(wish = new StoredWish { DeploymentId = deployment, Hash = hash, Reason = ScaleReasons.NoData });
        }

        return wish;
    }
}
