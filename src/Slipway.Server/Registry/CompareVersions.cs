using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Platform;

namespace Slipway.Server.Registry;

/// <summary>Reads versions of a model and puts them side by side.</summary>
internal sealed class CompareVersions(Database database, IEnumerable<IVersionDeployments> deployments)
{
    private const int Most = 10;

    /// <param name="references">Two to ten: 3, v3, a label or @alias.</param>
    /// <returns>The comparison, <c>invalid_field</c>, <c>model_not_found</c> or <c>version_not_found</c>.</returns>
    public async Task<Result<VersionComparison>> RunAsync(
        string model, IReadOnlyList<string> references, IReadOnlyCollection<string> lower, IReadOnlyCollection<string> higher, CancellationToken cancellationToken)
    {
        if (references.Count is < 2 or > Most)
        {
            return RegistryRefusals.BadQuery("version", $"Name two to {Most} versions to compare, as version=3&version=4.");
        }

        await using var db = await database.SnapshotAsync(cancellationToken);
        if (await FindModels.IdAsync(db, model, cancellationToken) is not { } id)
        {
            return RegistryRefusals.ModelNotFound(model);
        }

        var versions = new List<ModelVersion>();
        foreach (var reference in references)
        {
            var version = await db.Set<ModelVersion>().Named(id, reference).Include(v => v.Files).Include(v => v.Aliases).Include(v => v.Metrics).Include(v => v.Parameters)
                .AsSplitQuery().SingleOrDefaultAsync(cancellationToken);
            if (version is null)
            {
                return RegistryRefusals.VersionNotFound(model, reference);
            }

            if (versions.Exists(v => v.Id == version.Id))
            {
                return RegistryRefusals.BadQuery("version", $"{reference} is v{version.Number}, which is named already.");
            }

            versions.Add(version);
        }

        return Comparison.Of(model, versions, await deployments.OfAsync(db, [.. versions.Select(v => v.Id)], cancellationToken), lower, higher);
    }
}
