using System.Diagnostics.Metrics;
using Slipway.Server.Platform;

namespace Slipway.Server.Schedules;

/// <summary>What schedules count.</summary>
internal sealed class ScheduleMeter
{
    private readonly Counter<long> dueTimes;
    private readonly Counter<long> executions;
    private readonly Histogram<double> seconds;
    private int running;

    public ScheduleMeter(IMeterFactory factory)
    {
        var meter = factory.Slipway();
        dueTimes = meter.CreateCounter<long>("slipway_schedule_due_times_total", null, "Due times of schedules, and what became of each.");
        executions = meter.CreateCounter<long>("slipway_schedule_executions_total", null, "Executions of schedules that have ended.");
        seconds = meter.CreateHistogram(
            "slipway_schedule_execution_seconds", "s", "Time from the start of a job's command to its end.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [1, 5, 15, 60, 300, 900, 3600, 4 * 3600, 24 * 3600] });
        meter.CreateObservableGauge("slipway_schedule_jobs_running", () => Volatile.Read(ref running), null, "Jobs of schedules that run now.");
    }

    public int Running
    {
        set => Volatile.Write(ref running, value);
    }

    public void Settled(DueOutcome outcome, int count) => dueTimes.Add(count, new KeyValuePair<string, object?>("outcome", outcome switch
    {
        DueOutcome.Fired => "fired",
        DueOutcome.Overlap => "skipped",
        _ => "missed",
    }));

    public void Ended(ExecutionStatus status, TimeSpan? duration)
    {
        executions.Add(1, new KeyValuePair<string, object?>("status", status.WireName()));
        if (duration is { } took)
        {
            seconds.Record(took.TotalSeconds);
        }
    }
}
