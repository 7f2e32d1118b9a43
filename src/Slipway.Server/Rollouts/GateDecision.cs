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

/// <summary>Judges the candidate by what both sides answered: against the thresholds, and against the previous revision in the same window.</summary>
internal static class GateDecision
{
    /// <summary>A difference of p95 below this is never too much: on fast models a multiple of it is noise.</summary>
    public const double NoticeableMs = 100;

    /// <param name="candidate">Since the last shift of traffic.</param>
    /// <param name="previous">The same window; where it has too few requests there (all traffic has moved), the last window of this rollout that has enough. Null: none has.</param>
    /// <param name="names">How the two revisions are called in the sentence.</param>
    public static GateVerdict Judge(GatePolicy gate, SideCounts candidate, SideCounts? previous, (int Candidate, int? Previous) names)
    {
        var seen = Seen(names.Candidate, candidate);
        if (candidate.Requests < gate.MinRequests)
        {
            return new GateVerdict(Verdict.Inconclusive, $"{seen} At least {gate.MinRequests} requests are needed.");
        }

        var than = previous is null || names.Previous is not { } number ? "" : $" {Seen(number, previous)}";
        if (ErrorRateTooHigh(gate, candidate.ErrorRate ?? 0, previous, names.Previous is not null) is { } errors)
        {
            return new GateVerdict(Verdict.Fail, $"{seen}{than} {errors}", Reasons.ErrorRate);
        }

        return LatencyTooHigh(gate, candidate.P95Ms, previous?.P95Ms) is { } latency
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

    private static string Seen(int revision, SideCounts counts) => counts.Requests == 0
        ? $"Revision {revision} was not asked."
        : $"Revision {revision} failed {counts.Failures} of {counts.Requests} requests ({Percent(counts.ErrorRate ?? 0)}), p95 {Ms(counts.P95Ms ?? 0)}.";

    private static string Percent(double ratio) => string.Create(CultureInfo.InvariantCulture, $"{ratio * 100:0.##} %");

    private static string Ms(double ms) => ms < 1000
        ? string.Create(CultureInfo.InvariantCulture, $"{ms:0.#} ms")
        : string.Create(CultureInfo.InvariantCulture, $"{ms / 1000:0.##} s");
}
