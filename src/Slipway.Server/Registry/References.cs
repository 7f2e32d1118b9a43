using Microsoft.EntityFrameworkCore;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Registry;

/// <summary>What a movable name of a model names now, and who made it so.</summary>
/// <param name="Move">Rises with every move of the name, so that two moves are told apart though they end at one version.</param>
/// <param name="Scopes">Restrictions of the key that moved it; empty: none.</param>
internal sealed record NamedVersion(int Number, long Move, Guid MovedById, string MovedBy, IReadOnlyList<string> Scopes);

/// <summary>Looks movable names up: <c>model@alias</c>, and a stage by the reserved form <c>model/Production</c>.</summary>
internal static class References
{
    /// <summary>One statement, so that a name and its last move belong together whatever is committed meanwhile.</summary>
    /// <returns>Of a stage the version that came to it last; null: the name names nothing.</returns>
    public static async Task<NamedVersion?> ResolveAsync(SlipwayDbContext db, string model, string name, bool isStage, CancellationToken cancellationToken)
    {
        if (await FindModels.IdAsync(db, model, cancellationToken) is not { } id)
        {
            return null;
        }

        if (!isStage)
        {
            var alias = await db.Set<AliasMove>().AsNoTracking().Where(m => m.ModelId == id && m.Alias == name)
                .Join(db.Set<ModelAlias>().Where(a => a.ModelId == id && a.Name == name), m => m.ModelId, a => a.ModelId, (m, a) => new { Move = m, a.VersionId })
                .Join(db.Set<ModelVersion>(), m => m.VersionId, v => v.Id, (m, v) => new { m.Move, v.Number })
                .OrderByDescending(m => m.Move.Sequence).FirstOrDefaultAsync(cancellationToken);
            return alias is null ? null : new NamedVersion(alias.Number, alias.Move.Sequence, alias.Move.ActorId, alias.Move.Actor, ScopesOf(alias.Move.KeyScopes));
        }

        if (Stages.Parse(name) is not { } stage)
        {
            return null;
        }

        var last = await db.Set<Transition>().AsNoTracking()
            .Where(t => t.ModelId == id && t.To == stage && db.Set<ModelVersion>().Any(v => v.ModelId == id && v.Stage == stage && v.Number == t.VersionNumber))
            .OrderByDescending(t => t.Sequence).FirstOrDefaultAsync(cancellationToken);
        return last is null ? null : new NamedVersion(last.VersionNumber, last.Sequence, last.ActorId, last.Actor, ScopesOf(last.KeyScopes));
    }

    private static string[] ScopesOf(string? stored) => stored?.Split(',', StringSplitOptions.RemoveEmptyEntries) ?? [];
}
