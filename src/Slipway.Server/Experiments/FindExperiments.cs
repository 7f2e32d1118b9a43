using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Experiments;

/// <summary>Reads experiments: one, or a page of them.</summary>
internal sealed class FindExperiments(Database database)
{
    /// <param name="Q">Part of name or description, without regard to case.</param>
    /// <param name="Status">active, completed, archived or all; null: all that are not archived.</param>
    /// <param name="Tags">Experiments with all of these; <c>key</c> or <c>key=value</c>.</param>
    /// <param name="Order">name, created or activity, with a minus in front for the other direction; null: latest activity first.</param>
    internal sealed record Query(string? Name, string? Q, string? Status, IReadOnlyList<string> Tags, string? Order);

    private sealed record Row(Experiment Experiment, int RunCount, DateTimeOffset? LastStart, DateTimeOffset? LastEnd)
    {
        public DateTimeOffset? LastActivity => LastEnd is null || LastStart > LastEnd ? LastStart : LastEnd;
    }

    public async Task<Result<ExperimentInfo>> OneAsync(string reference, CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        var rows = await RowsAsync(db, db.Set<Experiment>().Named(reference), cancellationToken);
        return rows is [var row] ? row.Experiment.ToInfo(row.RunCount, row.LastActivity) : ExperimentRefusals.ExperimentNotFound(reference);
    }

    public Task<Result<ExperimentInfo>> OneAsync(long id, CancellationToken cancellationToken) => OneAsync(id.ToString(CultureInfo.InvariantCulture), cancellationToken);

    /// <summary>
    /// A page of experiments. What matches is put in order here and not by the database: there are hundreds of experiments, not millions, and texts and
    /// counted times then sort alike on both databases.
    /// </summary>
    public async Task<Result<Page<ExperimentInfo>>> PageAsync(Query query, PageQuery page, CancellationToken cancellationToken)
    {
        if (query.Tags.Append(query.Q).Append(query.Name).Any(t => t?.Contains('\0', StringComparison.Ordinal) == true))
        {
            return ExperimentRefusals.BadFilter("q", "Text to search for holds no U+0000.");
        }

        await using var db = database.Read();
        if (Filter(db, query, out var experiments) is { } refusal)
        {
            return refusal;
        }

        long? last = null;
        var found = await RowsAsync(db, experiments, cancellationToken);
        if (page.After is { } after)
        {
            if (!long.TryParse(after, NumberStyles.None, CultureInfo.InvariantCulture, out var id))
            {
                return PageQuery.TokenInvalid;
            }

            // The last one of the page before may match no more; it still marks the place.
            last = id;
            found.AddRange(await RowsAsync(db, db.Set<Experiment>().Where(e => e.Id == id && !experiments.Any(m => m.Id == id)), cancellationToken));
        }

        var ordered = Order(found, query.Order);
        if (ordered.Refusal is { } badOrder)
        {
            return badOrder;
        }

        var rows = last is null ? ordered.Value : ordered.Value.SkipWhile(r => r.Experiment.Id != last).Skip(1);
        return page.Of([.. rows.Take(page.Limit + 1)], r => r.Experiment.WireId, r => r.Experiment.ToInfo(r.RunCount, r.LastActivity));
    }

    private static Refusal? Filter(SlipwayDbContext db, Query query, out IQueryable<Experiment> experiments)
    {
        experiments = db.Set<Experiment>().Where(e => e.ProjectId == Project.Default);
        switch (query.Status?.ToUpperInvariant())
        {
            case null or "":
                experiments = experiments.Where(e => e.Status != ExperimentStatus.Archived);
                break;
            case "ALL":
                break;
            case var word when Enum.TryParse<ExperimentStatus>(word, ignoreCase: true, out var status) && !char.IsAsciiDigit(word[0]):
                experiments = experiments.Where(e => e.Status == status);
                break;
            default:
                return ExperimentRefusals.BadFilter("status", "A status to look for is active, completed, archived or all.");
        }

        if (query.Name is { Length: > 0 } name)
        {
            experiments = experiments.Where(e => e.Name == name);
        }

        if (query.Q is { Length: > 0 } text)
        {
            var folded = SearchText.Fold(text);
            experiments = experiments.Where(e => e.Search.Contains(folded));
        }

        foreach (var tag in query.Tags)
        {
            var (key, value) = tag.Split('=', 2) is [var k, var v] ? (k, v) : (tag, null);
            experiments = value is null
                ? experiments.Where(e => e.Tags.Any(t => t.Key == key))
                : experiments.Where(e => e.Tags.Any(t => t.Key == key && t.Value == value));
        }

        return null;
    }

    private static Result<List<Row>> Order(List<Row> rows, string? order) => order switch
    {
        null or "" or "-activity" => rows.OrderByDescending(r => r.LastActivity ?? r.Experiment.CreatedAt).ThenByDescending(r => r.Experiment.Id).ToList(),
        "activity" => rows.OrderBy(r => r.LastActivity ?? r.Experiment.CreatedAt).ThenBy(r => r.Experiment.Id).ToList(),
        "name" => rows.OrderBy(r => r.Experiment.Name, StringComparer.OrdinalIgnoreCase).ThenBy(r => r.Experiment.Id).ToList(),
        "-name" => rows.OrderByDescending(r => r.Experiment.Name, StringComparer.OrdinalIgnoreCase).ThenByDescending(r => r.Experiment.Id).ToList(),
        "created" => rows.OrderBy(r => r.Experiment.Id).ToList(),
        "-created" => rows.OrderByDescending(r => r.Experiment.Id).ToList(),
        "runs" => rows.OrderBy(r => r.RunCount).ThenBy(r => r.Experiment.Id).ToList(),
        "-runs" => rows.OrderByDescending(r => r.RunCount).ThenByDescending(r => r.Experiment.Id).ToList(),
        _ => ExperimentRefusals.BadFilter("order", "An order is name, created, activity or runs, with a minus in front for the other direction."),
    };

    private static async Task<List<Row>> RowsAsync(SlipwayDbContext db, IQueryable<Experiment> experiments, CancellationToken cancellationToken)
    {
        var found = await experiments.Include(e => e.Tags).ToListAsync(cancellationToken);
        var ids = found.ConvertAll(e => e.Id);
        var facts = await db.Set<Run>().Where(r => ids.Contains(r.ExperimentId) && r.DeletedAt == null).GroupBy(r => r.ExperimentId)
            .Select(g => new { Id = g.Key, Count = g.Count(), Start = g.Max(r => (DateTimeOffset?)r.StartedAt), End = g.Max(r => r.EndedAt) })
            .ToDictionaryAsync(g => g.Id, cancellationToken);
        return found.ConvertAll(e => facts.TryGetValue(e.Id, out var f) ? new Row(e, f.Count, f.Start, f.End) : new Row(e, 0, null, null));
    }
}

internal static class ExperimentReference
{
    /// <summary>Those that a caller names: by number, or by name where it is not that of a number.</summary>
    public static IQueryable<Experiment> Named(this IQueryable<Experiment> experiments, string reference) =>
        IdOf(reference) is { } id
            ? experiments.Where(e => e.ProjectId == Project.Default && e.Id == id)
            : experiments.Where(e => e.ProjectId == Project.Default && e.Name == reference);

    /// <summary>The number that a reference is; null: it is a name.</summary>
    public static long? IdOf(string reference) =>
        reference.Length is > 0 and <= 18 && reference.All(char.IsAsciiDigit) ? long.Parse(reference, CultureInfo.InvariantCulture) : null;
}
