namespace Slipway.Server.Schedules;

/// <summary>What becomes of one due time; there is no other.</summary>
internal enum DueOutcome
{
    /// <summary>An execution is queued.</summary>
    Fired,

    /// <summary>The execution before it had not ended: skipped.</summary>
    Overlap,

    /// <summary>Nobody looked until its grace was over: missed.</summary>
    ServerDown,

    /// <summary>The schedule was paused: missed.</summary>
    Paused,
}

[System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Auto)]
internal readonly record struct DueRecord(DateTimeOffset DueAt, DueOutcome Outcome);

/// <summary>What is known of a schedule when its due times are settled.</summary>
/// <param name="Next">The first due time without a record.</param>
/// <param name="Grace">How late an execution may be queued.</param>
/// <param name="Busy">Whether an execution of it has not ended.</param>
/// <param name="Oldest">Due times before this moment are not recorded: their records would be too old to be kept.</param>
internal sealed record DueFacts(CronSchedule Cron, DateTimeOffset Next, bool Paused, TimeSpan Grace, bool Busy, DateTimeOffset Oldest);

/// <param name="Next">The first due time after them; null: there is none any more.</param>
internal sealed record DueSettlement(IReadOnlyList<DueRecord> Records, DateTimeOffset? Next);

/// <summary>Gives each due time up to now its one outcome, in order.</summary>
internal static class DueDecision
{
    /// <param name="most">Records at a time; the rest is settled by the next call.</param>
    public static DueSettlement Of(DueFacts facts, DateTimeOffset now, int most)
    {
        var records = new List<DueRecord>();
        DateTimeOffset? next = facts.Next < facts.Oldest ? facts.Cron.NextAfter(facts.Oldest) : facts.Next;
        var busy = facts.Busy;
        while (next is { } due && due <= now && records.Count < most)
        {
            var outcome = facts.Paused ? DueOutcome.Paused
                : now - due > facts.Grace ? DueOutcome.ServerDown
                : busy ? DueOutcome.Overlap
                : DueOutcome.Fired;
            busy |= outcome == DueOutcome.Fired;
            records.Add(new DueRecord(due, outcome));
            next = facts.Cron.NextAfter(due);
        }

        return new DueSettlement(records, next);
    }
}
