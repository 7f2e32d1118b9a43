using System.Text.Json.Nodes;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Deployments;

/// <summary>Takes the endpoint away and ends all replicas. A rollout under way is cancelled. The configuration stays.</summary>
internal sealed class StopDeployment(EditDeployment edit, IRollouts rollouts)
{
    /// <returns>The deployment; stopping a stopped one changes nothing.</returns>
    public Task<Result<Guid>> RunAsync(DeploymentRef which, Actor by, CancellationToken cancellationToken) =>
        edit.RunAsync(
            which, by, "deployment.stopped", DeploymentAccess.Operate,
            async (db, deployment, now, token) =>
            {
                var before = deployment.State;
                if (before == RunState.Running)
                {
                    deployment.Stop(now);
                    await rollouts.CancelAsync(db, deployment, by, token);
                }

                return new AuditedChange(State(before), State(deployment.State));
            },
            cancellationToken);

    internal static JsonObject State(RunState state) => new() { ["state"] = state == RunState.Running ? "running" : "stopped" };
}
