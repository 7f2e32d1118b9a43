using System.Globalization;
using Slipway.Server.Schedules;

namespace Slipway.Server.Tests.Schedules;

public sealed class DueDecisionTests
{
    [Theory]
    // next     now      paused busy   what becomes of each due time                     next after
    [InlineData("10:00", "09:59:59", false, false, "", "10:00")]                                       // not yet
    [InlineData("10:00", "10:00:00", false, false, "10:00 Fired", "11:00")]                            // to the second
    [InlineData("10:00", "10:00:00", false, true, "10:00 Overlap", "11:00")]                           // the one before still runs
    [InlineData("10:00", "10:05:00", false, false, "10:00 Fired", "11:00")]                            // late, and within the grace
    [InlineData("10:00", "10:05:01", false, false, "10:00 ServerDown", "11:00")]                       // beyond it
    [InlineData("10:00", "12:01:00", false, false, "10:00 ServerDown, 11:00 ServerDown, 12:00 Fired", "13:00")]
    [InlineData("10:00", "12:30:00", false, true, "10:00 ServerDown, 11:00 ServerDown, 12:00 ServerDown", "13:00")]
    [InlineData("10:00", "12:00:00", true, false, "10:00 Paused, 11:00 Paused, 12:00 Paused", "13:00")]
    public void Each_due_time_has_one_outcome(string next, string now, bool paused, bool busy, string outcomes, string after)
    {
        var settlement = DueDecision.Of(Facts("0 * * * *", next, paused, busy), At(now), 100);
        Assert.Equal(outcomes, Text(settlement));
        Assert.Equal(At(after), settlement.Next);
    }

    [Fact]
    public void Of_several_within_the_grace_the_first_fires_and_the_others_overlap_with_it() =>
        Assert.Equal("10:00 Fired, 10:01 Overlap, 10:02 Overlap", Text(DueDecision.Of(Facts("* * * * *", "10:00", false, false), At("10:02:30"), 100)));

    [Fact]
    public void A_long_absence_is_settled_in_parts_that_join()
    {
        var first = DueDecision.Of(Facts("* * * * *", "10:00", false, false), At("10:59"), 40);
        Assert.Equal(40, first.Records.Count);
        var second = DueDecision.Of(Facts("* * * * *", "10:00", false, false) with { Next = first.Next!.Value }, At("10:59"), 40);
        Assert.Equal(Enumerable.Range(0, 60).Select(m => At("10:00").AddMinutes(m)), first.Records.Concat(second.Records).Select(r => r.DueAt));
        Assert.Single(first.Records.Concat(second.Records), r => r.Outcome == DueOutcome.Fired);
    }

    [Fact]
    public void What_would_be_too_old_to_be_kept_is_not_recorded()
    {
        var facts = Facts("0 * * * *", "10:00", false, false) with { Oldest = At("11:30") };
        Assert.Equal("12:00 ServerDown", Text(DueDecision.Of(facts, At("12:30"), 100)));
    }

    private static DueFacts Facts(string cron, string next, bool paused, bool busy) =>
        new(CronSchedule.Parse(cron, "UTC").Value, At(next), paused, TimeSpan.FromMinutes(5), busy, DateTimeOffset.MinValue);

    private static string Text(DueSettlement settlement) =>
        string.Join(", ", settlement.Records.Select(r => $"{r.DueAt.ToString("HH:mm", CultureInfo.InvariantCulture)} {r.Outcome}"));

    private static DateTimeOffset At(string time) => new(DateTime.Parse($"2026-05-01T{time}Z", CultureInfo.InvariantCulture).ToUniversalTime(), TimeSpan.Zero);
}
