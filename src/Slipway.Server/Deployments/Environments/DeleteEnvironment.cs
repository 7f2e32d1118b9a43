using Microsoft.EntityFrameworkCore;
using Slipway.Server.Deployments.Secrets;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Deployments.Environments;

/// <summary>Deletes an environment that nothing lives in. Its name stays out of reach of users, because addresses with it are known to callers.</summary>
internal sealed class DeleteEnvironment(Writes writes, AuditLog audit, TimeProvider time)
{
    private const int MostNamed = 5;

    /// <returns>Done, <c>environment_not_found</c>, <c>stale_etag</c>, <c>environment_built_in</c> or <c>environment_in_use</c>.</returns>
    public Task<Result> RunAsync(string name, string? ifMatch, Actor by, CancellationToken cancellationToken) => writes.RunAsync(
        async (db, token) =>
        {
            var all = await EnvironmentOrder.ReadAsync(db, token);
            if (all.Find(e => e.Name == name) is not { } environment)
            {
                return EnvironmentRefusals.NotFound(name);
            }

            if (ifMatch is not null && !Etag.Matches(ifMatch, environment.Edit))
            {
                return EnvironmentRefusals.Stale(name);
            }

            if (environment.IsBuiltIn)
            {
                return EnvironmentRefusals.BuiltIn(name);
            }

            var deployments = await db.Set<Deployment>().Where(d => d.EnvironmentId == environment.Id).OrderBy(d => d.Name).Select(d => d.Name).Take(MostNamed + 1).ToListAsync(token);
            if (deployments.Count > 0)
            {
                return EnvironmentRefusals.InUse(name, deployments.Count > MostNamed ? [.. deployments.Take(MostNamed), "…"] : deployments);
            }

            db.Set<EnvironmentSecret>().RemoveRange(await db.Set<EnvironmentSecret>().Where(s => s.EnvironmentId == environment.Id).ToListAsync(token));   // nobody is left to use them
            var now = time.GetUtcNow();
            environment.DeletedAt = now;
            environment.Edited(now);
            all.Remove(environment);
            EnvironmentOrder.Number(all);
            await ScopeNames.ReleaseEnvironmentAsync(db, name, token);
            audit.Record(db, by, "environment.deleted", "environment", name, EnvironmentInfos.Audited(environment));
            db.Changed("environment", environment.Resource);
            return Result.Done;
        },
        cancellationToken);
}
