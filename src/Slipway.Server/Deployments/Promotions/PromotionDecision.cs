namespace Slipway.Server.Deployments.Promotions;

/// <summary>Decides whether the deployment that was promoted from may be cleaned up.</summary>
internal static class PromotionDecision
{
    /// <param name="promotion">Pending.</param>
    /// <param name="ledger">All rollouts of the target; empty when that is deleted.</param>
    /// <param name="sourceLive">The live revision of the source; null: there is none, or the source is deleted.</param>
    /// <returns>Done: clean up now. Superseded: never. Pending: the rollout has not succeeded yet, and may still.</returns>
    public static PromotionOutcome Next(Promotion promotion, IReadOnlyList<RolloutOutcome> ledger, Guid? sourceLive)
    {
        if (sourceLive != promotion.SourceRevisionId)
        {
            return PromotionOutcome.Superseded;   // the source has moved on: what runs there now was not promoted
        }

        var since = ledger.Where(r => r.StartedAt >= promotion.At).OrderBy(r => r.StartedAt).ThenBy(r => r.Id).ToList();
        if (since.Exists(r => r.ToRevisionId == promotion.TargetRevisionId && r.Succeeded))
        {
            return PromotionOutcome.Done;
        }

        // A rollout that failed may be tried again; one to something else has taken its place.
        return since.Count > 0 && since[^1].ToRevisionId != promotion.TargetRevisionId ? PromotionOutcome.Superseded : PromotionOutcome.Pending;
    }
}
