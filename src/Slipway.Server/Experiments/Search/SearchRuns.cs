using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Experiments.Search;

/// <summary>Searches runs by MLflow's grammar, page by page.</summary>
internal sealed class SearchRuns(Database database, RunKeys keys)
{
    private const int MostExperiments = 1000;

    /// <param name="Experiments">Ids or names; empty: all that are not archived.</param>
    /// <param name="Filter">See <see cref="FilterParser"/>; null: all runs.</param>
    /// <param name="OrderBy">Keys with ASC or DESC; the latest start decides last.</param>
    /// <param name="View">active, deleted or all; null: active.</param>
    internal sealed record Query(IReadOnlyList<string> Experiments, string? Filter = null, IReadOnlyList<string>? OrderBy = null, string? View = null);

    /// <returns>A page, 400 <c>invalid_field</c> that points at the character, <c>page_token_invalid</c> or <c>experiment_not_found</c>.</returns>
    public async Task<Result<Page<RunInfo>>> PageAsync(Query query, PageQuery page, CancellationToken cancellationToken)
    {
        var filter = FilterParser.Filter(query.Filter);
        if (filter.Refusal is { } badFilter)
        {
            return badFilter;
        }

        var order = FilterParser.Order(query.OrderBy ?? []);
        if (order.Refusal is { } badOrder)
        {
            return badOrder;
        }

        bool? deleted = false;
        switch (query.View?.ToUpperInvariant())
        {
            case null or "" or "ACTIVE":
                break;
            case "DELETED":
                deleted = true;
                break;
            case "ALL":
                deleted = null;
                break;
            default:
                return ExperimentRefusals.BadFilter("view", "A view is active, deleted or all.");
        }

        await using var db = database.Read();
        var experiments = await ExperimentsAsync(db, query.Experiments, cancellationToken);
        if (experiments.Refusal is { } noExperiment)
        {
            return noExperiment;
        }

        if (experiments.Value.Count == 0)
        {
            return new Page<RunInfo>([], null);
        }

        var names = filter.Value.Select(c => c.Subject).Concat(order.Value.Select(o => o.Subject)).Where(s => s.Entity != FilterEntity.Attribute).Select(s => s.Name).ToList();
        var sql = new SearchSql(database is SqliteDatabase, experiments.Value, await keys.FindAsync(names, cancellationToken));
        sql.Runs(deleted);
        filter.Value.ForEach(sql.Condition);
        order.Value.ForEach(sql.Order);
        sql.FinishOrder();

        // A token is good for the search that it came from only: elsewhere it would point at any place.
        var search = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(
            $"{string.Join(',', experiments.Value)}\n{query.Filter}\n{string.Join(',', query.OrderBy ?? [])}\n{deleted}")))[..16];
        return page.After is { } after && (PlaceOf(after, search) is not { } place || !sql.After(place))
            ? PageQuery.TokenInvalid
            : await ReadAsync(db, sql, search, page, cancellationToken);
    }

    private static async Task<Page<RunInfo>> ReadAsync(SlipwayDbContext db, SearchSql sql, string search, PageQuery page, CancellationToken cancellationToken)
    {
        var numbers = new List<long>();
        string? next = null;
        await db.Database.OpenConnectionAsync(cancellationToken);
        await using (var command = db.Database.GetDbConnection().CreateCommand())
        {
            sql.Write(command, page.Limit + 1);
            await using var rows = await command.ExecuteReaderAsync(cancellationToken);
            while (numbers.Count < page.Limit && await rows.ReadAsync(cancellationToken))
            {
                numbers.Add(rows.GetInt64(0));
                if (numbers.Count == page.Limit)
                {
                    var place = string.Join('\n', sql.PlaceOf(rows).Prepend(search).Select(Uri.EscapeDataString));
                    next = await rows.ReadAsync(cancellationToken) ? PageQuery.Encode(place) : null;
                }
            }
        }

        var infos = await FindRuns.InfosAsync(db, numbers, cancellationToken);
        return new Page<RunInfo>([.. numbers.Where(infos.ContainsKey).Select(n => infos[n])], next);
    }

    private static List<string>? PlaceOf(string token, string search) =>
        token.Split('\n').Select(Uri.UnescapeDataString).ToList() is [var first, .. var place] && first == search ? place : null;

    private static async Task<Result<List<long>>> ExperimentsAsync(SlipwayDbContext db, IReadOnlyList<string> references, CancellationToken cancellationToken)
    {
        if (references.Count == 0)
        {
            return await db.Set<Experiment>().Where(e => e.ProjectId == Project.Default && e.Status != ExperimentStatus.Archived).OrderByDescending(e => e.Id)
                .Take(MostExperiments).Select(e => e.Id).ToListAsync(cancellationToken);
        }

        if (references.Count > MostExperiments)
        {
            return ExperimentRefusals.BadFilter("experiment", $"At most {MostExperiments} experiments are searched at a time.");
        }

        var ids = new List<long>();
        foreach (var reference in references)
        {
            if (reference.Contains('\0', StringComparison.Ordinal) || await db.Set<Experiment>().Named(reference).Select(e => (long?)e.Id).SingleOrDefaultAsync(cancellationToken) is not { } id)
            {
                return ExperimentRefusals.ExperimentNotFound(reference);
            }

            ids.Add(id);
        }

        return ids;
    }
}
