using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Slipway.Contracts;
using Slipway.Server.Deployments.Approving;
using Slipway.Server.Deployments.Drafts;
using Slipway.Server.Deployments.Environments;
using Slipway.Server.Deployments.Following;
using Slipway.Server.Deployments.Promotions;
using Slipway.Server.Deployments.Secrets;
using Slipway.Server.Identity;
using Slipway.Server.Platform;
using Slipway.Server.Registry;
using Slipway.Server.Replicas;

namespace Slipway.Server.Deployments;

/// <summary>The table of contents of this folder: its services and routes.</summary>
internal static class DeploymentsFeature
{
    public static void AddDeployments(this IServiceCollection services)
    {
        services.AddOptions<DeploymentOptions>().BindConfiguration("Slipway:Deployments").ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<RouteTableFeed>();
        services.AddSingleton<GatewayReports>();
        services.AddSingleton<RoutedSets>();
        services.AddSingleton<RoutesInForce>();
        services.AddSingleton<IReplicaSets, EngineReplicaSets>();
        services.AddSingleton<IRunnableVersions, RunnableVersions>();
        services.TryAddSingleton<IRecentTraffic, RecentTraffic>();
        services.AddSingleton<LiveTraffic>();
        services.AddSingleton<DesiredState>();
        services.AddSingleton<VersionRoutes>();
        services.AddSingleton<DeploymentInfos>();
        services.AddSingleton<RevisionBuilds>();

        services.AddEnvironments();
        services.AddSecrets();
        services.AddPromotions();
        services.AddDrafts();
        services.AddSingleton<EditDeployment>();
        services.AddSingleton<MakeLive>();
        services.AddApproving();
        services.AddFollowing();
        services.AddSingleton<RedeployRevision>();
        services.AddSingleton<RebuildDeployment>();
        services.AddSingleton<SwitchRevision>();
        services.AddSingleton<RenameRevision>();
        services.AddSingleton<CreateDeployment>();
        services.AddSingleton<UpdateDeployment>();
        services.AddSingleton<CreateRevision>();
        services.AddSingleton<ScaleDeployment>();
        services.AddSingleton<StopDeployment>();
        services.AddSingleton<StartDeployment>();
        services.AddSingleton<RestartDeployment>();
        services.AddSingleton<RetryDeployment>();
        services.AddSingleton<DeleteDeployment>();
        services.AddSingleton<ReadDeployments>();
        services.AddSingleton<ReadStatusChanges>();
        services.AddSingleton<DeploymentReplicas>();
        services.AddSingleton<ReadLiveMetrics>();
        services.AddSingleton<SimulateRouting>();

        // what other folders ask
        services.AddSingleton<IReplicaUse, ReportedReplicaUse>();
        services.AddSingleton<DeploymentHealth>();
        services.AddSingleton<IReplicaHealth>(provider => provider.GetRequiredService<DeploymentHealth>());
        services.AddSingleton<IVersionUse, DeployedVersions>();
        services.AddSingleton<IVersionDeployments, VersionDeployments>();

        services.AddSingleton<IMetricSource, ReplicaMetrics>();
        services.AddHostedService<ReportedKeyUse>();
        services.AddHostedService<SeedEnvironments>();
        services.AddHostedService<RoutePublisher>();
        services.AddHostedService<Reconciler>();
    }

