using Slipway.Contracts;
using Slipway.Server.Deployments;
using Slipway.Server.Rollouts;

namespace Slipway.Server.Tests.Rollouts;

public sealed class GateDecisionTests
{
    [Theory]
    [InlineData(19, 19, 0, 0, "inconclusive")]      // nineteen requests say nothing, however bad
    [InlineData(20, 1, 0, 0, "pass")]               // 5 % is still allowed
    [InlineData(20, 2, 0, 0, "fail")]               // 10 % is not
    [InlineData(100, 10, 100, 6, "pass")]           // 4 points more than the other side in the same window
    [InlineData(100, 12, 100, 6, "fail")]           // 6 points more
    [InlineData(100, 30, 100, 30, "pass")]          // both are bad: that is not the candidate's doing
    public void The_candidate_may_fail_a_little_more_often_than_the_previous_revision(int requests, int failures, int previousRequests, int previousFailures, string verdict)
    {
        var judged = Judge(new RolloutGateSettings(), Side(requests, failures, 10), previousRequests == 0 ? null : Side(previousRequests, previousFailures, 10));
        Assert.Equal(verdict, judged.Verdict.ToString().ToLowerInvariant());
        Assert.Equal(verdict == "fail" ? "error_rate" : null, judged.Code);
    }

    [Theory]
    [InlineData(10, 10, "pass")]
    [InlineData(50, 5, "pass")]         // ten times as slow, but nobody notices 45 ms
    [InlineData(150, 20, "fail")]
    [InlineData(900, 500, "pass")]      // less than twice
    [InlineData(1500, 500, "fail")]
    public void The_candidate_may_be_slower_up_to_a_point(int ms, int previousMs, string verdict)
    {
        var judged = Judge(new RolloutGateSettings(), Side(100, 0, ms), Side(100, 0, previousMs));
        Assert.Equal((verdict, verdict == "fail" ? "latency" : null), (judged.Verdict.ToString().ToLowerInvariant(), judged.Code));
    }

    [Theory]
    [InlineData(0, 100, "pass")]
    [InlineData(2, 100, "error_rate")]     // above the threshold, though the other side is no better
    [InlineData(0, 300, "latency")]
    public void Thresholds_hold_whatever_the_other_side_does(int failures, int ms, string expected)
    {
        var judged = Judge(new RolloutGateSettings(MaxErrorRate: 0.01, MaxP95Ms: 200), Side(100, failures, ms), Side(100, 50, 1000));
        Assert.Equal(expected, judged.Code ?? "pass");
    }

    [Fact]
    public void Without_a_previous_revision_only_thresholds_count()
    {
        var judged = GateDecision.Judge(GatePolicy.Of(null, null), Side(100, 50, 10), null, (1, null));
        Assert.Equal(Verdict.Pass, judged.Verdict);
        Assert.Equal("error_rate", GateDecision.Judge(GatePolicy.Of(new RolloutGateSettings(MaxErrorRate: 0.1), null), Side(100, 50, 10), null, (1, null)).Code);
    }

