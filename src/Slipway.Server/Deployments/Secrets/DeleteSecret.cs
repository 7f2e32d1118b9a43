using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Slipway.Server.Deployments.Environments;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Deployments.Secrets;

/// <summary>Deletes a secret that nobody uses.</summary>
internal sealed class DeleteSecret(Writes writes, SecretUse use, AuditLog audit)
{
    /// <returns>Done, <c>environment_not_found</c>, <c>secret_not_found</c>, a missing right, <c>stale_etag</c> or <c>secret_in_use</c>.</returns>
    public Task<Result> RunAsync(string environment, string name, string? ifMatch, Actor by, CancellationToken cancellationToken) => writes.RunAsync(
        async (db, token) =>
        {
            if (await EnvironmentOrder.There(db).SingleOrDefaultAsync(e => e.Name == environment, token) is not { } home)
            {
                return EnvironmentRefusals.NotFound(environment);
            }

            if (await db.Set<EnvironmentSecret>().SingleOrDefaultAsync(s => s.EnvironmentId == home.Id && s.Name == name, token) is not { } secret)
            {
                return SecretRefusals.NotFound(name, home.Name);
            }

            if (SecretAccess.Manage(by, home, secret.CreatedById) is { } forbidden)
            {
                return forbidden;
            }

            if (ifMatch is not null && !Etag.Matches(ifMatch, secret.Version))
            {
                return SecretRefusals.Stale(name);
            }

            if ((await use.ReadAsync(db, home.Id, token))[name].ToList() is { Count: > 0 } users)
            {
                return SecretRefusals.InUse(name, home.Name, users);
            }

            db.Remove(secret);
            audit.Record(db, by, "secret.deleted", "secret", $"{home.Name}/{name}", new JsonObject { ["version"] = secret.Version }.ToJsonString());
            db.Changed("secret", $"{home.Resource}/secrets/{name}");
            return Result.Done;
        },
        cancellationToken);
}
