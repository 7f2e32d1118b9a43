using Microsoft.AspNetCore.Mvc;
using Microsoft.Net.Http.Headers;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Registry;

/// <summary>Downloads of a version's content, and its metrics.</summary>
internal static class FileRoutes
{
    public static void MapFiles(this RouteGroupBuilder versions)
    {
        versions.MapGet("/{version}/files/{**path}", DownloadAsync)
            .RequireRight(Right.Read).WithName("DownloadVersionFile").Produces<Stream>(StatusCodes.Status200OK, "application/octet-stream");

        versions.MapMethods("/{version}/files/{**path}", [HttpMethods.Head], DownloadAsync)
            .RequireRight(Right.Read).WithName("LookAtVersionFile").Produces(StatusCodes.Status200OK);

        versions.MapGet("/{version}/archive", async (
                string model, string version, HttpContext http, ArchiveFiles archive, CancellationToken cancellationToken, [FromQuery] string[]? path = null) =>
            {
                var chosen = await archive.ChooseAsync(model, version, path ?? [], cancellationToken);
                if (chosen.Refusal is { } refusal)
                {
                    await Problems.WriteAsync(http, refusal);
                    return;
                }

                http.Response.ContentType = "application/zip";
                http.Response.Headers.ContentDisposition = new ContentDispositionHeaderValue("attachment") { FileName = chosen.Value.Name }.ToString();
                await archive.WriteAsync(chosen.Value, http.Response.Body, cancellationToken);
            })
            .RequireRight(Right.Read).WithName("DownloadVersionArchive").Produces<Stream>(StatusCodes.Status200OK, "application/zip");
    }

    public static void MapMetrics(this RouteGroupBuilder versions)
    {
        versions.MapGet("/{version}/metrics", async (string model, string version, FindVersions find, CancellationToken cancellationToken) =>
            (await find.MetricsAsync(model, version, cancellationToken)).ToOk())
            .RequireRight(Right.Read).WithName("ListVersionMetrics").Produces<Page<VersionMetricInfo>>();

        versions.MapPut("/{version}/metrics", async (
                string model, string version, JsonBody<LogVersionMetricsRequest> body, HttpContext http, LogVersionMetrics log, Actor by, CancellationToken cancellationToken) =>
            (await log.LogAsync(new VersionAddress(model, version), body.Value, by, cancellationToken)).ToOk(http, v => v.Etag))
            .RequireRight(Right.WriteRegistry).WithName("LogVersionMetrics").Produces<ModelVersionInfo>();

        versions.MapDelete("/{version}/metrics", async (
                string model, string version, HttpContext http, LogVersionMetrics log, Actor by, CancellationToken cancellationToken, string key = "") =>
            (await log.DeleteAsync(new VersionAddress(model, version), key, by, cancellationToken)).ToOk(http, v => v.Etag))
            .RequireRight(Right.WriteRegistry).WithName("DeleteVersionMetric").Produces<ModelVersionInfo>();
    }

    private static async Task<IResult> DownloadAsync(string model, string version, string path, FindVersions find, CancellationToken cancellationToken)
    {
        var opened = await find.OpenFileAsync(model, version, path, cancellationToken);
        if (opened.Refusal is { } refusal)
        {
            return refusal.ToProblem();
        }

        // Always an attachment of unknown type: what a package holds must not run in a browser as a page of ours.
        var (file, content) = opened.Value;
        return Results.Stream(
            content, "application/octet-stream", file.Path[(file.Path.LastIndexOf('/') + 1)..], entityTag: new EntityTagHeaderValue($"\"{file.Sha256}\""), enableRangeProcessing: true);
    }
}
