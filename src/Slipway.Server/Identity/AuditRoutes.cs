using System.Globalization;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Platform;

namespace Slipway.Server.Identity;

/// <summary>Reads the audit trail, newest first; administrators only.</summary>
internal static class AuditRoutes
{
    /// <summary>Which rows are wanted; all parts must hold, those left out hold always.</summary>
    internal sealed record AuditFilter
    {
        public string? Actor { get; init; }

        public string? Action { get; init; }

        /// <summary>Begins with this.</summary>
        public string? Resource { get; init; }

        /// <summary>Inclusive.</summary>
        public DateTimeOffset? From { get; init; }

        /// <summary>Exclusive.</summary>
        public DateTimeOffset? To { get; init; }
    }

    public static void MapAudit(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/v1/audit", async ([AsParameters] AuditFilter filter, PageQuery page, Database database, CancellationToken cancellationToken) =>
            {
                await using var db = database.Read();
                var rows = Select(db, filter);
                if (page.After is { } after)
                {
                    if (!long.TryParse(after, NumberStyles.None, CultureInfo.InvariantCulture, out var last))
                    {
                        return PageQuery.TokenInvalid.ToProblem();
                    }

                    rows = rows.Where(e => e.Sequence < last);
                }

                var found = await rows.OrderByDescending(e => e.Sequence).Take(page.Limit + 1).ToListAsync(cancellationToken);
                return Results.Ok(page.Of(found, e => e.Sequence.ToString(CultureInfo.InvariantCulture), InfoOf));
            })
            .RequireRight(Right.Administer).Produces<Page<AuditEntryInfo>>().WithTags("audit").WithName("ListAudit");

        routes.MapGet("/api/v1/audit.csv", ([AsParameters] AuditFilter filter, Database database, HttpResponse response, CancellationToken cancellationToken) =>
            {
                response.Headers.ContentDisposition = "attachment; filename=audit.csv";
                return Results.Stream(stream => WriteCsvAsync(stream, database, filter, cancellationToken), "text/csv; charset=utf-8");
            })
            .RequireRight(Right.Administer).WithTags("audit").WithName("ExportAudit");
    }

    private static IQueryable<AuditEntry> Select(SlipwayDbContext db, AuditFilter filter)
    {
        var rows = db.Set<AuditEntry>().AsQueryable();
        rows = filter.Actor is { } actor ? rows.Where(e => e.Actor == actor) : rows;
        rows = filter.Action is { } action ? rows.Where(e => e.Action == action) : rows;
        rows = filter.Resource is { } resource ? rows.Where(e => e.Resource.StartsWith(resource)) : rows;
        var (from, to) = (filter.From?.ToUniversalTime(), filter.To?.ToUniversalTime());
        rows = from is not null ? rows.Where(e => e.At >= from) : rows;
        return to is not null ? rows.Where(e => e.At < to) : rows;
    }

    private static async Task WriteCsvAsync(Stream stream, Database database, AuditFilter filter, CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        await using var writer = new StreamWriter(stream, new UTF8Encoding(false), leaveOpen: true);
        await writer.WriteAsync("sequence,at,actor,action,resource_kind,resource,before,after,ip_address,request_id,sealed\r\n");
        await foreach (var e in Select(db, filter).OrderBy(e => e.Sequence).AsAsyncEnumerable().WithCancellation(cancellationToken))
        {
            string?[] cells =
            [
                e.Sequence.ToString(CultureInfo.InvariantCulture), e.At.UtcDateTime.ToString("O", CultureInfo.InvariantCulture), e.Actor, e.Action, e.ResourceKind, e.Resource,
                e.Before, e.After, e.IpAddress, e.RequestId, e.Hash is null ? "false" : "true",
            ];
            await writer.WriteAsync(string.Join(',', cells.Select(Cell)) + "\r\n");
        }
    }

    // RFC 4180; a leading = + - @ would be run as a formula by spreadsheets, so such a text gets a quote in front.
    private static string Cell(string? value)
    {
        value = value is ['=' or '+' or '-' or '@' or '\t' or '\r', ..] ? "'" + value : value ?? "";
        return value.AsSpan().ContainsAny(",\"\r\n") ? $"\"{value.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : value;
    }

    private static AuditEntryInfo InfoOf(AuditEntry e) =>
        new(e.Sequence, e.At, e.Actor, e.Action, e.ResourceKind, e.Resource, e.Before, e.After, e.IpAddress, e.RequestId, e.Hash is not null);
}
