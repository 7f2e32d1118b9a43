using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Platform;

namespace Slipway.Server.Deployments;

/// <summary>The ledger of a deployment's statuses.</summary>
internal sealed class ReadStatusChanges(Database database, ReadDeployments deployments)
{
    /// <returns>Newest first.</returns>
    public async Task<Result<Page<StatusChangeInfo>>> ListAsync(DeploymentRef which, PageQuery page, CancellationToken cancellationToken)
    {
        var id = await deployments.IdAsync(which, cancellationToken);
        if (id.Refusal is { } refusal)
        {
            return refusal;
        }

        await using var db = await database.SnapshotAsync(cancellationToken);
        var rows = db.Set<StatusChange>().Where(c => c.DeploymentId == id.Value);
        DateTimeOffset? until = null;
        if (page.After is { } after)
        {
            if (!Guid.TryParse(after, out var key))
            {
                return PageQuery.TokenInvalid;
            }

            until = await rows.Where(c => c.Id == key).Select(c => (DateTimeOffset?)c.At).SingleOrDefaultAsync(cancellationToken);
            rows = rows.Where(c => c.Id.CompareTo(key) < 0);
        }

        // Ids grow with the time that they are made at.
        var found = await rows.OrderByDescending(c => c.Id).Take(page.Limit + 1).ToListAsync(cancellationToken);
        return page.Of(found, c => c.Id.ToString(), c =>
        {
            var change = new StatusChangeInfo(c.Status.ToWire(), c.Reason, c.At, until);
            until = c.At;
            return change;
        });
    }
}
