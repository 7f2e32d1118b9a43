using System.Globalization;
using Slipway.Server.Deployments;

namespace Slipway.Server.Rollouts;

internal enum Verdict
{
    Pass,
    Fail,

    /// <summary>Too few requests to say anything.</summary>
    Inconclusive,
}

/// <param name="Code">Of a failure: <see cref="Reasons.ErrorRate"/> or <see cref="Reasons.Latency"/>.</param>
/// <param name="What">The figures, in a sentence.</param>
internal sealed record GateVerdict(Verdict Verdict, string What, string? Code = null)
{
    public static GateVerdict None { get; } = new(Verdict.Inconclusive, "Nothing was asked yet.");
}

/// <summary>Judges the candidate by what both sides answered: against the thresholds, and against the previous revision in the same window, or before.</summary>
internal static class GateDecision
{
    /// <summary>A difference of p95 below this is never too much: on fast models a multiple of it is noise.</summary>
    public const double NoticeableMs = 100;

    /// <summary>How long a window lasts before its speed is compared with that of the minute before the rollout: the first requests of a fresh replica are slower.</summary>
    public static readonly TimeSpan Settling = TimeSpan.FromSeconds(10);

    /// <param name="window">Since the last shift of traffic.</param>
    /// <param name="compared">The same window; where the previous revision has too few requests there (all traffic has moved), the last one of this rollout that has enough. Null: none has.</param>
    public static GateVerdict Judge(GatePolicy gate, RolloutWindow window, RolloutWindow? compared, (int Candidate, int? Previous) names)
    {
        var isBefore = compared is { Number: RolloutWindow.Before };
        return Judge(gate, window.Candidate, isBefore && window.To - window.From < Settling ? compared!.Previous.WithoutLatency() : compared?.Previous, names, isBefore);
    }

    /// <param name="previous">What it is compared with; null: nothing.</param>
    /// <param name="names">How the two revisions are called in the sentence.</param>
    /// <param name="isBefore">What it is compared with is from the minute before the rollout, when the machine may have been faster for everybody.</param>
    /// <remarks>A variant that has enough requests of its own is judged by them too: what is bad in a small share of the traffic would be lost in the whole.</remarks>
    public static GateVerdict Judge(GatePolicy gate, SideCounts candidate, SideCounts? previous, (int Candidate, int? Previous) names, bool isBefore = false)
    {
        var now = $"Revision {names.Candidate}";
        var whole = JudgeOne(gate, candidate, previous, now, Before(names.Previous, null, isBefore), isBefore);
        if (whole.Verdict != Verdict.Pass || candidate.Variants.Count < 2)
        {
            return whole;
        }

        foreach (var (variant, counts) in candidate.Variants)
        {
            // One that the previous revision has not, or that was hardly asked there, is compared with all of it, and not in its speed.
            var same = previous?.Variants.GetValueOrDefault(variant) is { } own && own.Requests >= gate.MinRequests ? own : null;
            var judged = JudgeOne(
                gate, counts, same ?? (previous is null ? null : previous with { Latency = [] }), $"{now}, variant {variant},", Before(names.Previous, same is null ? null : variant, isBefore),
                isBefore);
            if (judged.Verdict == Verdict.Fail)
            {
                return judged;
            }
        }

        return whole;
    }

    private static string? Before(int? revision, string? variant, bool isBefore) => revision is null ? null
        : $"Revision {revision}{(variant is null ? "" : $", variant {variant}")}{(isBefore ? ", in the minute before the rollout" : "")}{(isBefore || variant is not null ? "," : "")}";

    private static GateVerdict JudgeOne(GatePolicy gate, SideCounts candidate, SideCounts? previous, string now, string? before, bool isBefore)
    {
        var seen = Seen(now, candidate);
        if (candidate.Requests < gate.MinRequests)
        {
            return new GateVerdict(Verdict.Inconclusive, $"{seen} At least {gate.MinRequests} requests are needed.");
        }

        var than = previous is null || before is null ? "" : $" {Seen(before, previous)}";
        if (ErrorRateTooHigh(gate, candidate.ErrorRate ?? 0, previous, before is not null) is { } errors)
        {
            return new GateVerdict(Verdict.Fail, $"{seen}{than} {errors}", Reasons.ErrorRate);
        }

        // Where both were not asked together, a moment in which the machine stood still is no fault of the candidate: half of its requests must be slower than nearly all were before.
        var comparedP95 = isBefore && candidate.MedianMs <= previous?.P95Ms ? null : previous?.P95Ms;
        return LatencyTooHigh(gate, candidate.P95Ms, comparedP95) is { } latency
            ? new GateVerdict(Verdict.Fail, $"{seen}{than} {latency}", Reasons.Latency)
            : new GateVerdict(Verdict.Pass, $"{seen}{than}");
    }

    private static string? ErrorRateTooHigh(GatePolicy gate, double rate, SideCounts? previous, bool compared)
    {
        if (rate > gate.MaxErrorRate)
        {
            return $"At most {Percent(gate.MaxErrorRate.Value)} is allowed.";
        }

        // Where the previous revision was not asked it counts as one that fails nothing.
        return compared && rate > (previous?.ErrorRate ?? 0) + gate.MaxErrorRateIncrease
            ? $"At most {Percent(gate.MaxErrorRateIncrease)} more than the previous revision is allowed."
            : null;
    }

    private static string? LatencyTooHigh(GatePolicy gate, double? p95, double? previous)
    {
        if (p95 > gate.MaxP95Ms)
        {
            return $"A p95 of at most {Ms(gate.MaxP95Ms.Value)} is allowed.";
        }

        return p95 > previous * gate.MaxP95Ratio && p95 > previous + NoticeableMs
            ? string.Create(CultureInfo.InvariantCulture, $"At most {gate.MaxP95Ratio:0.##} times the p95 of the previous revision is allowed.")
            : null;
    }

    private static string Seen(string who, SideCounts counts) => counts.Requests == 0
        ? $"{who} was not asked."
        : $"{who} failed {counts.Failures} of {counts.Requests} requests ({Percent(counts.ErrorRate ?? 0)}{(counts.P95Ms is { } p95 ? $"), p95 {Ms(p95)}" : ")")}.";

    private static string Percent(double ratio) => string.Create(CultureInfo.InvariantCulture, $"{ratio * 100:0.##} %");

    private static string Ms(double ms) => ms < 1000
        ? string.Create(CultureInfo.InvariantCulture, $"{ms:0.#} ms")
        : string.Create(CultureInfo.InvariantCulture, $"{ms / 1000:0.##} s");
}
