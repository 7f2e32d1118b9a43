using Microsoft.Extensions.Options;
using Slipway.Contracts;
using Slipway.Server.Deployments.Approving;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Deployments.Environments;

/// <summary>Changes an environment's place, protection, defaults and promotion settings. What is live stays live: the gate looks at what becomes live from now on.</summary>
internal sealed class UpdateEnvironment(Writes writes, AskForApproval approvals, AuditLog audit, IOptions<DeploymentOptions> options, TimeProvider time)
{
    /// <returns>Its name, <c>invalid_field</c>, <c>environment_not_found</c> or <c>stale_etag</c>.</returns>
    public Task<Result<string>> RunAsync(string name, UpdateEnvironmentRequest request, string? ifMatch, Actor by, CancellationToken cancellationToken) => writes.RunAsync<string>(
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

            var before = EnvironmentInfos.Audited(environment);
            if (request.After is { } after)
            {
                if (environment.IsBuiltIn)
                {
                    return EnvironmentRefusals.CannotMove(name);
                }

                if (EnvironmentOrder.Place(all, environment, after) is { } nowhere)
                {
                    return nowhere;
                }
            }

            if (await EnvironmentFields.ApplyAsync(db, environment, request, DeploymentLimits.OfThisMachine(options.Value), token) is { } refusal)
            {
                return refusal;
            }

            environment.Edited(time.GetUtcNow());
            await approvals.FollowAsync(db, environment, by, token);
            audit.Record(db, by, "environment.updated", "environment", name, before, EnvironmentInfos.Audited(environment));
            db.Changed("environment", environment.Resource);
            return name;
        },
        cancellationToken);
}
