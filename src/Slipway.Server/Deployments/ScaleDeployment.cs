using System.Text.Json.Nodes;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Deployments;

/// <summary>Sets by hand how many replicas run, inside the deployment's bounds.</summary>
internal sealed class ScaleDeployment(EditDeployment edit)
{
    /// <returns>The deployment, or the refusal of <see cref="Deployment.ScaleTo"/>.</returns>
    public Task<Result<Guid>> RunAsync(DeploymentRef which, ScaleRequest request, Actor by, CancellationToken cancellationToken) =>
        edit.RunAsync(
            which, by, "deployment.scaled", DeploymentAccess.Operate,
            (deployment, now) =>
            {
                var before = new JsonObject { ["replicas"] = ReplicaPlan.Target(deployment) };
                return deployment.ScaleTo(request.Replicas, now) is { } refusal
                    ? refusal
                    : new AuditedChange(before, new JsonObject { ["replicas"] = request.Replicas });
            },
            cancellationToken);
}
