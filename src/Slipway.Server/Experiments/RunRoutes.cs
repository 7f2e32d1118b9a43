using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using Slipway.Contracts;
using Slipway.Server.Artifacts;
using Slipway.Server.Experiments.Search;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Experiments;

/// <summary>Routes below <c>/api/v1/runs</c>.</summary>
internal static class RunRoutes
{
    public static void MapRuns(this RouteGroupBuilder runs)
    {
        runs.MapPost("/", async (JsonBody<StartRunRequest> body, StartRun start, Actor by, CancellationToken cancellationToken) =>
            (await start.RunAsync(body.Value, by, cancellationToken)).ToCreated(r => $"/api/v1/runs/{r.Id}"))
            .RequireRight(Right.WriteRegistry).WithIdempotency("run", async (http, made) =>
                (await http.RequestServices.GetRequiredService<FindRuns>().OneAsync(made[1], http.RequestAborted)).ToCreated(r => $"/api/v1/runs/{r.Id}"))
            .WithName("StartRun").Produces<RunInfo>(StatusCodes.Status201Created);

        runs.MapGet("/", async (
                SearchRuns search, PageQuery page, CancellationToken cancellationToken, [FromQuery] string[]? experiment = null, string? filter = null, [FromQuery] string[]? order_by = null, string? view = null) =>
            (await search.PageAsync(new SearchRuns.Query(experiment ?? [], filter, order_by, view), page, cancellationToken)).ToOk())
            .RequireRight(Right.Read).WithName("SearchRuns").Produces<Page<RunInfo>>();

        runs.MapGet("/{run}", (string run, KeptAnswers kept, FindRuns find, CancellationToken cancellationToken) =>
            kept.OkAsync($"runs/{run}", "", () => find.DetailAsync(run, cancellationToken), r => r.Run.Etag))
            .RequireRight(Right.Read).WithName("GetRun").Produces<RunDetail>();

        runs.MapPatch("/{run}", async (
                string run, JsonBody<UpdateRunRequest> body, HttpContext http, EditRun edit, Actor by, CancellationToken cancellationToken) =>
            (await edit.UpdateAsync(run, body.Value, Etag.Of(http.Request), by, cancellationToken)).ToOk(http, r => r.Etag))
            .RequireRight(Right.WriteRegistry).WithName("UpdateRun").Produces<RunInfo>();

        runs.MapPost("/{run}/finish", async (string run, JsonBody<FinishRunRequest> body, FinishRun finish, Actor by, CancellationToken cancellationToken) =>
            (await finish.RunAsync(run, body.Value, by, cancellationToken)).ToOk())
            .RequireRight(Right.WriteRegistry).WithName("FinishRun").Produces<RunInfo>();

        runs.MapPost("/{run}/resume", async (string run, EditRun edit, Actor by, CancellationToken cancellationToken) =>
            (await edit.ResumeAsync(run, by, cancellationToken)).ToOk())
            .RequireRight(Right.WriteRegistry).WithName("ResumeRun").Produces<RunInfo>();

        runs.MapPost("/{run}/heartbeat", async (string run, LostRuns lost, CancellationToken cancellationToken) =>
            (await lost.HeartbeatAsync(run, cancellationToken)).ToNoContent())
            .RequireRight(Right.WriteRegistry).WithName("SendRunHeartbeat").Produces(StatusCodes.Status204NoContent);

        runs.MapDelete("/{run}", async (string run, EditRun edit, Actor by, CancellationToken cancellationToken) =>
            (await edit.DeleteAsync(run, by, cancellationToken)).ToOk())
            .RequireRight(Right.WriteRegistry).WithName("DeleteRun").Produces<RunInfo>();

        runs.MapPost("/{run}/restore", async (string run, EditRun edit, Actor by, CancellationToken cancellationToken) =>
            (await edit.RestoreAsync(run, by, cancellationToken)).ToOk())
            .RequireRight(Right.WriteRegistry).WithName("RestoreRun").Produces<RunInfo>();
    }

