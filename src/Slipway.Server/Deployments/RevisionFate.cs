using System.Collections.Immutable;

namespace Slipway.Server.Deployments;

/// <summary>One rollout as the ledger has it.</summary>
/// <param name="Succeeded">Its target became live at <paramref name="FinishedAt"/>.</param>
/// <param name="Error">Why it failed; null unless it did.</param>
internal sealed record RolloutOutcome(Guid Id, Guid ToRevisionId, bool UnderWay, bool Succeeded, DateTimeOffset StartedAt, DateTimeOffset? FinishedAt, RolloutError? Error);

/// <summary>What the ledger of rollouts says of one revision.</summary>
/// <param name="Status">live, inactive, rolling_out, failed, canceled, previous or new.</param>
/// <param name="Detail">Why, where it failed.</param>
/// <param name="Periods">When it was live, oldest first; the last has no end while it is.</param>
internal sealed record RevisionFate(string Status, string? Detail, ImmutableArray<(DateTimeOffset From, DateTimeOffset? Until)> Periods)
{
    /// <param name="ledger">All rollouts of the deployment.</param>
    public static RevisionFate Of(Revision revision, Guid? liveRevisionId, IReadOnlyList<RolloutOutcome> ledger)
    {
        var successes = ledger.Where(r => r.Succeeded).OrderBy(r => r.FinishedAt).ThenBy(r => r.Id).ToList();
        ImmutableArray<(DateTimeOffset, DateTimeOffset?)> periods =
            [.. successes.Index().Where(s => s.Item.ToRevisionId == revision.Id).Select(s => (s.Item.FinishedAt!.Value, s.Index + 1 < successes.Count ? successes[s.Index + 1].FinishedAt : null))];
        var last = ledger.Where(r => r.ToRevisionId == revision.Id).OrderBy(r => r.StartedAt).ThenBy(r => r.Id).LastOrDefault();
        var status = (revision, last) switch
        {
            ({ InactiveAt: not null }, _) => "inactive",
            (_, _) when revision.Id == liveRevisionId => "live",
            (_, { UnderWay: true }) => "rolling_out",
            (_, { Error: not null }) => "failed",
            (_, { Succeeded: true }) => "previous",
            (_, not null) => periods.IsEmpty ? "canceled" : "previous",
            _ => "new",
        };
        return new RevisionFate(status, status == "failed" ? last!.Error!.Message : null, periods);
    }
}
