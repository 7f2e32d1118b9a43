using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Platform;

namespace Slipway.Server.Registry;

/// <summary>Reads aliases and their moves.</summary>
internal sealed class FindAliases(Database database)
{
    /// <summary>Aliases of a model in the order of their names.</summary>
    public async Task<Result<Page<AliasInfo>>> PageAsync(string model, PageQuery page, CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        if (await FindModels.IdAsync(db, model, cancellationToken) is not { } id)
        {
            return RegistryRefusals.ModelNotFound(model);
        }

        var aliases = db.Set<ModelAlias>().Where(a => a.ModelId == id);
        if (page.After is { } after)
        {
            aliases = aliases.Where(a => string.Compare(a.Name, after) > 0);
        }

        var rows = await Infos(db, aliases.OrderBy(a => a.Name).Take(page.Limit + 1)).ToListAsync(cancellationToken);
        return page.Of(rows, a => a.Alias, a => a);
    }

    public async Task<Result<AliasInfo>> OneAsync(string model, string alias, CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        if (await FindModels.IdAsync(db, model, cancellationToken) is not { } id)
        {
            return RegistryRefusals.ModelNotFound(model);
        }

        return await Infos(db, db.Set<ModelAlias>().Where(a => a.ModelId == id && a.Name == alias)).SingleOrDefaultAsync(cancellationToken) is { } found
            ? found
            : RegistryRefusals.AliasNotFound(model, alias);
    }

    /// <summary>Moves of a model's aliases, newest first; those of deleted ones too.</summary>
    /// <param name="alias">Only of this; null: all.</param>
    public async Task<Result<Page<AliasMoveInfo>>> MovesAsync(string model, string? alias, PageQuery page, CancellationToken cancellationToken)
    {
        var below = long.MaxValue;
        if (page.After is { } after && !long.TryParse(after, out below))
        {
            return PageQuery.TokenInvalid;
        }

        if (!string.IsNullOrEmpty(alias) && !ModelAlias.IsName(alias))
        {
            return RegistryRefusals.BadAlias();
        }

        await using var db = database.Read();
        if (await FindModels.IdAsync(db, model, cancellationToken) is not { } id)
        {
            return RegistryRefusals.ModelNotFound(model);
        }

        var moves = db.Set<AliasMove>().Where(m => m.ModelId == id && m.Sequence < below && (string.IsNullOrEmpty(alias) || m.Alias == alias));
        return page.Of(await moves.OrderByDescending(m => m.Sequence).Take(page.Limit + 1).ToListAsync(cancellationToken), m => $"{m.Sequence}", m => m.ToInfo());
    }

    private static IQueryable<AliasInfo> Infos(SlipwayDbContext db, IQueryable<ModelAlias> aliases) =>
        from alias in aliases
        join version in db.Set<ModelVersion>() on alias.VersionId equals version.Id
        orderby alias.Name
        select new AliasInfo(alias.Name, version.Number, alias.MovedAt, alias.MovedBy);
}
