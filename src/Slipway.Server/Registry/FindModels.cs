using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Registry;

/// <summary>Reads models, one or a page of them, in the order of their names.</summary>
internal sealed class FindModels(Database database)
{
    /// <param name="Q">Part of name or description, without regard to case.</param>
    /// <param name="Stage">Models with at least one version in this stage.</param>
    /// <param name="Tags">Models with all of these.</param>
    internal sealed record Query(string? Q, string? Stage, IReadOnlyList<string> Tags);

    public async Task<Result<ModelInfo>> OneAsync(string name, CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        var rows = await RowsAsync(db, db.Set<RegisteredModel>().Where(m => m.ProjectId == Project.Default && m.Name == name), cancellationToken);
        return rows is [var model] ? model : RegistryRefusals.ModelNotFound(name);
    }

    public async Task<Result<Page<ModelInfo>>> PageAsync(Query query, PageQuery page, CancellationToken cancellationToken)
    {
        if (query.Tags.Append(query.Q).Any(t => t?.Contains('\0', StringComparison.Ordinal) == true))
        {
            return RegistryRefusals.BadQuery("q", "Text to search for holds no U+0000.");
        }

        await using var db = database.Read();
        var models = db.Set<RegisteredModel>().Where(m => m.ProjectId == Project.Default);
        if (query.Q is { Length: > 0 } text)
        {
            var folded = SearchText.Fold(text);
            models = models.Where(m => m.Search.Contains(folded));
        }

        if (query.Stage is { Length: > 0 })
        {
            if (!Enum.TryParse<Stage>(query.Stage, ignoreCase: true, out var stage) || !Enum.IsDefined(stage) || char.IsAsciiDigit(query.Stage[0]))
            {
                return RegistryRefusals.BadQuery("stage", "A stage is None, Staging, Production or Archived.");
            }

            models = models.Where(m => db.Set<ModelVersion>().Any(v => v.ModelId == m.Id && v.Stage == stage));
        }

        foreach (var tag in query.Tags)
        {
            models = models.Where(m => m.Tags.Any(t => t.Tag == tag));
        }

        if (page.After is { } after)
        {
            models = models.Where(m => string.Compare(m.Name, after) > 0);
        }

        var rows = await RowsAsync(db, models.OrderBy(m => m.Name).Take(page.Limit + 1), cancellationToken);
        return page.Of(rows, m => m.Name, m => m);
    }

    private static async Task<List<ModelInfo>> RowsAsync(SlipwayDbContext db, IQueryable<RegisteredModel> models, CancellationToken cancellationToken)
    {
        var rows = await models.Select(m => new
        {
            m.Name, m.Description, Tags = m.Tags.Select(t => t.Tag).ToList(), m.Owner, m.CreatedAt, m.UpdatedAt,
            Latest = db.Set<ModelVersion>().Where(v => v.ModelId == m.Id).Max(v => (int?)v.Number),
            Production = db.Set<ModelVersion>().Where(v => v.ModelId == m.Id && v.Stage == Stage.Production).Max(v => (int?)v.Number),
        }).ToListAsync(cancellationToken);
        return rows.ConvertAll(m => new ModelInfo(
            m.Name, m.Description, [.. m.Tags.Order(StringComparer.Ordinal)], m.Owner, m.Latest, m.Production, m.CreatedAt, m.UpdatedAt));
    }
}
