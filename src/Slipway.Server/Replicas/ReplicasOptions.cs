using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Slipway.Server.Replicas;

/// <summary>How replicas are started, watched and ended. Configuration section <c>Slipway:Replicas</c>.</summary>
internal sealed class ReplicasOptions
{
    /// <summary>How often the loop looks at everything, 0.05 to 60 s; changes wake it at once. Default 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.05", "00:01:00")]
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest time from the start of a process to a loaded model, 1 s to 2 h. Default 10 min.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "02:00:00")]
    public TimeSpan LoadTimeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Longest time that a warm parent may take for its imports and one start, 1 s to 1 h. Default 3 min.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan SpawnTimeout { get; set; } = TimeSpan.FromMinutes(3);

    /// <summary>Time between two pings of a replica, 0.05 to 60 s. Default 2 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.05", "00:01:00")]
    public TimeSpan PingInterval { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>A ready replica that answers no ping for this long, with no request inside its deadline, is hung; 0.5 s to 1 h. Default 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.5", "01:00:00")]
    public TimeSpan HangAfter { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>A ready replica that answers no ping for this long, with no request inside its deadline, gets no requests until it answers again; 0.5 s to 1 h. Default 6 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.5", "01:00:00")]
    public TimeSpan StopTrafficAfter { get; set; } = TimeSpan.FromSeconds(6);

    /// <summary>Time from taking a replica out of the route table to telling it to drain, 0 to 1 min: requests on their way still arrive. Default 0.5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan DrainDelay { get; set; } = TimeSpan.FromSeconds(0.5);

    /// <summary>Longest drain before SIGKILL, 0.1 s to 1 h. Default 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00")]
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>First pause after a failure, 0.01 s to 1 min; it doubles up to <see cref="LongestBackOff"/>. Default 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.01", "00:01:00")]
    public TimeSpan FirstBackOff { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest pause after a failure, 0.01 s to 1 h. Default 60 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.01", "01:00:00")]
    public TimeSpan LongestBackOff { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>A replica that was ready this long begins its back-off anew, 0 to 1 h. Default 60 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan BackOffReset { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>A replica without any server drains and ends after this long, 1 s to 1 d. Default 10 min.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan NoServerTimeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>A warm parent without children or requests ends after this long, 1 s to 1 d. Default 1 h.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan ParentIdleTimeout { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Longest time that a clean stop of the server waits for drains before it kills, 0 to 10 min. Default 20 s; the host's own bound is 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan StopTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>Whether replicas go on when the server stops cleanly, as they do when it crashes. Default false; tests of adoption set it.</summary>
    public bool KeepReplicasOnStop { get; set; }

    /// <summary>Whether control groups are used where the machine has them. Default true. Without them memory is advisory (RLIMIT_AS), CPU and processes are not held to anything.</summary>
    public bool ControlGroups { get; set; } = true;

    /// <summary>Processes and threads of one replica, 16 to 100,000; enforced where the machine can. Default 1,024.</summary>
    [Range(16, 100_000)]
    public int MaxProcesses { get; set; } = 1024;

    /// <summary>Largest model that the gateway hosts itself (placement gateway), with all files beside it, in folders too, 1 to 4,096 MiB. Default 64.</summary>
    [Range(1, 4096)]
    public int HostedModelMib { get; set; } = 64;

    /// <summary>All models that the gateway hosts together, 1 to 65,536 MiB; one more is refused. Default 512.</summary>
    [Range(1, 65_536)]
    public int HostedModelsMib { get; set; } = 512;

    /// <summary>
    /// While less than this is free on the disk of the replicas' folders, the replica that has written the most is ended, if it has written at least as much; 1 to 1,048,576 MiB. Default 64.
    /// </summary>
    [Range(1, 1_048_576)]
    public int DiskReserveMib { get; set; } = 64;

    /// <summary>A log file above this size is rotated, 1 KiB to 10 GiB. Default 16 MiB.</summary>
    [Range(1024, 10L << 30)]
    public long LogFileBytes { get; set; } = 16 << 20;

    /// <summary>Rotated files kept per replica, 1 to 100. Default 3.</summary>
    [Range(1, 100)]
    public int RotatedLogFiles { get; set; } = 3;

    /// <summary>Replicas that have ended whose logs are kept, per deployment, 0 to 1,000. Default 20.</summary>
    [Range(0, 1000)]
    public int EndedReplicaLogs { get; set; } = 20;

    /// <summary>Output of a replica that has ended is removed when nothing was written to it for this long, 1 min to 10 y. Default 14 d.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "3650.00:00:00")]
    public TimeSpan LogRetention { get; set; } = TimeSpan.FromDays(14);

    /// <summary>Time between two samples of memory and CPU, and of storage where it is limited, 0.1 to 60 s. Default 2 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan SampleInterval { get; set; } = TimeSpan.FromSeconds(2);
}

[OptionsValidator]
internal sealed partial class ReplicasOptionsValidator : IValidateOptions<ReplicasOptions>;
