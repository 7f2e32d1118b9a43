using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using Slipway.Contracts;
using Slipway.Server.History.Store;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.History;

/// <summary>The table of contents of this folder: its services and routes.</summary>
internal static class HistoryFeature
{
    public static void AddHistory(this IServiceCollection services)
    {
        services.AddOptions<HistoryOptions>().BindConfiguration("Slipway:History").ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<PredictionJournal>();
        services.AddSingleton<JournalKeeper>();
        services.AddSingleton<PredictionFeed>();
        services.AddSingleton<IPredictionStore>(provider =>
            provider.GetRequiredService<IOptions<ServerOptions>>().Value.PostgreSql is { } connection
                ? ActivatorUtilities.CreateInstance<PostgreSqlPredictionStore>(provider, connection)
                : ActivatorUtilities.CreateInstance<SqlitePredictionStore>(provider));
        services.AddSingleton<HistoryService>();
        services.AddHostedService(provider => provider.GetRequiredService<HistoryService>());
        services.AddSingleton<ISystemFact>(provider => provider.GetRequiredService<HistoryService>());
        services.AddSingleton<Retention>();
        services.AddHostedService(provider => provider.GetRequiredService<Retention>());
        services.AddSingleton<PredictionReads>();
        services.AddSingleton<ExportPredictions>();
    }

    public static void MapHistory(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/v1/predictions", async (
                [AsParameters] QueryParameters query, PageQuery page, PredictionReads reads, CancellationToken cancellationToken) =>
            (await reads.ListAsync(query.ToQuery(), page, cancellationToken)).ToOk())
            .RequireRight(Right.Read).WithName("ListPredictions").Produces<Page<PredictionInfo>>();

        routes.MapGet("/api/v1/predictions/{id}", async (string id, PredictionReads reads, Actor by, CancellationToken cancellationToken) =>
            (await reads.FindAsync(id, by, cancellationToken)).ToOk())
            .RequireRight(Right.Read).WithName("GetPrediction").Produces<PredictionDetail>();

        routes.MapGet("/api/v1/predictions.jsonl", (
                [AsParameters] QueryParameters query, HttpContext context, IPredictionStore store, ExportPredictions export, Actor by,
                CancellationToken cancellationToken) =>
            query.ToQuery().ToFilter(store) is { IsRefused: false } filter
                ? export.JsonLinesAsync(filter.Value, by, context.Response, cancellationToken)
                : Problems.WriteAsync(context, query.ToQuery().ToFilter(store).Refusal!))
            .RequireRight(Right.Read).WithName("ExportPredictionsAsJsonLines");

        routes.MapGet("/api/v1/predictions.csv", (
                [AsParameters] QueryParameters query, HttpContext context, IPredictionStore store, ExportPredictions export, Actor by,
                CancellationToken cancellationToken) =>
            query.ToQuery().ToFilter(store) is { IsRefused: false } filter
                ? export.CsvAsync(filter.Value, by, context.Response, cancellationToken)
                : Problems.WriteAsync(context, query.ToQuery().ToFilter(store).Refusal!))
            .RequireRight(Right.Read).WithName("ExportPredictionsAsCsv");
    }

    /// <summary>The filters in the address.</summary>
    internal sealed record QueryParameters(
        [property: FromQuery(Name = "environment")] string? Environment, [property: FromQuery(Name = "deployment")] string? Deployment,
        [property: FromQuery(Name = "deployment_id")] Guid? DeploymentId, [property: FromQuery(Name = "from")] DateTimeOffset? From,
        [property: FromQuery(Name = "to")] DateTimeOffset? To, [property: FromQuery(Name = "status")] string? Status,
        [property: FromQuery(Name = "version")] int? Version, [property: FromQuery(Name = "origin")] string? Origin,
        [property: FromQuery(Name = "variant")] string? Variant, [property: FromQuery(Name = "routing")] string? Routing, [property: FromQuery(Name = "fallback")] bool? Fallback)
    {
        public PredictionQuery ToQuery() => new(Environment, Deployment, DeploymentId, From, To, Status, Version, Origin, Variant, Routing, Fallback);
    }
}
