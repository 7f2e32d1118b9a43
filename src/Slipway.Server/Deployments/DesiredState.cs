using System.Collections.Immutable;
using Microsoft.EntityFrameworkCore;
using Slipway.Server.Platform;

namespace Slipway.Server.Deployments;

/// <summary>One deployment as stored, with the revisions that matter now. The rows are copies: nobody changes them.</summary>
/// <param name="Target">Target of the newest rollout, also after that has ended.</param>
internal sealed record DesiredDeployment(Deployment Deployment, Revision? Live, RolloutTraffic? Rollout, Revision? Target)
{
    public Guid Id => Deployment.Id;
}

/// <summary>Reads the desired state from the database.</summary>
internal sealed class DesiredState(Database database, IRollouts rollouts)
{
    /// <summary>Every deployment that is not deleted, in the order of environment and name.</summary>
    public async Task<ImmutableArray<DesiredDeployment>> ReadAsync(CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        var found = await db.Set<Deployment>().Include(d => d.Environment)
            .OrderBy(d => d.Environment.Order).ThenBy(d => d.Environment.Name).ThenBy(d => d.Name).ToListAsync(cancellationToken);
        return await CompleteAsync(db, found, everything: true, cancellationToken);
    }

    /// <summary>Adds revisions and rollouts to rows that were read without tracking.</summary>
    public Task<ImmutableArray<DesiredDeployment>> CompleteAsync(SlipwayDbContext db, IReadOnlyList<Deployment> found, CancellationToken cancellationToken) =>
        CompleteAsync(db, found, everything: false, cancellationToken);

    private async Task<ImmutableArray<DesiredDeployment>> CompleteAsync(
        SlipwayDbContext db, IReadOnlyList<Deployment> found, bool everything, CancellationToken cancellationToken)
    {
        var latest = await rollouts.LatestAsync(db, everything ? null : [.. found.Select(d => d.Id)], cancellationToken);
        var wanted = found.Select(d => d.LiveRevisionId).OfType<Guid>().Concat(latest.Values.Select(r => r.ToRevisionId)).Distinct().ToList();
        var revisions = await db.Set<Revision>().AsNoTracking().Include(r => r.Variants).Where(r => wanted.Contains(r.Id)).ToDictionaryAsync(r => r.Id, cancellationToken);
        return
        [
            .. found.Select(d =>
            {
                var rollout = latest.GetValueOrDefault(d.Id);
                return new DesiredDeployment(
                    d, d.LiveRevisionId is { } live ? revisions.GetValueOrDefault(live) : null, rollout,
                    rollout is null ? null : revisions.GetValueOrDefault(rollout.ToRevisionId));
            }),
        ];
    }
}