    public static void MapDeployments(this IEndpointRouteBuilder routes)
    {
        routes.MapEnvironments();
        routes.MapSecrets();
        var deployments = routes.MapGroup("/api/v1/deployments").WithTags("Deployments");
        deployments.MapGet("/", async (
                string? environment, string? q, string? status, string? label, PageQuery page, HttpRequest http, ReadDeployments read,
                CancellationToken cancellationToken) =>
            (await read.ListAsync(new DeploymentFilter(environment, q, status, label), page, Host(http), cancellationToken)).ToOk())
            .RequireRight(Right.Read).WithName("ListDeployments").Produces<Page<DeploymentInfo>>();

        deployments.MapPost("/", async (
            JsonBody<CreateDeploymentRequest> body, HttpContext http, CreateDeployment create, ReadDeployments read, Actor by, CancellationToken cancellationToken) =>
        {
            var created = await create.RunAsync(body.Value, by, cancellationToken);
            if (created.Refusal is { } refusal)
            {
                return await refusal.OrAskAsync(http);
            }

            var info = await read.GetAsync(created.Value, Host(http.Request), cancellationToken);
            http.Response.Headers.ETag = info.Etag;
            return Results.Created($"/api/v1/deployments/{info.Environment}/{info.Name}", info);
        }).RequireRight(Right.DeployToDevelopment).WithName("CreateDeployment").Produces<DeploymentInfo>(StatusCodes.Status201Created).Produces<ApprovalInfo>(StatusCodes.Status202Accepted).WithIdempotency(LostAnswers.DeploymentAsync);

        deployments.MapGet("/{environment}/{name}", async (
            string environment, string name, HttpContext http, ReadDeployments read, CancellationToken cancellationToken) =>
        {
            var found = await read.GetAsync(new DeploymentRef(environment, name), Host(http.Request), cancellationToken);
            if (!found.IsRefused)
            {
                http.Response.Headers.ETag = found.Value.Etag;
            }

            return found.ToOk();
        }).RequireRight(Right.Read).WithName("GetDeployment").Produces<DeploymentInfo>();

        deployments.MapPatch("/{environment}/{name}", (
                string environment, string name, JsonBody<UpdateDeploymentRequest> body, HttpContext http, UpdateDeployment update, Actor by, CancellationToken cancellationToken) =>
            ChangedAsync(http, update.RunAsync(Ref(environment, name, http), body.Value, by, cancellationToken)))
            .RequireRight(Right.DeployToDevelopment).WithName("UpdateDeployment").Produces<DeploymentInfo>();

        deployments.MapDelete("/{environment}/{name}", async (
                string environment, string name, HttpContext http, DeleteDeployment delete, Actor by, CancellationToken cancellationToken) =>
            (await delete.RunAsync(Ref(environment, name, http), by, cancellationToken)).ToNoContent())
            .RequireRight(Right.Delete).WithName("DeleteDeployment").Produces(StatusCodes.Status204NoContent);

        deployments.MapGet("/{environment}/{name}/revisions", async (
                string environment, string name, bool? was_live, PageQuery page, ReadDeployments read, CancellationToken cancellationToken) =>
            (await read.RevisionsAsync(new DeploymentRef(environment, name), was_live ?? false, page, cancellationToken)).ToOk())
            .RequireRight(Right.Read).WithName("ListRevisions").Produces<Page<RevisionInfo>>();

        deployments.MapPost("/{environment}/{name}/revisions", (
                string environment, string name, JsonBody<CreateRevisionRequest> body, HttpContext http, CreateRevision create, Actor by, CancellationToken cancellationToken) =>
            RevisionRoutes.RevisedAsync(http, create.ReviseAsync(Ref(environment, name, http), body.Value, by, cancellationToken)))
            .RequireRight(Right.DeployToDevelopment).WithName("CreateRevision").Produces<RolloutInfo>().Produces<RolloutInfo>(StatusCodes.Status202Accepted).WithIdempotency(LostAnswers.RevisionAsync);

        deployments.MapPost("/{environment}/{name}/scale", (
                string environment, string name, JsonBody<ScaleRequest> body, HttpContext http, ScaleDeployment scale, Actor by, CancellationToken cancellationToken) =>
            ChangedAsync(http, scale.RunAsync(Ref(environment, name, http), body.Value, by, cancellationToken)))
            .RequireRight(Right.DeployToDevelopment).WithName("ScaleDeployment").Produces<DeploymentInfo>();

        deployments.MapPost("/{environment}/{name}/stop", (
                string environment, string name, HttpContext http, StopDeployment stop, Actor by, CancellationToken cancellationToken) =>
            ChangedAsync(http, stop.RunAsync(Ref(environment, name, http), by, cancellationToken)))
            .RequireRight(Right.DeployToDevelopment).WithName("StopDeployment").Produces<DeploymentInfo>();

        deployments.MapPost("/{environment}/{name}/start", (
                string environment, string name, HttpContext http, StartDeployment start, Actor by, CancellationToken cancellationToken) =>
            ChangedAsync(http, start.RunAsync(Ref(environment, name, http), by, cancellationToken)))
            .RequireRight(Right.DeployToDevelopment).WithName("StartDeployment").Produces<DeploymentInfo>().Produces<ApprovalInfo>(StatusCodes.Status202Accepted);

        deployments.MapPost("/{environment}/{name}/restart", (
                string environment, string name, HttpContext http, RestartDeployment restart, Actor by, CancellationToken cancellationToken) =>
            ChangedAsync(http, restart.RunAsync(Ref(environment, name, http), by, cancellationToken)))
            .RequireRight(Right.DeployToDevelopment).WithName("RestartDeployment").Produces<DeploymentInfo>();

        deployments.MapPost("/{environment}/{name}/retry", (
                string environment, string name, HttpContext http, RetryDeployment retry, Actor by, CancellationToken cancellationToken) =>
            RetriedAsync(http, new DeploymentRef(environment, name), retry.RunAsync(Ref(environment, name, http), by, cancellationToken)))
            .RequireRight(Right.DeployToDevelopment).WithName("RetryDeployment").Produces<RetryDeploymentInfo>().Produces<ApprovalInfo>(StatusCodes.Status202Accepted);

        deployments.MapGet("/{environment}/{name}/status-changes", async (
                string environment, string name, PageQuery page, ReadStatusChanges read, CancellationToken cancellationToken) =>
            (await read.ListAsync(new DeploymentRef(environment, name), page, cancellationToken)).ToOk())
            .RequireRight(Right.Read).WithName("ListStatusChanges").Produces<Page<StatusChangeInfo>>();
        deployments.MapRevisions();
        deployments.MapRouting();
        deployments.MapPromotions();
        deployments.MapFollowing();
        deployments.MapDrafts();
        MapReplicasAndLogs(deployments);
    }

