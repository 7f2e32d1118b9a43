using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Registry;

/// <summary>Reads which stages are protected.</summary>
internal sealed class FindProtections(Database database)
{
    /// <summary>Every rule, oldest first.</summary>
    public async Task<Result<Page<StageProtectionInfo>>> PageAsync(PageQuery page, CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        var rules = db.Set<StageProtection>().Include(p => p.Reviewers).AsQueryable();
        if (page.After is { } after)
        {
            if (!Guid.TryParse(after, out var last))
            {
                return PageQuery.TokenInvalid;
            }

            rules = rules.Where(p => p.Id.CompareTo(last) > 0);
        }

        var rows = await rules.OrderBy(p => p.Id).Take(page.Limit + 1).ToListAsync(cancellationToken);
        var infos = await InfosAsync(db, rows, cancellationToken);
        return page.Of(rows, r => r.Id.ToString(), r => infos[r.Id]);
    }

    /// <summary>The rules that a model is under: its own, and for other stages those for every model.</summary>
    public async Task<Result<Page<StageProtectionInfo>>> OfModelAsync(string model, CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        if (await FindModels.IdAsync(db, model, cancellationToken) is null)
        {
            return RegistryRefusals.ModelNotFound(model);
        }

        var rules = new List<StageProtection>();
        foreach (var stage in Enum.GetValues<Stage>().Where(StageGuard.CanProtect))
        {
            if (await StageGuard.OfAsync(db, model, stage, cancellationToken) is { } rule)
            {
                rules.Add(rule);
            }
        }

        var infos = await InfosAsync(db, rules, cancellationToken);
        return new Page<StageProtectionInfo>(rules.ConvertAll(r => infos[r.Id]), null);
    }

    public async Task<StageProtectionInfo> OneAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        var rule = await db.Set<StageProtection>().Include(p => p.Reviewers).SingleAsync(p => p.Id == id, cancellationToken);
        return (await InfosAsync(db, [rule], cancellationToken))[id];
    }

    private static async Task<Dictionary<Guid, StageProtectionInfo>> InfosAsync(SlipwayDbContext db, List<StageProtection> rules, CancellationToken cancellationToken)
    {
        var names = await UserNames.WhoMayActAsync(db, rules.SelectMany(r => r.ReviewerIds).Distinct().ToList(), cancellationToken);
        return rules.ToDictionary(r => r.Id, r => new StageProtectionInfo(
            r.Model.Length == 0 ? null : r.Model, r.Stage.ToString(), [.. names.Where(n => r.ReviewerIds.Contains(n.Id)).Select(n => n.Name)], 1, r.UpdatedBy, r.UpdatedAt));
    }
}
