using Slipway.Contracts;
using Slipway.Server.Platform;

namespace Slipway.Server.Artifacts;

/// <summary>
/// Asked before a blob is removed; answered by each folder that refers to blobs (files of versions, of uploads, of runs). A blob that no answer names is
/// swept, so a folder that stores digests and does not answer loses its content.
/// </summary>
internal interface IBlobUse
{
    /// <summary>Every digest that is referred to, as a query that the store's own questions are made of.</summary>
    IQueryable<string> Digests(SlipwayDbContext db);

    /// <summary>Who refers to a blob, for a person: <c>model.pkl of iris v3</c>. At most five.</summary>
    Task<IReadOnlyList<string>> HoldersAsync(SlipwayDbContext db, string sha256, CancellationToken cancellationToken);

    /// <summary>References to blobs that are not recorded or have another size.</summary>
    Task<IReadOnlyList<VerifyFinding>> BadReferencesAsync(SlipwayDbContext db, CancellationToken cancellationToken);
}

/// <summary>References that end by themselves: asked before each sweep.</summary>
internal interface IExpiringBlobUse
{
    /// <summary>Removes those whose time is over. Safe to repeat and to interrupt.</summary>
    Task ExpireAsync(CancellationToken cancellationToken);
}
