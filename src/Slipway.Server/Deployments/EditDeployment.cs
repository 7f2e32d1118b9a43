using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Deployments;

/// <summary>Names a deployment as its address does.</summary>
/// <param name="IfMatch">The ETag that the caller has read; null: whatever it is now.</param>
internal sealed record DeploymentRef(string Environment, string Name, string? IfMatch = null);

/// <summary>The right that a change needs, see <see cref="DeploymentAccess"/>.</summary>
internal delegate Refusal? AccessRule(Actor by, DeploymentEnvironment environment, Guid ownerId);

/// <summary>What a change says to the audit trail.</summary>
internal sealed record AuditedChange(JsonObject? Before, JsonObject? After);

/// <summary>The frame of every change of one deployment: find, right, ETag, the change itself, audit, change feed; in one unit.</summary>
internal sealed class EditDeployment(Writes writes, AuditLog audit, TimeProvider time)
{
    /// <returns>The deployment's id, <c>deployment_not_found</c>, a missing right, <c>stale_etag</c>, or what <paramref name="change"/> refuses.</returns>
    public Task<Result<Guid>> RunAsync(
        DeploymentRef which, Actor by, string action, AccessRule rule,
        Func<SlipwayDbContext, Deployment, DateTimeOffset, CancellationToken, Task<Result<AuditedChange>>> change, CancellationToken cancellationToken) =>
        writes.RunAsync<Guid>(
            async (db, token) =>
            {
                var deployment = await db.Set<Deployment>().Include(d => d.Environment)
                    .SingleOrDefaultAsync(d => d.Environment.Name == which.Environment && d.Name == which.Name, token);
                if (deployment is null)
                {
                    return DeploymentRefusals.NotFound(which.Environment, which.Name);
                }

                if (rule(by, deployment.Environment, deployment.OwnerId) is { } forbidden)
                {
                    return forbidden;
                }

                if (which.IfMatch is { } etag && !Etag.Matches(etag, deployment.Edit))
                {
                    return DeploymentRefusals.Stale(deployment);
                }

                var result = await change(db, deployment, time.GetUtcNow(), token);
                if (result.Refusal is { } refusal)
                {
                    return refusal;
                }

                audit.Record(
                    db, by, action, "deployment", deployment.Path, result.Value.Before?.ToJsonString(), result.Value.After?.ToJsonString());
                db.Changed("deployment", deployment.Resource);
                return deployment.Id;
            },
            cancellationToken);

    /// <summary>For changes that need nothing but the deployment.</summary>
    public Task<Result<Guid>> RunAsync(
        DeploymentRef which, Actor by, string action, AccessRule rule, Func<Deployment, DateTimeOffset, Result<AuditedChange>> change,
        CancellationToken cancellationToken) =>
        RunAsync(which, by, action, rule, (_, deployment, now, _) => Task.FromResult(change(deployment, now)), cancellationToken);
}
