using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Deployments;

/// <summary>Routes below a deployment that are about choosing a variant.</summary>
internal static class RoutingRoutes
{
    public static void MapRouting(this RouteGroupBuilder deployments) =>
        deployments.MapPost("/{environment}/{name}/simulate", async (
                string environment, string name, JsonBody<SimulateRequest> body, SimulateRouting simulate, CancellationToken cancellationToken) =>
            (await simulate.RunAsync(new DeploymentRef(environment, name), body.Value, cancellationToken)).ToOk())
            .RequireRight(Right.Read).WithName("SimulateRouting").Produces<SimulationInfo>();
}
