using Microsoft.EntityFrameworkCore;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Registry;

/// <summary>Links a version to the one that it was fine-tuned from, inside a unit of its caller. No version is its own ancestor.</summary>
internal static class LinkParent
{
    /// <param name="version">The child; <see cref="Guid.Empty"/> when it is only being made, and so can be nobody's ancestor.</param>
    /// <param name="reference"><c>model@version</c>: a number, v and a number, a label or an alias.</param>
    /// <returns>The link, <c>invalid_field</c>, <c>parent_not_found</c> or <c>parent_cycle</c>.</returns>
    public static async Task<Result<VersionParent>> FindAsync(SlipwayDbContext db, Guid version, string reference, CancellationToken cancellationToken)
    {
        var at = reference.IndexOf('@', StringComparison.Ordinal);
        if (at < 1 || at == reference.Length - 1)
        {
            return RegistryRefusals.BadParent();
        }

        var (modelName, which) = (reference[..at], reference[(at + 1)..]);
        if (await FindModels.IdAsync(db, modelName, cancellationToken) is not { } model)
        {
            return RegistryRefusals.ParentNotFound(reference);
        }

        var parent = await Numbered(db, model, which).SingleOrDefaultAsync(cancellationToken) ?? await Numbered(db, model, $"@{which}").SingleOrDefaultAsync(cancellationToken);
        if (parent is null)
        {
            return RegistryRefusals.ParentNotFound(reference);
        }

        for (Guid? ancestor = parent.Id; ancestor is not null; ancestor = await ParentOfAsync(db, ancestor.Value, cancellationToken))
        {
            if (ancestor == version)
            {
                return RegistryRefusals.ParentCycle(modelName, parent.Number);
            }
        }

        return new VersionParent { VersionId = version, ParentId = parent.Id, Model = modelName, Number = parent.Number };
    }

    private static Task<Guid?> ParentOfAsync(SlipwayDbContext db, Guid version, CancellationToken cancellationToken) =>
        db.Set<VersionParent>().Where(p => p.VersionId == version).Select(p => p.ParentId).SingleOrDefaultAsync(cancellationToken);

    private static IQueryable<Found> Numbered(SlipwayDbContext db, Guid model, string reference) =>
        db.Set<ModelVersion>().Named(model, reference).Select(v => new Found(v.Id, v.Number));

    private sealed record Found(Guid Id, int Number);
}
