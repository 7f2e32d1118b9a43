using Microsoft.EntityFrameworkCore;
using Slipway.Server.Platform;

namespace Slipway.Server.Deployments.Secrets;

/// <summary>Who uses which secret of an environment: what is live, on its way there or kept, also while it is stopped; and the newest revision where none was live yet.</summary>
internal sealed class SecretUse(IRollouts rollouts)
{
    /// <returns>Name of a secret to the paths of the deployments, in order.</returns>
    public async Task<ILookup<string, string>> ReadAsync(SlipwayDbContext db, Guid environment, CancellationToken cancellationToken)
    {
        var deployments = await db.Set<Deployment>().AsNoTracking().Include(d => d.Environment).Where(d => d.EnvironmentId == environment).OrderBy(d => d.Name)
            .ToListAsync(cancellationToken);
        var latest = await rollouts.LatestAsync(db, [.. deployments.Select(d => d.Id)], cancellationToken);
        var running = deployments.Select(d => d.LiveRevisionId).Concat(latest.Values.Select(r => r.KeptRevisionId)).OfType<Guid>()
            .Concat(latest.Values.Where(r => r.UnderWay).Select(r => r.ToRevisionId)).Distinct().ToList();
        var revisions = await db.Set<Revision>().AsNoTracking().Where(r => running.Contains(r.Id)).ToListAsync(cancellationToken);
        var unborn = deployments.Where(d => d.LiveRevisionId is null).ToDictionary(d => d.Id, d => d.LastRevision);
        var ids = unborn.Keys.ToList();
        revisions.AddRange((await db.Set<Revision>().AsNoTracking().Where(r => ids.Contains(r.DeploymentId)).ToListAsync(cancellationToken)).Where(r => r.Number == unborn[r.DeploymentId]));
        return deployments.SelectMany(d => revisions.Where(r => r.DeploymentId == d.Id).SelectMany(r => r.Secrets).Distinct(StringComparer.Ordinal).Select(name => (name, d.Path)))
            .ToLookup(u => u.name, u => u.Path, StringComparer.Ordinal);
    }

    /// <returns>Null: the environment has all of them; else <c>secret_missing</c>.</returns>
    public static async Task<Refusal?> RefuseAsync(SlipwayDbContext unit, DeploymentEnvironment environment, IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        if (names.Count == 0)
        {
            return null;
        }

        var there = await unit.Set<EnvironmentSecret>().Where(s => s.EnvironmentId == environment.Id && names.Contains(s.Name)).Select(s => s.Name).ToListAsync(cancellationToken);
        return names.Except(there, StringComparer.Ordinal).ToList() is { Count: > 0 } missing ? SecretRefusals.Missing(missing, environment.Name) : null;
    }
}