    [Theory]
    [InlineData(0, 50, "pass")]
    [InlineData(2, 50, "pass")]            // 2 of 40 is 5 %
    [InlineData(10, 50, "error_rate")]     // a quarter of its own requests, and 1 % of all
    [InlineData(0, 900, "latency")]
    public void Each_variant_is_judged_by_its_own_requests_too(int failures, int ms, string expected)
    {
        var judged = Judge(new RolloutGateSettings(), Of(("main", Side(960, 0, 50)), ("spare", Side(40, failures, ms))), Of(("main", Side(960, 0, 50)), ("spare", Side(40, 0, 50))));
        Assert.Equal(expected, judged.Code ?? "pass");
        Assert.Equal(expected != "pass", judged.What.StartsWith("Revision 2, variant spare, failed", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(19, 19, 50, "pass")]       // too few to say anything
    [InlineData(40, 10, 50, "error_rate")]
    [InlineData(40, 0, 900, "pass")]       // there is nothing that it should be as fast as
    public void A_new_variant_is_compared_with_all_of_the_previous_revision(int requests, int failures, int ms, string expected) =>
        Assert.Equal(expected, Judge(new RolloutGateSettings(), Of(("main", Side(960, 0, 50)), ("new", Side(requests, failures, ms))), Of(("main", Side(960, 0, 50)))).Code ?? "pass");

    [Theory]
    [InlineData(60, 400, 400, 5, "latency")]
    [InlineData(9, 400, 400, 5, "pass")]       // the first requests of a fresh replica are slower
    [InlineData(60, 5, 900, 5, "pass")]        // the machine stood still for a moment: the median is as before
    [InlineData(60, 90, 90, 5, "pass")]        // nobody notices that
    [InlineData(60, 700, 700, 500, "pass")]    // less than twice
    public void Against_the_minute_before_a_candidate_is_slow_when_most_of_it_is(int seconds, int ms, int slowestMs, int previousMs, string expected)
    {
        var at = new DateTimeOffset(2026, 11, 28, 8, 0, 0, TimeSpan.Zero);
        var window = new RolloutWindow { Number = 1, From = at, To = at.AddSeconds(seconds), Candidate = Side(80, 0, ms).Plus(Side(20, 0, slowestMs)), Previous = Side(3, 0, 5) };
        var judged = GateDecision.Judge(
            GatePolicy.Of(null, null), window, new RolloutWindow { Number = RolloutWindow.Before, From = at.AddMinutes(-1), To = at, Previous = Side(1800, 0, previousMs) }, (2, 1));
        Assert.Equal(expected, judged.Code ?? "pass");
        Assert.Contains("Revision 1, in the minute before the rollout, failed 0 of 1800 requests", judged.What, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(30, "pass")]         // as bad as it was
    [InlineData(40, "error_rate")]   // said at once: there is nothing that a failure waits for
    public void Against_the_minute_before_errors_count_from_the_first_second(int failures, string expected)
    {
        var at = new DateTimeOffset(2026, 11, 28, 8, 0, 0, TimeSpan.Zero);
        var window = new RolloutWindow { Number = 1, From = at, To = at.AddSeconds(1), Candidate = Side(100, failures, 5) };
        Assert.Equal(expected, GateDecision.Judge(GatePolicy.Of(null, null), window, new RolloutWindow { Number = RolloutWindow.Before, Previous = Side(100, 30, 5) }, (2, 1)).Code ?? "pass");
    }

    [Fact]
    public void The_last_minute_of_a_revision_is_the_sum_of_its_variants_and_nothing_older()
    {
        var (recent, at, deployment, revision) = (new RecentOutcomes(), new DateTimeOffset(2026, 11, 28, 8, 0, 0, TimeSpan.Zero), Guid.NewGuid(), Guid.NewGuid());
        for (var second = 1; second <= 300; second++)
        {
            var to = at.AddSeconds(second);
            recent.Take(new GatewayReport(
                "test", second, to.AddSeconds(-1), to, 1, [],
                [new(deployment, revision, "main", 2, 0, Side(2, 0, 5).Latency), new(deployment, revision, "spare", 1, 1, Side(1, 0, 5).Latency), new(deployment, Guid.NewGuid(), "main", 9, 9, [])], [], []));
        }

        var minute = recent.Of(deployment, revision, at.AddSeconds(300) - RecentOutcomes.Span);
        Assert.InRange(minute.Requests, 180, 210);   // to the slot
        Assert.Equal((minute.Requests / 3 * 2, minute.Failures), (minute.Variants["main"].Requests, minute.Variants["spare"].Requests));
        Assert.Equal(0, recent.Of(deployment, Guid.NewGuid(), at).Requests);
    }

    [Fact]
    public void Counts_are_stored_with_those_of_each_variant()
    {
        var counts = Of(("main", Side(960, 3, 50)), ("spare-2", Side(40, 10, 900)));
        var read = SideCountsText.Read(SideCountsText.Write(counts));
        Assert.Equal((1000L, 13L, counts.P95Ms), (read.Requests, read.Failures, read.P95Ms));
        Assert.Equal([("main", 960L, 3L), ("spare-2", 40L, 10L)], read.Variants.Select(v => (v.Key, v.Value.Requests, v.Value.Failures)));
        Assert.Equal(counts.Variants["spare-2"].P95Ms, read.Variants["spare-2"].P95Ms);
        Assert.Equal((7L, 1L, 0), SideCountsText.Read("7 1 3:7") is var old ? (old.Requests, old.Failures, old.Variants.Count) : default);   // as earlier versions wrote them
        Assert.Equal(0, SideCountsText.Read("").Requests);
    }

    [Fact]
    public void The_sentence_has_the_figures_of_both_sides()
    {
        var what = Judge(new RolloutGateSettings(), Side(100, 12, 10), Side(400, 2, 10)).What;
        Assert.StartsWith("Revision 2 failed 12 of 100 requests (12 %), p95 ", what, StringComparison.Ordinal);
        Assert.Contains("Revision 1 failed 2 of 400 requests (0.5 %)", what, StringComparison.Ordinal);
        Assert.EndsWith("At most 5 % more than the previous revision is allowed.", what, StringComparison.Ordinal);
    }

    [Fact]
    public void Counts_are_read_as_they_were_written()
    {
        var side = Side(123, 4, 17).Plus(Side(7, 1, 900));
        var read = SideCountsText.Read(SideCountsText.Write(side));
        Assert.Equal((side.Requests, side.Failures, side.P95Ms), (read.Requests, read.Failures, read.P95Ms));
        Assert.Equal(side.Latency, read.Latency);
        Assert.Equal(SideCounts.None.Requests, SideCountsText.Read(SideCountsText.Write(SideCounts.None)).Requests);
    }

    private static GateVerdict Judge(RolloutGateSettings settings, SideCounts candidate, SideCounts? previous) =>
        GateDecision.Judge(GatePolicy.Of(settings, null), candidate, previous, (2, 1));

    private static SideCounts Of(params (string Name, SideCounts Counts)[] variants) =>
        variants.Aggregate(SideCounts.None, (sum, v) => sum.Plus(v.Name, v.Counts.Requests, v.Counts.Failures, v.Counts.Latency));

    private static SideCounts Side(int requests, int failures, int ms)
    {
        var buckets = new long[LatencyBuckets.Count];
        buckets[LatencyBuckets.Of(TimeSpan.FromMilliseconds(ms))] = requests;
        return new SideCounts(requests, failures, [.. buckets]);
    }
}
