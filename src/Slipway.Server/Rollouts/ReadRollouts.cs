using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Deployments;
using Slipway.Server.Platform;

namespace Slipway.Server.Rollouts;

/// <summary>Filters of the list of rollouts. Null: all.</summary>
/// <param name="Status">One of <see cref="RolloutStatus"/>, in wire form.</param>
/// <param name="UnderWay">Only those that have not ended, or only those that have.</param>
internal sealed record RolloutFilter(string? Environment, string? Deployment, string? Status, bool? UnderWay);

/// <summary>Answers all questions about rollouts.</summary>
internal sealed class ReadRollouts(Database database, ReadDeployments deployments, RolloutInfos infos)
{
    /// <returns>Rollouts of all deployments, newest first; <c>unknown_status</c>.</returns>
    public async Task<Result<Page<RolloutInfo>>> ListAsync(RolloutFilter filter, PageQuery page, CancellationToken cancellationToken)
    {
        RolloutStatus? status = null;
        if (filter.Status is { } text && (status = RolloutWords.ParseStatus(text)) is null)
        {
            return RolloutRefusals.UnknownStatus(text);
        }

        await using var db = await database.SnapshotAsync(cancellationToken);
        var rows = db.Set<Rollout>().AsQueryable();
        if (filter.Environment is not null || filter.Deployment is not null)
        {
            rows = rows.Where(r => db.Set<Deployment>().Any(d => d.Id == r.DeploymentId && (filter.Environment == null || d.Environment.Name == filter.Environment)
                && (filter.Deployment == null || d.Name == filter.Deployment)));
        }

        rows = status is { } word ? rows.Where(r => r.Status == word) : rows;
        rows = filter.UnderWay is { } underWay ? rows.Where(r => (r.FinishedAt == null) == underWay) : rows;
        return await PageAsync(db, rows, page, cancellationToken);
    }

    /// <returns>Rollouts of a deployment, newest first.</returns>
    public async Task<Result<Page<RolloutInfo>>> ListAsync(DeploymentRef which, PageQuery page, CancellationToken cancellationToken)
    {
        var id = await deployments.IdAsync(which, cancellationToken);
        if (id.Refusal is { } refusal)
        {
            return refusal;
        }

        await using var db = await database.SnapshotAsync(cancellationToken);
        return await PageAsync(db, db.Set<Rollout>().Where(r => r.DeploymentId == id.Value), page, cancellationToken);
    }

    public async Task<Result<RolloutInfo>> GetAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var db = await database.SnapshotAsync(cancellationToken);
        return await db.Set<Rollout>().Include(r => r.Steps).SingleOrDefaultAsync(r => r.Id == id, cancellationToken) is { } found
            ? (await infos.OfAsync(db, [found], cancellationToken))[0]
            : RolloutRefusals.NotFound();
    }

    private async Task<Result<Page<RolloutInfo>>> PageAsync(SlipwayDbContext db, IQueryable<Rollout> rows, PageQuery page, CancellationToken cancellationToken)
    {
        if (page.After is { } after)
        {
            if (!Guid.TryParse(after, out var last))
            {
                return PageQuery.TokenInvalid;
            }

            rows = rows.Where(r => r.Id.CompareTo(last) < 0);
        }

        var found = await rows.Include(r => r.Steps).OrderByDescending(r => r.Id).Take(page.Limit + 1).ToListAsync(cancellationToken);
        var shown = (await infos.OfAsync(db, found, cancellationToken)).ToDictionary(i => i.Id);
        return page.Of(found, r => r.Id.ToString(), r => shown[r.Id.ToString()]);
    }
}
