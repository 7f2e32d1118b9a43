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

    /// <returns>Done, or <c>model_not_found</c>.</returns>
    public async Task<Result> ExistsAsync(string name, CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        return await IdAsync(db, name, cancellationToken) is null ? RegistryRefusals.ModelNotFound(name) : Result.Done;
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
            if (Stages.Parse(query.Stage) is not { } stage)
            {
                return RegistryRefusals.BadStage();
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

    public static async Task<Guid?> IdAsync(SlipwayDbContext db, string name, CancellationToken cancellationToken) =>
        await db.Set<RegisteredModel>().Where(m => m.ProjectId == Project.Default && m.Name == name).Select(m => (Guid?)m.Id).SingleOrDefaultAsync(cancellationToken);

    private static async Task<List<ModelInfo>> RowsAsync(SlipwayDbContext db, IQueryable<RegisteredModel> models, CancellationToken cancellationToken)
    {
        var rows = await models.Select(m => new
        {
            m.Name, m.Description, Tags = m.Tags.ToList(), m.Owner, m.Edit, m.CreatedAt, m.UpdatedAt,
            Latest = db.Set<ModelVersion>().Where(v => v.ModelId == m.Id).Max(v => (int?)v.Number),
            Production = db.Set<ModelVersion>().Where(v => v.ModelId == m.Id && v.Stage == Stage.Production).Max(v => (int?)v.Number),
        }).ToListAsync(cancellationToken);
        return rows.ConvertAll(m => ToInfo(m.Name, m.Description, m.Tags, m.Owner, m.Latest, m.Production, m.Edit, m.CreatedAt, m.UpdatedAt));
    }

    public static ModelInfo ToInfo(
        string name, string? description, IReadOnlyCollection<ModelTag> tags, string owner, int? latest, int? production, long edit, DateTimeOffset createdAt,
        DateTimeOffset updatedAt) => new(
            name, description, [.. tags.Select(t => t.Tag).Order(StringComparer.Ordinal)], owner, latest, production, createdAt, updatedAt,
            new SortedDictionary<string, string>(tags.Where(t => t.Value is not null).ToDictionary(t => t.Tag, t => t.Value!), StringComparer.Ordinal), Etag.Of(edit));
}
