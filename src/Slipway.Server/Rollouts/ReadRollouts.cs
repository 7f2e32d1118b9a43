using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Deployments;
using Slipway.Server.Platform;

namespace Slipway.Server.Rollouts;

/// <summary>Answers all questions about rollouts.</summary>
internal sealed class ReadRollouts(Database database, ReadDeployments deployments)
{
    /// <returns>Rollouts of a deployment, newest first.</returns>
    public async Task<Result<Page<RolloutInfo>>> ListAsync(DeploymentRef which, PageQuery page, CancellationToken cancellationToken)
    {
        var id = await deployments.IdAsync(which, cancellationToken);
        if (id.Refusal is { } refusal)
        {
            return refusal;
        }

        Guid? before = null;
        if (page.After is { } after)
        {
            if (!Guid.TryParse(after, out var key))
            {
                return PageQuery.TokenInvalid;
            }

            before = key;
        }

        await using var db = database.Read();
        var rows = db.Set<Rollout>().Include(r => r.Steps).Where(r => r.DeploymentId == id.Value);
        var found = await (before is { } last ? rows.Where(r => r.Id.CompareTo(last) < 0) : rows)
            .OrderByDescending(r => r.Id).Take(page.Limit + 1).ToListAsync(cancellationToken);
        return page.Of(found, r => r.Id.ToString(), RolloutInfos.Of);
    }

    public async Task<Result<RolloutInfo>> GetAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        return await db.Set<Rollout>().Include(r => r.Steps).SingleOrDefaultAsync(r => r.Id == id, cancellationToken) is { } found
            ? RolloutInfos.Of(found)
            : RolloutRefusals.NotFound();
    }
}

/// <summary>Every way in which this folder says no.</summary>
internal static class RolloutRefusals
{
    public static Refusal NotFound() => Refusal.NotFound("rollout_not_found", "There is no such rollout.");
}
