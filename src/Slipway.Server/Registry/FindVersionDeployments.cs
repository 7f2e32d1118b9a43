using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Platform;

namespace Slipway.Server.Registry;

/// <summary>Where the versions of a model are, and were, deployed.</summary>
internal sealed class FindVersionDeployments(Database database, IEnumerable<IVersionDeployments> deployments)
{
    /// <returns>Live ones first, then those on their way, then earlier ones; <c>model_not_found</c>.</returns>
    public async Task<Result<Page<ModelDeploymentInfo>>> OfModelAsync(string modelName, CancellationToken cancellationToken)
    {
        await using var db = await database.SnapshotAsync(cancellationToken);
        if (await FindModels.IdAsync(db, modelName, cancellationToken) is not { } model)
        {
            return RegistryRefusals.ModelNotFound(modelName);
        }

        var versions = await db.Set<ModelVersion>().Where(v => v.ModelId == model).Select(v => new { v.Id, v.Number }).ToDictionaryAsync(v => v.Id, v => v.Number, cancellationToken);
        var found = await deployments.OfAsync(db, versions.Keys, cancellationToken);
        return new Page<ModelDeploymentInfo>(
            [
                .. found.SelectMany(group => group.Select(d => new ModelDeploymentInfo(versions[group.Key], d)))
                    .OrderBy(d => d.Deployment.Use switch { "live" => 0, "rolling_out" => 1, _ => 2 }).ThenBy(d => d.Deployment.Environment, StringComparer.Ordinal)
                    .ThenBy(d => d.Deployment.Name, StringComparer.Ordinal).ThenByDescending(d => d.Version),
            ],
            null);
    }
}
