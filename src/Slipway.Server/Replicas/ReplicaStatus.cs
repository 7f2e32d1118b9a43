using System.Collections.Immutable;

namespace Slipway.Server.Replicas;

/// <summary>Where a replica is in its life; the same words in API, log and UI (snake_case there).</summary>
internal enum ReplicaState
{
    Starting,
    Loading,
    Ready,

    /// <summary>It is ready and has been silent for too long: it gets no requests until it answers again. Seen, never stored.</summary>
    Unresponsive,

    Draining,

    /// <summary>It has ended and starts again after a pause.</summary>
    BackingOff,

    /// <summary>Its process has gone, a moment ago; why is not known yet.</summary>
    Ended,
}

/// <summary>Why a replica ended.</summary>
/// <param name="Reason">drained, load_failed, import_failed, memory_limit, storage_limit, out_of_disk, crashed, hung, no_server, start_failed, unknown.</param>
/// <param name="Detail">A sentence for a person; no paths.</param>
/// <param name="WasReady">Whether it had loaded and took requests.</param>
internal sealed record ReplicaExit(string Reason, string Detail, int? ExitCode, int? Signal, DateTimeOffset At, bool WasReady = false);

/// <summary>One replica as last seen.</summary>
/// <param name="Socket">Unix socket that the gateway connects to.</param>
/// <param name="Token">What the hello must show.</param>
/// <param name="StartTimeTicks">Field 22 of /proc/PID/stat; with the pid it names a process for ever.</param>
/// <param name="Concurrency">Calls at a time, as the replica said when it had loaded.</param>
/// <param name="Limits">Limit (memory, cpu, processes) to enforced, advisory or unsupported.</param>
/// <param name="CpuCores">CPU time per time over the last sample; null before the second.</param>
/// <param name="GpuPercent">Use of its GPUs, mean, 0 to 100; null: it has none, or it is not known.</param>
/// <param name="InFlight">Requests inside calls of the model, as its last pong said.</param>
/// <param name="Requests">Requests completed since its start, as its last pong said.</param>
/// <param name="UserId">The operating-system user that it runs as; null: the server's own, and then it is not contained.</param>
/// <param name="Hosted">It lives in the gateway's process: it has no process, socket or limits of its own, and <paramref name="ResidentBytes"/> is what its model takes there.</param>
internal sealed record ReplicaStatus(
    Guid Id, Guid DeploymentId, string SetHash, ReplicaState State, string Socket, string Token, int? Pid, long? StartTimeTicks, DateTimeOffset StartedAt,
    DateTimeOffset? ReadyAt, int Restarts, int Concurrency, bool Batch, int MaxBatch, ReplicaExit? LastExit, long? ResidentBytes, string LogPath,
    IReadOnlyDictionary<string, string> Limits, double? CpuCores = null, int InFlight = 0, long Requests = 0, int? UserId = null,
    bool Hosted = false, double? GpuPercent = null);

/// <summary>One replica set as last seen.</summary>
/// <param name="Desired">Replicas that should be there.</param>
/// <param name="ConsecutiveFailures">Starts in a row that never became ready; 0 once one did.</param>
/// <param name="LastExit">Of the replica of this set that ended last.</param>
/// <param name="IsRemoving">The set goes when its last replica has ended.</param>
internal sealed record ReplicaSetStatus(
    Guid DeploymentId, string Hash, int Desired, int ConsecutiveFailures, ReplicaExit? LastExit, ImmutableArray<ReplicaStatus> Replicas, bool IsRemoving = false)
{
    /// <summary>See <see cref="ReplicaSetSpec.SecretsDigest"/>.</summary>
    public string? SecretsDigest { get; init; }

    public int Ready => Replicas.Count(r => r.State == ReplicaState.Ready);
}

/// <summary>All replica sets at one moment, swapped whole.</summary>
internal sealed record ReplicaSnapshot(ImmutableDictionary<(Guid DeploymentId, string Hash), ReplicaSetStatus> Sets)
{
    public static ReplicaSnapshot Empty { get; } = new(ImmutableDictionary<(Guid, string), ReplicaSetStatus>.Empty);

    public ReplicaSetStatus? Find(Guid deploymentId, string hash) => Sets.GetValueOrDefault((deploymentId, hash));
}
