using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Registry;

/// <summary>Says what deleting a version or model would take with it and whether it would be refused. Changes nothing.</summary>
internal sealed class PreviewDeletion(Database database, IEnumerable<IVersionUse> uses, IEnumerable<IReferenceUse> followers)
{
    private const int MostNumbers = 100;

    public async Task<Result<DeletionInfo>> OfVersionAsync(string modelName, string reference, Actor by, CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        if (await FindModels.IdAsync(db, modelName, cancellationToken) is not { } model)
        {
            return RegistryRefusals.ModelNotFound(modelName);
        }

        var version = await db.Set<ModelVersion>().Include(v => v.Files).Include(v => v.Aliases).AsSplitQuery().Named(model, reference).SingleOrDefaultAsync(cancellationToken);
        if (version is null)
        {
            return RegistryRefusals.VersionNotFound(modelName, reference);
        }

        var used = await uses.WhereUsedAsync(db, [version.Id], cancellationToken);
        var refusal = Authorize.Delete(by, version.CreatedById, inProduction: version.Stage == Stage.Production) ?? version.RefuseDeletion(used)
            ?? await StageGuard.RefuseDeletionAsync(db, modelName, [(version.Number, version.Stage)], cancellationToken)
            ?? await followers.RefuseAsync(db, modelName, [.. version.Aliases.Select(a => a.Name)], cancellationToken);
        return new DeletionInfo(
            refusal is null, refusal?.Code, refusal?.Detail, [version.Number], 1, version.Files.Count, version.SizeBytes, [.. version.Aliases.Select(a => a.Name).Order(StringComparer.Ordinal)], used,
            await db.Set<VersionMetric>().CountAsync(m => m.VersionId == version.Id, cancellationToken), await DatasetsAsync(db.Set<VersionDataset>().Where(d => d.VersionId == version.Id), cancellationToken),
            await ChildrenAsync(db, db.Set<ModelVersion>().Where(v => v.Id == version.Id), cancellationToken));
    }

    public async Task<Result<DeletionInfo>> OfModelAsync(string modelName, Actor by, CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        if (await FindModels.IdAsync(db, modelName, cancellationToken) is not { } model)
        {
            return RegistryRefusals.ModelNotFound(modelName);
        }

        var versions = db.Set<ModelVersion>().Where(v => v.ModelId == model);
        var used = await uses.WhereUsedAsync(db, await versions.Select(v => v.Id).ToListAsync(cancellationToken), cancellationToken);
        var refusal = Authorize.Check(by, Right.Administer, Project.Default) ?? await DeleteModel.RefuseAsync(db, model, modelName, uses, cancellationToken)
            ?? await followers.RefuseAsync(db, modelName, await db.Set<ModelAlias>().Where(a => a.ModelId == model).Select(a => a.Name).ToListAsync(cancellationToken), cancellationToken);
        return new DeletionInfo(
            refusal is null, refusal?.Code, refusal?.Detail,
            await versions.OrderByDescending(v => v.Number).Select(v => v.Number).Take(MostNumbers).ToListAsync(cancellationToken), await versions.CountAsync(cancellationToken),
            await versions.SelectMany(v => v.Files).CountAsync(cancellationToken), await versions.SumAsync(v => v.SizeBytes, cancellationToken),
            await db.Set<ModelAlias>().Where(a => a.ModelId == model).OrderBy(a => a.Name).Select(a => a.Name).ToListAsync(cancellationToken), used,
            await versions.SelectMany(v => v.Metrics).CountAsync(cancellationToken), await DatasetsAsync(versions.SelectMany(v => v.Datasets), cancellationToken),
            await ChildrenAsync(db, versions, cancellationToken));
    }

    private static Task<List<string>> DatasetsAsync(IQueryable<VersionDataset> datasets, CancellationToken cancellationToken) =>
        datasets.Select(d => d.Name).Distinct().OrderBy(name => name).Take(MostNumbers).ToListAsync(cancellationToken);

    /// <summary>Versions made from <paramref name="gone"/> that are not among them.</summary>
    private static async Task<IReadOnlyList<VersionLinkInfo>> ChildrenAsync(SlipwayDbContext db, IQueryable<ModelVersion> gone, CancellationToken cancellationToken)
    {
        var children = await (
            from link in db.Set<VersionParent>()
            join child in db.Set<ModelVersion>() on link.VersionId equals child.Id
            join model in db.Set<RegisteredModel>() on child.ModelId equals model.Id
            where link.ParentId != null && gone.Any(v => v.Id == link.ParentId) && !gone.Any(v => v.Id == child.Id)
            orderby model.Name, child.Number
            select new { model.Name, child.Number }).Take(MostNumbers).ToListAsync(cancellationToken);
        return children.ConvertAll(c => new VersionLinkInfo(c.Name, c.Number, Deleted: false));
    }
}
