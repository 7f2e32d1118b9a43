using Slipway.Server.Deployments;
using Slipway.Server.History.Store;

namespace Slipway.Server.Analytics;

/// <summary>Counts of one period of one (deployment, revision, variant), or of several added up.</summary>
internal sealed class Tally
{
    /// <summary>Status classes as shown, in the order of the counts.</summary>
    public static readonly string[] Classes = ["2xx", "3xx", "4xx", "5xx", "aborted"];

    public long Requests { get; private set; }

    /// <summary>Answered 5xx, or aborted by a crash of the server. 4xx, 429 and 499 are the caller's.</summary>
    public long Failures { get; private set; }

    /// <summary>By <see cref="Classes"/>.</summary>
    public long[] Responses { get; } = new long[Classes.Length];

    /// <summary>Of all that were answered.</summary>
    public long LatencySumMicros { get; private set; }

    public long[] Latency { get; } = new long[LatencyBuckets.Count];

    /// <summary>0 to 1; null without requests.</summary>
    public double? SuccessRate => Requests == 0 ? null : (double)(Requests - Failures) / Requests;

    public double? MeanMs => Requests == Responses[4] ? null : LatencySumMicros / 1000.0 / (Requests - Responses[4]);

    public double? QuantileMs(double quantile) => LatencyBuckets.QuantileMs(Latency, quantile);

    public void Add(in PredictionOutcome outcome)
    {
        Requests++;
        Responses[ClassOf(outcome.Status)]++;
        Failures += outcome.Status is 0 or >= 500 ? 1 : 0;
        if (outcome.Status != 0)
        {
            LatencySumMicros += outcome.TotalMicros;
            Latency[LatencyBuckets.Of(TimeSpan.FromMicroseconds(outcome.TotalMicros))]++;
        }
    }

    public void Add(Aggregate stored)
    {
        Requests += stored.Requests;
        Failures += stored.Failures;
        Responses[0] += stored.Status2xx;
        Responses[1] += stored.Status3xx;
        Responses[2] += stored.Status4xx;
        Responses[3] += stored.Status5xx;
        Responses[4] += stored.Aborted;
        LatencySumMicros += stored.LatencySumMicros;
        LatencyHistogram.AddTo(stored.Latency, Latency);
    }

    public void Add(Tally other)
    {
        Requests += other.Requests;
        Failures += other.Failures;
        LatencySumMicros += other.LatencySumMicros;
        for (var i = 0; i < Responses.Length; i++)
        {
            Responses[i] += other.Responses[i];
        }

        for (var i = 0; i < Latency.Length; i++)
        {
            Latency[i] += other.Latency[i];
        }
    }

    /// <summary>Adds what was counted to a stored row.</summary>
    public void AddTo(Aggregate stored)
    {
        stored.Requests += Requests;
        stored.Failures += Failures;
        stored.Status2xx += Responses[0];
        stored.Status3xx += Responses[1];
        stored.Status4xx += Responses[2];
        stored.Status5xx += Responses[3];
        stored.Aborted += Responses[4];
        stored.LatencySumMicros += LatencySumMicros;
        var counts = (long[])Latency.Clone();
        LatencyHistogram.AddTo(stored.Latency, counts);
        stored.Latency = LatencyHistogram.Encode(counts);
    }

    private static int ClassOf(short status) => status switch
    {
        0 => 4,
        < 300 => 0,
        < 400 => 1,
        < 500 => 2,
        _ => 3,
    };
}
