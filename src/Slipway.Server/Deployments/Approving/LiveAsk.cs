using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Slipway.Server.Platform;

namespace Slipway.Server.Deployments.Approving;

/// <summary>What the gate would have let through with an approval, so that whoever was refused can ask for one.</summary>
/// <param name="Base">What is there now, see <see cref="LiveWords.BaseAsync"/>.</param>
internal sealed record LiveAsk(WantedRevision Wanted, string Path, string ContentHash, string Base, string Action, string? From, string To, string? Comment);

/// <summary>Revisions and what becomes of them, in words for people.</summary>
internal static class LiveWords
{
    /// <summary><c>iris v2</c>.</summary>
    public static string Versions(Revision revision) => string.Join(
        " + ", revision.Variants.OrderByDescending(v => v.IsDefault).ThenBy(v => v.Name, StringComparer.Ordinal).Select(v => string.Create(CultureInfo.InvariantCulture, $"{v.Model} v{v.ModelVersion}")).Distinct());

    /// <summary><c>iris v2 (revision 4)</c>.</summary>
    public static string Numbered(Revision revision) => string.Create(CultureInfo.InvariantCulture, $"{Versions(revision)} (revision {revision.Number})");

    /// <summary>What is live: a request that was asked against something else is stale.</summary>
    /// <param name="deployment">Null: there is none of that name.</param>
    public static async Task<string> BaseAsync(SlipwayDbContext db, Deployment? deployment, CancellationToken cancellationToken) => (deployment, await LiveAsync(db, deployment, cancellationToken)) switch
    {
        (null, _) => "no deployment of that name",
        (_, null) => "no live revision",
        (_, { } live) => $"live {Numbered(live)}",
    };

    public static async Task<Revision?> LiveAsync(SlipwayDbContext db, Deployment? deployment, CancellationToken cancellationToken) => deployment?.LiveRevisionId is { } id
        ? await db.Set<Revision>().AsNoTracking().Include(r => r.Variants).SingleAsync(r => r.Id == id, cancellationToken)
        : null;

    /// <summary>What approving does, as a sentence.</summary>
    public static string Action(WantedRevision wanted, string path, Revision? live, Revision target) => wanted switch
    {
        { Promotion: { } promotion } => $"Promote {Versions(target)} from {promotion.From} to {path}.",
        { DeploymentId: null } => $"Create {path} with {Versions(target)}.",
        { RevisionId: not null } => $"Make {Numbered(target)} of {path} live{(wanted.Verb == MakeLive.Started ? "" : " again")}.",
        _ when live is null => $"Make {Versions(target)} live in {path}.",
        _ when Versions(live) == Versions(target) => $"Change the settings of {path}, which stays at {Versions(target)}.",
        _ => $"Update {path} from {Versions(live)} to {Versions(target)}.",
    };
}
