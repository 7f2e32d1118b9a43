using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Platform;

namespace Slipway.Server.Deployments.Promotions;

/// <summary>The ledger of promotions and rejections of a deployment, from and to it.</summary>
internal sealed class ReadPromotions(Database database, ReadDeployments deployments)
{
    /// <returns>Newest first.</returns>
    public async Task<Result<Page<PromotionInfo>>> ListAsync(DeploymentRef which, PageQuery page, CancellationToken cancellationToken)
    {
        var id = await deployments.IdAsync(which, cancellationToken);
        if (id.Refusal is { } refusal)
        {
            return refusal;
        }

        Guid? before = null;
        if (page.After is { } after)
        {
            if (!Guid.TryParse(after, out var key))
            {
                return PageQuery.TokenInvalid;
            }

            before = key;
        }

        await using var db = await database.SnapshotAsync(cancellationToken);
        var rows = db.Set<Promotion>().Where(p => p.SourceId == id.Value || p.TargetId == id.Value);
        var found = await (before is { } last ? rows.Where(p => p.Id.CompareTo(last) < 0) : rows).OrderByDescending(p => p.Id).Take(page.Limit + 1).ToListAsync(cancellationToken);
        return page.Of(found, p => p.Id.ToString(), Of);
    }

    private static PromotionInfo Of(Promotion p) => new(
        PromotionSettings.Word(p.Kind), p.From, p.To, p.Name, p.SourceRevision, p.TargetRevision,
        p.Kind == PromotionKind.Promoted ? PromotionSettings.Word(p.SourceAfterPromotion) : null, PromotionSettings.Word(p.Outcome), p.Comment, p.By, p.At);
}
