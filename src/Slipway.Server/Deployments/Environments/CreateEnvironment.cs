using Microsoft.Extensions.Options;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Deployments.Environments;

/// <summary>Makes an environment between or after the three that are always there.</summary>
internal sealed class CreateEnvironment(Writes writes, AuditLog audit, IOptions<DeploymentOptions> options, TimeProvider time)
{
    /// <returns>Its name, <c>invalid_field</c>, <c>name_reserved</c> or <c>name_taken</c>.</returns>
    public Task<Result<string>> RunAsync(CreateEnvironmentRequest request, Actor by, CancellationToken cancellationToken) => writes.RunAsync<string>(
        async (db, token) =>
        {
            if (!EnvironmentFields.IsName(request.Name))
            {
                return EnvironmentRefusals.BadName();
            }

            var now = time.GetUtcNow();
            if ((await ScopeNames.ReserveAsync(db, request.Name, ScopeKind.Environment, now, token)).Refusal is { } taken)
            {
                return taken;
            }

            var all = await EnvironmentOrder.ReadAsync(db, token);
            var environment = new DeploymentEnvironment { Id = Guid.CreateVersion7(now), ProjectId = Project.Default, Name = request.Name, CreatedAt = now, UpdatedAt = now, Edit = 1 };
            var fields = new UpdateEnvironmentRequest(
                null, request.Protected, request.Approval, request.Reviewers, request.RequiresStage, request.MinReplicas, request.MaxReplicas, request.Promotion, request.Autoscaling);
            var refusal = await EnvironmentFields.ApplyAsync(db, environment, fields, DeploymentLimits.OfThisMachine(options.Value), token)
                ?? EnvironmentOrder.Place(all, environment, request.After);
            if (refusal is not null)
            {
                return refusal;
            }

            db.Set<DeploymentEnvironment>().Add(environment);
            audit.Record(db, by, "environment.created", "environment", environment.Name, after: EnvironmentInfos.Audited(environment));
            db.Changed("environment", environment.Resource);
            return environment.Name;
        },
        cancellationToken);
}
