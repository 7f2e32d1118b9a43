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
    internal sealed record QueryParameters
    {
        [FromQuery(Name = "environment")]
        public string? Environment { get; init; }

        [FromQuery(Name = "deployment")]
        public string? Deployment { get; init; }

        [FromQuery(Name = "deployment_id")]
        public Guid? DeploymentId { get; init; }

        [FromQuery(Name = "from")]
        public DateTimeOffset? From { get; init; }

        [FromQuery(Name = "to")]
        public DateTimeOffset? To { get; init; }

        [FromQuery(Name = "status")]
        public string? Status { get; init; }

        [FromQuery(Name = "version")]
        public int? Version { get; init; }

        [FromQuery(Name = "origin")]
        public string? Origin { get; init; }

        [FromQuery(Name = "variant")]
        public string? Variant { get; init; }

        [FromQuery(Name = "routing")]
        public string? Routing { get; init; }

        [FromQuery(Name = "fallback")]
        public bool? Fallback { get; init; }

        public PredictionQuery ToQuery() => new(Environment, Deployment, DeploymentId, From, To, Status, Version, Origin, Variant, Routing, Fallback);
    }
}
