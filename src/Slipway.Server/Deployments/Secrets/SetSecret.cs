using System.Text;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Deployments.Environments;
using Slipway.Server.Identity;
using Slipway.Server.Platform;
using Slipway.Server.Runtimes;

namespace Slipway.Server.Deployments.Secrets;

/// <summary>Sets the value of a secret, new or not. The replicas that use it are replaced one by one: the reconciler sees that its version is another.</summary>
internal sealed class SetSecret(Writes writes, ISecretSeal seal, AuditLog audit, TimeProvider time)
{
    /// <returns>Its version, <c>environment_not_found</c>, a missing right, <c>invalid_field</c>, <c>stale_etag</c> or <c>too_many_secrets</c>.</returns>
    public Task<Result<int>> RunAsync(string environment, string name, SetSecretRequest request, string? ifMatch, Actor by, CancellationToken cancellationToken) => writes.RunAsync<int>(
        async (db, token) =>
        {
            if (await EnvironmentOrder.There(db).SingleOrDefaultAsync(e => e.Name == environment, token) is not { } home)
            {
                return EnvironmentRefusals.NotFound(environment);
            }

            var secret = await db.Set<EnvironmentSecret>().SingleOrDefaultAsync(s => s.EnvironmentId == home.Id && s.Name == name, token);
            if (SecretAccess.Manage(by, home, secret?.CreatedById ?? by.UserId) is { } forbidden)
            {
                return forbidden;
            }

            if (VariableNames.Wrong(name) is { } wrong)
            {
                return Refusal.Field("name", wrong);
            }

            if (request.Value is not { Length: > 0 and <= EnvironmentSecret.LongestValue })
            {
                return Refusal.Field("value", $"The value of a secret has 1 to {EnvironmentSecret.LongestValue} characters.");
            }

            if (ifMatch is not null && !Etag.Matches(ifMatch, secret?.Version ?? 0))
            {
                return SecretRefusals.Stale(name);
            }

            var now = time.GetUtcNow();
            if (secret is null)
            {
                if (await db.Set<EnvironmentSecret>().CountAsync(s => s.EnvironmentId == home.Id, token) >= EnvironmentSecret.Most)
                {
                    return SecretRefusals.TooMany(home.Name);
                }

                secret = new EnvironmentSecret
                {
                    Id = Guid.CreateVersion7(now), EnvironmentId = home.Id, Name = name, Value = [], CreatedById = by.UserId, CreatedBy = by.Name, UpdatedBy = by.Name, CreatedAt = now,
                };
                db.Set<EnvironmentSecret>().Add(secret);
            }

            (secret.Version, secret.UpdatedBy, secret.UpdatedAt) = (secret.Version + 1, by.Name, now);
            secret.Value = seal.Seal(Encoding.UTF8.GetBytes(request.Value), secret.Bound);
            audit.Record(db, by, "secret.set", "secret", $"{home.Name}/{name}", after: new JsonObject { ["version"] = secret.Version }.ToJsonString());
            db.Changed("secret", $"{home.Resource}/secrets/{name}");
            return secret.Version;
        },
        cancellationToken);
}
