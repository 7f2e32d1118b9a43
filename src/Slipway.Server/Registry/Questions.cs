using Slipway.Contracts;
using Slipway.Server.Platform;

namespace Slipway.Server.Registry;

/// <summary>Asked before a version is deleted; answered by whoever uses versions (Deployments).</summary>
internal interface IVersionUse
{
    /// <summary>Readable names of what uses any of these versions, such as <c>deployment production/iris</c>; empty: nobody.</summary>
    /// <param name="db">The context of the deletion: read on it, so that answer and deletion are one transaction.</param>
    Task<IReadOnlyList<string>> WhereUsedAsync(SlipwayDbContext db, IReadOnlyCollection<Guid> versions, CancellationToken cancellationToken);
}

/// <summary>Asked when versions are shown; answered by Packages.</summary>
internal interface IVersionBuilds
{
    Task<ILookup<Guid, BuildInfo>> OfAsync(SlipwayDbContext db, IReadOnlyCollection<Guid> versions, CancellationToken cancellationToken);
}