    public static void MapLogging(this RouteGroupBuilder runs)
    {
        runs.MapPost("/{run}/log", async (string run, JsonBody<LogRunRequest> body, LogRun log, CancellationToken cancellationToken) =>
            (await log.RunAsync(run, body.Value, cancellationToken)).ToNoContent())
            .RequireRight(Right.WriteRegistry).WithName("LogRun").Produces(StatusCodes.Status204NoContent);

        runs.MapDelete("/{run}/tags", async (string run, string key, DeleteRunTag delete, CancellationToken cancellationToken) =>
            (await delete.RunAsync(run, key, cancellationToken)).ToNoContent())
            .RequireRight(Right.WriteRegistry).WithName("DeleteRunTag").Produces(StatusCodes.Status204NoContent);

        runs.MapPost("/{run}/data-sets", async (string run, JsonBody<LogDataSetRequest> body, LogDataSet log, CancellationToken cancellationToken) =>
            (await log.RunAsync(run, body.Value, cancellationToken)).ToOk())
            .RequireRight(Right.WriteRegistry).WithName("LogRunDataSet").Produces<DataSetInfo>();

        runs.MapGet("/{run}/metrics", async (string run, string key, ReadMetrics read, PageQuery page, CancellationToken cancellationToken) =>
            (await read.HistoryAsync(run, key, page, cancellationToken)).ToOk())
            .RequireRight(Right.Read).WithName("ListRunMetricValues").Produces<Page<MetricPoint>>();

        runs.MapGet("/{run}/series", async (string run, ReadMetrics read, CancellationToken cancellationToken, [FromQuery] string[]? key = null, int points = 500) =>
            (await read.SeriesAsync(run, key ?? [], points, cancellationToken)).ToOk())
            .RequireRight(Right.Read).WithName("ListRunMetricSeries").Produces<Page<MetricSeries>>();

        runs.MapPost("/{run}/alerts", async (string run, JsonBody<CreateRunAlertRequest> body, RunAlerts alerts, Actor by, CancellationToken cancellationToken) =>
            (await alerts.CreateAsync(run, body.Value, by, cancellationToken)).ToCreated(_ => $"/api/v1/runs/{run}"))
            .RequireRight(Right.WriteRegistry).WithIdempotency("run_alert", async (http, made) =>
                (await http.RequestServices.GetRequiredService<FindRuns>().AlertAsync(made[1], Guid.Parse(made[3]), http.RequestAborted)).ToCreated(_ => $"/api/v1/runs/{made[1]}"))
            .WithName("CreateRunAlert").Produces<RunAlertInfo>(StatusCodes.Status201Created);

        runs.MapDelete("/{run}/alerts/{alert}", async (string run, string alert, RunAlerts alerts, Actor by, CancellationToken cancellationToken) =>
            (await alerts.DeleteAsync(run, alert, by, cancellationToken)).ToNoContent())
            .RequireRight(Right.WriteRegistry).WithName("DeleteRunAlert").Produces(StatusCodes.Status204NoContent);
    }

    public static void MapRunFiles(this RouteGroupBuilder runs)
    {
        runs.MapGet("/{run}/artifacts", async (string run, FindRunFiles find, PageQuery page, CancellationToken cancellationToken) =>
            (await find.PageAsync(run, page, cancellationToken)).ToOk())
            .RequireRight(Right.Read).WithName("ListRunArtifacts").Produces<Page<RunArtifactInfo>>();

        runs.MapGet("/{run}/tree", async (string run, FindRunFiles find, PageQuery page, CancellationToken cancellationToken, string? path = null) =>
            (await find.TreeAsync(run, path, page, cancellationToken)).ToOk())
            .RequireRight(Right.Read).WithName("ListRunArtifactFolder").Produces<Page<ArtifactEntry>>();

        runs.MapPut("/{run}/artifacts/{**path}", async (
                string run, string path, HttpContext http, StoreRunFile receive, IOptions<ArtifactOptions> options, CancellationToken cancellationToken) =>
            {
                ArtifactsFeature.AllowBody(http, options.Value.MaxFileBytes);
                var sha256 = http.Request.Headers["Slipway-Sha256"] is [{ Length: > 0 } digest, ..] ? digest : null;
                return (await receive.RunAsync(run, path, sha256, http.Request.Body, cancellationToken)).ToOk();
            })
            .RequireRight(Right.WriteRegistry).WithName("UploadRunArtifact").Produces<RunArtifactInfo>();

        runs.MapGet("/{run}/artifacts/{**path}", async (string run, string path, FindRunFiles find, CancellationToken cancellationToken) =>
            {
                var opened = await find.OpenAsync(run, path, cancellationToken);
                if (opened.Refusal is { } refusal)
                {
                    return refusal.ToProblem();
                }

                // Always an attachment of unknown type: what a run made must not run in a browser as a page of ours.
                var (file, content) = opened.Value;
                return Results.Stream(
                    content, "application/octet-stream", file.Path[(file.Path.LastIndexOf('/') + 1)..], entityTag: new EntityTagHeaderValue($"\"{file.Sha256}\""),
                    enableRangeProcessing: true);
            })
            .RequireRight(Right.Read).WithName("DownloadRunArtifact").Produces<Stream>(StatusCodes.Status200OK, "application/octet-stream");

        runs.MapDelete("/{run}/artifacts/{**path}", async (string run, string path, FindRunFiles find, Actor by, CancellationToken cancellationToken) =>
            (await find.DeleteAsync(run, path, by, cancellationToken)).ToNoContent())
            .RequireRight(Right.WriteRegistry).WithName("DeleteRunArtifact").Produces(StatusCodes.Status204NoContent);
    }
}
