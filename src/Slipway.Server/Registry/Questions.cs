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

/// <summary>Asked before an alias goes, by itself or with its version; answered by who follows names (Deployments).</summary>
internal interface IReferenceUse
{
    /// <summary>Readable names of what follows any of these aliases of a model; empty: nobody.</summary>
    /// <param name="db">The context of the deletion: read on it, so that answer and deletion are one transaction.</param>
    Task<IReadOnlyList<string>> WhoFollowsAsync(SlipwayDbContext db, string model, IReadOnlyCollection<string> aliases, CancellationToken cancellationToken);
}

internal static class AllReferenceUses
{
    /// <summary>Why these aliases cannot go; null: nobody follows them.</summary>
    public static async Task<Refusal?> RefuseAsync(
        this IEnumerable<IReferenceUse> answers, SlipwayDbContext db, string model, IReadOnlyCollection<string> aliases, CancellationToken cancellationToken)
    {
        var followers = new List<string>();
        foreach (var answer in answers.Where(_ => aliases.Count > 0))
        {
            followers.AddRange(await answer.WhoFollowsAsync(db, model, aliases, cancellationToken));
        }

        return followers.Count == 0 ? null : RegistryRefusals.AliasFollowed(model, followers);
    }
}

/// <summary>Asked when versions are shown; answered by Packages.</summary>
internal interface IVersionBuilds
{
    Task<ILookup<Guid, BuildInfo>> OfAsync(SlipwayDbContext db, IReadOnlyCollection<Guid> versions, CancellationToken cancellationToken);
}

/// <summary>Asked when versions are compared and where they went is shown; answered by Deployments.</summary>
internal interface IVersionDeployments
{
    /// <summary>Deployments that run or have run these versions, by version: live ones first.</summary>
    Task<ILookup<Guid, VersionDeploymentInfo>> OfAsync(SlipwayDbContext db, IReadOnlyCollection<Guid> versions, CancellationToken cancellationToken);
}

internal static class AllVersionDeployments
{
    /// <summary>Asks everybody who may deploy versions.</summary>
    public static async Task<ILookup<Guid, VersionDeploymentInfo>> OfAsync(
        this IEnumerable<IVersionDeployments> answers, SlipwayDbContext db, IReadOnlyCollection<Guid> versions, CancellationToken cancellationToken)
    {
        var found = new List<(Guid Version, VersionDeploymentInfo Deployment)>();
        foreach (var answer in answers)
        {
            found.AddRange((await answer.OfAsync(db, versions, cancellationToken)).SelectMany(group => group.Select(deployment => (group.Key, deployment))));
        }

        return found.ToLookup(f => f.Version, f => f.Deployment);
    }
}
