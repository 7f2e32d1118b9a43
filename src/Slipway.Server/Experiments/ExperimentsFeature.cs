using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using Slipway.Contracts;
using Slipway.Server.Artifacts;
using Slipway.Server.Experiments.Search;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Experiments;

/// <summary>The table of contents of this folder: its services and routes.</summary>
internal static class ExperimentsFeature
{
    public static void AddExperiments(this IServiceCollection services)
    {
        services.AddOptions<ExperimentOptions>().BindConfiguration("Slipway:Experiments").ValidateOnStart();
        services.AddSingleton<IValidateOptions<ExperimentOptions>, ExperimentOptionsValidator>();
        services.AddSingleton<CreateExperiment>();
        services.AddSingleton<EditExperiment>();
        services.AddSingleton<FindExperiments>();
        services.AddSingleton<ReadColumns>();

        services.AddSingleton<StartRun>();
        services.AddSingleton<FinishRun>();
        services.AddSingleton<EditRun>();
        services.AddSingleton<FindRuns>();
        services.AddSingleton<SearchRuns>();

        services.AddSingleton<RunKeys>();
        services.AddSingleton<LogRun>();
        services.AddSingleton<RunSnapshots>();
        services.AddHostedService(provider => provider.GetRequiredService<RunSnapshots>());
        services.AddSingleton<RunLane>();
        services.AddHostedService(provider => provider.GetRequiredService<RunLane>());
        services.AddSingleton<MetricLane>();
        services.AddHostedService(provider => provider.GetRequiredService<MetricLane>());
        services.AddSingleton<LogDataSet>();
        services.AddSingleton<DeleteRunTag>();
        services.AddSingleton<ReadMetrics>();
        services.AddSingleton<RepackMetrics>();
        services.AddHostedService(provider => provider.GetRequiredService<RepackMetrics>());
        services.AddSingleton<RunAlerts>();
        services.AddSingleton<IRunAlertListener, TellRunAlerts>();
        services.AddSingleton<LostRuns>();
        services.AddHostedService(provider => provider.GetRequiredService<LostRuns>());

        services.AddSingleton<StoreRunFile>();
        services.AddSingleton<FindRunFiles>();
        services.AddSingleton<IBlobUse, RunBlobs>();
    }

    public static void MapExperiments(this IEndpointRouteBuilder routes)
    {
        MapExperiments(routes.MapGroup("/api/v1/experiments").WithTags("Experiments"));
        var runs = routes.MapGroup("/api/v1/runs").WithTags("Runs");
        runs.MapRuns();
        runs.MapLogging();
        runs.MapRunFiles();
    }

    private static void MapExperiments(RouteGroupBuilder experiments)
    {
        experiments.MapGet("/", async (
                FindExperiments find, PageQuery page, CancellationToken cancellationToken,
                string? name = null, string? q = null, string? status = null, [FromQuery] string[]? tag = null, string? order = null) =>
            (await find.PageAsync(new FindExperiments.Query(name, q, status, tag ?? [], order), page, cancellationToken)).ToOk())
            .RequireRight(Right.Read).WithName("ListExperiments").Produces<Page<ExperimentInfo>>();

        experiments.MapPost("/", async (JsonBody<CreateExperimentRequest> body, CreateExperiment create, Actor by, CancellationToken cancellationToken) =>
            (await create.RunAsync(body.Value, by, cancellationToken)).ToCreated(e => $"/api/v1/experiments/{e.Id}"))
            .RequireRight(Right.WriteRegistry).WithIdempotency("experiment", async (http, made) =>
                (await http.RequestServices.GetRequiredService<FindExperiments>().OneAsync(made[1], http.RequestAborted)).ToCreated(e => $"/api/v1/experiments/{e.Id}"))
            .WithName("CreateExperiment").Produces<ExperimentInfo>(StatusCodes.Status201Created);

        experiments.MapGet("/{experiment}", async (string experiment, HttpContext http, FindExperiments find, CancellationToken cancellationToken) =>
            (await find.OneAsync(experiment, cancellationToken)).ToOk(http, e => e.Etag))
            .RequireRight(Right.Read).WithName("GetExperiment").Produces<ExperimentInfo>();

        experiments.MapPatch("/{experiment}", async (
                string experiment, JsonBody<UpdateExperimentRequest> body, HttpContext http, EditExperiment edit, Actor by, CancellationToken cancellationToken) =>
            (await edit.UpdateAsync(experiment, body.Value, Etag.Of(http.Request), by, cancellationToken)).ToOk(http, e => e.Etag))
            .RequireRight(Right.WriteRegistry).WithName("UpdateExperiment").Produces<ExperimentInfo>();

        experiments.MapPost("/{experiment}/archive", async (string experiment, EditExperiment edit, Actor by, CancellationToken cancellationToken) =>
            (await edit.ArchiveAsync(experiment, by, cancellationToken)).ToOk())
            .RequireRight(Right.WriteRegistry).WithName("ArchiveExperiment").Produces<ExperimentInfo>();

        experiments.MapPost("/{experiment}/restore", async (string experiment, EditExperiment edit, Actor by, CancellationToken cancellationToken) =>
            (await edit.RestoreAsync(experiment, by, cancellationToken)).ToOk())
            .RequireRight(Right.WriteRegistry).WithName("RestoreExperiment").Produces<ExperimentInfo>();

        experiments.MapGet("/{experiment}/columns", async (string experiment, ReadColumns columns, CancellationToken cancellationToken) =>
            (await columns.RunAsync(experiment, cancellationToken)).ToOk())
            .RequireRight(Right.Read).WithName("ListExperimentColumns").Produces<ExperimentColumns>();

        experiments.MapGet("/{experiment}/runs", async (
                string experiment, SearchRuns search, PageQuery page, CancellationToken cancellationToken, string? filter = null, [FromQuery] string[]? order_by = null, string? view = null) =>
            (await search.PageAsync(new SearchRuns.Query([experiment], filter, order_by, view), page, cancellationToken)).ToOk())
            .RequireRight(Right.Read).WithName("ListExperimentRuns").Produces<Page<RunInfo>>();
    }
}
