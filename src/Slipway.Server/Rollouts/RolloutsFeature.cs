using Slipway.Contracts;
using Slipway.Server.Deployments;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Rollouts;

/// <summary>The table of contents of this folder: its services and routes.</summary>
internal static class RolloutsFeature
{
    public static void AddRollouts(this IServiceCollection services)
    {
        services.AddOptions<RolloutOptions>().BindConfiguration("Slipway:Rollouts").ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<IRollouts, StoredRollouts>();
        services.AddSingleton<ReadRollouts>();
        services.AddHostedService<RolloutLoop>();
    }

    public static void MapRollouts(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/v1/rollouts/{id:guid}", async (Guid id, ReadRollouts read, CancellationToken cancellationToken) =>
            (await read.GetAsync(id, cancellationToken)).ToOk())
            .RequireRight(Right.Read).WithName("GetRollout").Produces<RolloutInfo>();

        routes.MapGet("/api/v1/deployments/{environment}/{name}/rollouts", async (
                string environment, string name, PageQuery page, ReadRollouts read, CancellationToken cancellationToken) =>
            (await read.ListAsync(new DeploymentRef(environment, name), page, cancellationToken)).ToOk())
            .RequireRight(Right.Read).WithName("ListRollouts").Produces<Page<RolloutInfo>>();
    }
}
