using Slipway.Contracts;
using Slipway.Server.Deployments;
using Slipway.Server.Deployments.Approving;
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
        services.AddSingleton<RolloutEvidence>();
        services.AddSingleton<RolloutInfos>();
        services.AddSingleton<RolloutWaits>();
        services.AddSingleton<RolloutMeter>();
        services.AddSingleton<ReadRollouts>();
        services.AddSingleton<GatherFacts>();
        services.AddSingleton<TakeStep>();
        services.AddSingleton<ActOnRollout>();
        services.AddSingleton<RetryRollout>();
        services.AddHostedService<RolloutLoop>();
    }

    public static void MapRollouts(this IEndpointRouteBuilder routes)
    {
        var rollouts = routes.MapGroup("/api/v1/rollouts").WithTags("Rollouts");
        rollouts.MapGet("/", async (
                string? environment, string? deployment, string? status, bool? under_way, PageQuery page, ReadRollouts read, CancellationToken cancellationToken) =>
            (await read.ListAsync(new RolloutFilter(environment, deployment, status, under_way), page, cancellationToken)).ToOk())
            .RequireRight(Right.Read).WithName("ListAllRollouts").Produces<Page<RolloutInfo>>();

        rollouts.MapGet("/{id:guid}", async (Guid id, ReadRollouts read, CancellationToken cancellationToken) =>
            (await read.GetAsync(id, cancellationToken)).ToOk())
            .RequireRight(Right.Read).WithName("GetRollout").Produces<RolloutInfo>();

        foreach (var action in Enum.GetValues<RolloutAction>().Where(a => a != RolloutAction.Retry))
        {
            rollouts.MapPost($"/{{id:guid}}/{action.ToWire()}", async (Guid id, ActOnRollout act, ReadRollouts read, Actor by, CancellationToken cancellationToken) =>
            {
                var done = await act.RunAsync(id, action, by, cancellationToken);
                return done.Refusal is { } refusal ? refusal.ToProblem() : (await read.GetAsync(done.Value, cancellationToken)).ToOk();
            }).RequireRight(Right.DeployToDevelopment).WithName($"{action}Rollout").Produces<RolloutInfo>();
        }

        rollouts.MapPost("/{id:guid}/retry", async (Guid id, HttpContext http, RetryRollout retry, ReadRollouts read, Actor by, CancellationToken cancellationToken) =>
        {
            var done = await retry.RunAsync(id, by, cancellationToken);
            return done.Refusal is { } refusal ? await refusal.OrAskAsync(http)
                : done.Value.Rollout is { } started ? Results.Accepted(null, new RetryRolloutInfo(true, null, (await read.GetAsync(started, cancellationToken)).Value))
                : Results.Ok(new RetryRolloutInfo(false, done.Value.Reason, null));
        }).RequireRight(Right.DeployToDevelopment).WithName("RetryRollout").Produces<RetryRolloutInfo>().Produces<RetryRolloutInfo>(StatusCodes.Status202Accepted);

        routes.MapGet("/api/v1/deployments/{environment}/{name}/rollouts", async (
                string environment, string name, PageQuery page, ReadRollouts read, CancellationToken cancellationToken) =>
            (await read.ListAsync(new DeploymentRef(environment, name), page, cancellationToken)).ToOk())
            .RequireRight(Right.Read).WithName("ListRollouts").Produces<Page<RolloutInfo>>();
    }
}
