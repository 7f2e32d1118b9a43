using System.Runtime.InteropServices;
using Slipway.Contracts;

namespace Slipway.Server.Experiments;

/// <summary>A value of a metric whose run and name are known; in the order of step, timestamp, value. What is equal is the same value, stored twice.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct MetricSample(long Step, long Timestamp, long Value) : IComparable<MetricSample>
{
    public static MetricSample Of(RunMetricPoint point) => new(point.Step, point.Timestamp, point.Value);

    public MetricPoint ToPoint() => new(MetricValue.Decode(Value), Step, Timestamp);

    public int CompareTo(MetricSample other) =>
        Step != other.Step ? Step.CompareTo(other.Step) : Timestamp != other.Timestamp ? Timestamp.CompareTo(other.Timestamp) : Value.CompareTo(other.Value);
}

/// <summary>The earliest of many values that come in any order, each once; holds no more than it was asked for.</summary>
internal sealed class EarliestSamples(int most, MetricSample? after)
{
    private readonly SortedSet<MetricSample> held = [];

    /// <summary>Least step that a value may have to be taken.</summary>
    public long FirstStep => after?.Step ?? long.MinValue;

    public IReadOnlyCollection<MetricSample> Held => held;

    /// <summary>Whether no value of this step or a later one would be taken any more.</summary>
    public bool EndBefore(long step) => held.Count == most && held.Max.Step < step;

    public void Add(MetricSample sample)
    {
        if (after is { } place && sample.CompareTo(place) <= 0)
        {
            return;
        }

        if (held.Count == most && sample.CompareTo(held.Max) >= 0)
        {
            return;
        }

        if (held.Add(sample) && held.Count > most)
        {
            held.Remove(held.Max);
        }
    }
}
