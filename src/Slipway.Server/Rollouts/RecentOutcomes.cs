using Slipway.Server.Deployments;

namespace Slipway.Server.Rollouts;

/// <summary>
/// What each revision answered in the last minute, in slots of ten seconds: a rollout that begins takes its previous side from here. One thread at a time.
/// </summary>
internal sealed class RecentOutcomes
{
    public static readonly TimeSpan Span = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan SlotLength = TimeSpan.FromSeconds(10);
    private readonly List<Slot> slots = [];   // oldest first

    public void Take(GatewayReport report)
    {
        var begin = new DateTimeOffset(report.To.UtcTicks - (report.To.UtcTicks % SlotLength.Ticks), TimeSpan.Zero);
        slots.RemoveAll(s => s.Begin < begin - Span);
        if (slots.Count == 0 || slots[^1].Begin < begin)
        {
            slots.Add(new Slot(begin, []));
        }

        var counts = slots[^1].Counts;
        foreach (var outcome in report.Outcomes.Where(o => o.Requests + o.FailedOver > 0))
        {
            var revision = (outcome.DeploymentId, outcome.RevisionId);
            counts[revision] = counts.GetValueOrDefault(revision, SideCounts.None).Plus(outcome);
        }
    }

    /// <summary>What was answered since a moment, to the slot.</summary>
    public SideCounts Of(Guid deployment, Guid revision, DateTimeOffset since) =>
        slots.Where(s => s.Begin + SlotLength > since).SelectMany(s => s.Counts.GetValueOrDefault((deployment, revision), SideCounts.None).Variants)
            .Aggregate(SideCounts.None, (sum, v) => sum.Plus(v.Key, v.Value.Requests, v.Value.Failures, v.Value.Latency));

    private sealed record Slot(DateTimeOffset Begin, Dictionary<(Guid Deployment, Guid Revision), SideCounts> Counts);
}
