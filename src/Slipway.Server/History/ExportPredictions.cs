using System.Globalization;
using System.Text;
using System.Text.Json;
using Slipway.Contracts;
using Slipway.Server.History.Store;
using Slipway.Server.Identity;

namespace Slipway.Server.History;

/// <summary>Streams everything that matches, newest first, as JSON lines or CSV; bodies are there where the caller may read them.</summary>
internal sealed class ExportPredictions(IPredictionStore store)
{
    private const int PageSize = 200;

    private static readonly string[] Columns =
    [
        "id", "at", "environment", "deployment", "revision", "variant", "model", "model_version", "origin", "dialect", "status", "state", "error_code", "error_source",
        "latency_ms", "queue_ms", "replica_ms", "attempts", "user", "input_bytes", "output_bytes", "routing", "row", "fallback_from", "input", "output",
    ];

    public async Task JsonLinesAsync(PredictionFilter filter, Actor by, HttpResponse response, CancellationToken cancellationToken)
    {
        response.ContentType = "application/jsonl";
        await foreach (var page in PagesAsync(filter, cancellationToken))
        {
            using var lines = new MemoryStream();
            foreach (var prediction in page)
            {
                JsonSerializer.Serialize(lines, prediction.ToDetail(PredictionReads.MayReadBodies(by, prediction.Route)), ContractsJson.Default.PredictionDetail);
                lines.WriteByte((byte)'\n');
            }

            await response.BodyWriter.WriteAsync(lines.GetBuffer().AsMemory(0, (int)lines.Length), cancellationToken);
        }
    }

    public async Task CsvAsync(PredictionFilter filter, Actor by, HttpResponse response, CancellationToken cancellationToken)
    {
        response.ContentType = "text/csv; charset=utf-8";
        response.Headers.ContentDisposition = "attachment; filename=\"predictions.csv\"";
        var text = new StringBuilder().AppendJoin(',', Columns).Append("\r\n");
        await foreach (var page in PagesAsync(filter, cancellationToken))
        {
            foreach (var prediction in page)
            {
                Append(text, prediction.ToDetail(PredictionReads.MayReadBodies(by, prediction.Route)));
            }

            await response.BodyWriter.WriteAsync(Encoding.UTF8.GetBytes(text.ToString()), cancellationToken);
            text.Clear();
        }

        await response.BodyWriter.WriteAsync(Encoding.UTF8.GetBytes(text.ToString()), cancellationToken);
    }

    private async IAsyncEnumerable<IReadOnlyList<StoredPrediction>> PagesAsync(
        PredictionFilter filter, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Guid? before = null;
        while (true)
        {
            var page = await store.ListAsync(filter, before, PageSize, withBodies: true, cancellationToken);
            if (page.Count == 0)
            {
                yield break;
            }

            yield return page;
            before = page[^1].Id;
        }
    }

    private static void Append(StringBuilder text, PredictionDetail detail)
    {
        var p = detail.Prediction;
        object?[] cells =
        [
            p.Id, p.At.ToString("O", CultureInfo.InvariantCulture), p.Environment, p.Deployment, p.Revision, p.Variant, p.Model, p.ModelVersion, p.Origin, p.Dialect,
            p.Status, p.State, p.ErrorCode, p.ErrorSource, p.LatencyMs, p.QueueMs, p.ReplicaMs, p.Attempts, p.User, p.InputBytes, p.OutputBytes,
            p.Routing, p.Row, p.FallbackFrom,
            detail.Input?.Text ?? detail.Input?.Base64, detail.Output?.Text ?? detail.Output?.Base64,
        ];
        for (var i = 0; i < cells.Length; i++)
        {
            text.Append(i == 0 ? "" : ",").Append(Cell(cells[i]));
        }

        text.Append("\r\n");
    }

    // RFC 4180. What a spreadsheet would take for a formula gets an apostrophe before it: bodies come from outside.
    private static string Cell(object? value)
    {
        if (value is not string text)
        {
            return Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
        }

        if (text is ['=' or '+' or '-' or '@' or '\t' or '\r', ..])
        {
            text = "'" + text;
        }

        return text.AsSpan().ContainsAny(",\"\r\n") ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
    }
}
