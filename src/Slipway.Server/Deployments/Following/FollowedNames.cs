using Microsoft.EntityFrameworkCore;
using Slipway.Server.Platform;
using Slipway.Server.Registry;

namespace Slipway.Server.Deployments.Following;

/// <summary>Tells the registry which deployments follow a name: while one does, the name cannot go.</summary>
internal sealed class FollowedNames : IReferenceUse
{
    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> WhoFollowsAsync(SlipwayDbContext db, string model, IReadOnlyCollection<string> aliases, CancellationToken cancellationToken)
    {
        var followers = await db.Set<Deployment>().AsNoTracking().Include(d => d.Environment).Where(d => d.Following != null).OrderBy(d => d.Name).ToListAsync(cancellationToken);
        return
        [
            .. followers.Where(d => d.Following is { Follows: true, IsStage: false } name && name.Model == model && aliases.Contains(name.Name, StringComparer.Ordinal))
                .Select(d => $"deployment {d.Path}"),
        ];
    }
}
