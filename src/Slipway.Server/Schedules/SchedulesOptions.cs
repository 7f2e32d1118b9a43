using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Slipway.Server.Schedules;

/// <summary>Schedules and the jobs that they start. Configuration section <c>Slipway:Schedules</c>.</summary>
internal sealed class SchedulesOptions
{
    /// <summary>How often the loop looks at everything, 0.05 to 60 s; changes wake it at once. Default 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.05", "00:01:00")]
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Jobs that run at a time on this machine, 1 to 100; the others wait. Default 2.</summary>
    [Range(1, 100)]
    public int ConcurrentJobs { get; set; } = 2;

    /// <summary>How late an execution may begin when no server ran at its time, where the schedule does not say; 0 to 7 d. Default 5 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "7.00:00:00")]
    public TimeSpan Grace { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Longest time that a command may run, where the schedule does not say; 1 s to 30 d. Default 1 h.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "30.00:00:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Time between SIGTERM and SIGKILL, 0.1 s to 10 min. Default 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00")]
    public TimeSpan StopGrace { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Longest time that a clean stop of the server waits for its jobs before it kills them, 0 to 10 min. Default 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan StopTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Whether jobs go on when the server stops cleanly, as they do when it crashes; the next server adopts them. Default false.</summary>
    public bool KeepJobsOnStop { get; set; }

    /// <summary>Output of one execution that is kept, 64 KiB to 10 GiB; beyond it only the last 64 KiB. Default 64 MiB.</summary>
    [Range(64 * 1024, 10L << 30)]
    public long LogBytes { get; set; } = 64 << 20;

    /// <summary>How long records of executions, and their output, are kept; 1 h to 10 y. Default 90 d. The newest 20 of a schedule stay.</summary>
    [Range(typeof(TimeSpan), "01:00:00", "3650.00:00:00")]
    public TimeSpan Retention { get; set; } = TimeSpan.FromDays(90);

    /// <summary>Time between two samples of memory and CPU of jobs, 0.1 to 60 s. Default 2 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan SampleInterval { get; set; } = TimeSpan.FromSeconds(2);
}

[OptionsValidator]
internal sealed partial class SchedulesOptionsValidator : IValidateOptions<SchedulesOptions>;