    private static void MapReplicasAndLogs(RouteGroupBuilder deployments)
    {
        deployments.MapGet("/{environment}/{name}/replicas", async (
                string environment, string name, DeploymentReplicas replicas, CancellationToken cancellationToken) =>
            (await replicas.ListAsync(new DeploymentRef(environment, name), cancellationToken)).ToOk())
            .RequireRight(Right.Read).WithName("ListReplicas").Produces<Page<ReplicaInfo>>();

        deployments.MapGet("/{environment}/{name}/metrics", async (
                string environment, string name, ReadLiveMetrics read, CancellationToken cancellationToken) =>
            (await read.RunAsync(new DeploymentRef(environment, name), cancellationToken)).ToOk())
            .RequireRight(Right.Read).WithName("GetLiveMetrics").Produces<LiveMetrics>();

        deployments.MapGet("/{environment}/{name}/logs", async (
                string environment, string name, int? limit, string? cursor, bool? forward, string? replica, string? level, string? q, string? request_id,
                DeploymentReplicas replicas, CancellationToken cancellationToken) =>
            (await replicas.LogsAsync(
                new DeploymentRef(environment, name), new LogFilter(limit, cursor, forward ?? false, replica, level, q, request_id), cancellationToken)).ToOk())
            .RequireRight(Right.Read).WithName("ReadLogs").Produces<Page<LogLine>>();

        deployments.MapGet("/{environment}/{name}/logs/stream", async (
            string environment, string name, string? cursor, string? replica, string? level, string? q, string? request_id, HttpContext http,
            DeploymentReplicas replicas, IHostApplicationLifetime lifetime) =>
        {
            var lines = await replicas.FollowAsync(new DeploymentRef(environment, name), new LogFilter(null, cursor, true, replica, level, q, request_id), http.RequestAborted);
            return lines.Refusal is { } refusal ? refusal.ToProblem() : new LogStream(lines.Value.Lines, lifetime.ApplicationStopping);
        }).RequireRight(Right.Read).WithName("FollowLogs").Produces<LogLine>(StatusCodes.Status200OK, "text/event-stream");
    }

    internal static DeploymentRef Ref(string environment, string name, HttpContext http) =>
        new(environment, name, Etag.Of(http.Request));

    internal static Uri Host(HttpRequest request) => new(UriHelper.BuildAbsolute(request.Scheme, request.Host));

    /// <summary>Whether something was retried, and the deployment as it is then; that nothing has failed is an answer and no refusal.</summary>
    private static async Task<IResult> RetriedAsync(HttpContext http, DeploymentRef which, Task<Result<Guid>> change)
    {
        var retried = await change;
        var reason = retried.Refusal is { Code: DeploymentRefusals.NothingToRetryCode, Detail: var detail } ? detail : null;
        if (reason is null && retried.Refusal is { } refusal)
        {
            return await refusal.OrAskAsync(http);
        }

        var info = await http.RequestServices.GetRequiredService<ReadDeployments>().GetAsync(which, Host(http.Request), http.RequestAborted);
        if (info.IsRefused)
        {
            return info.ToOk();
        }

        http.Response.Headers.ETag = info.Value.Etag;
        return Results.Ok(new RetryDeploymentInfo(reason is null, reason, info.Value));
    }

    internal static async Task<IResult> ChangedAsync(HttpContext http, Task<Result<Guid>> change)
    {
        var changed = await change;
        if (changed.Refusal is { } refusal)
        {
            return await refusal.OrAskAsync(http);
        }

        var read = http.RequestServices.GetRequiredService<ReadDeployments>();
        var info = await read.GetAsync(changed.Value, Host(http.Request), http.RequestAborted);
        http.Response.Headers.ETag = info.Etag;
        return Results.Ok(info);
    }
}
