using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text.Json;
using Slipway.Server.Replicas;

namespace Slipway.Server.Deployments;

/// <summary>The statuses of a deployment: Baseten's words that can occur, and Stopped. On the wire in upper snake case.</summary>
internal enum StatusWord
{
    /// <summary>The first revision is being built.</summary>
    Building,

    /// <summary>The first revision is built; its replicas are being started.</summary>
    Deploying,

    /// <summary>Replicas load their model; none is ready, or the first rollout is not at its end.</summary>
    LoadingModel,

    /// <summary>At least one replica answers.</summary>
    Active,

    /// <summary>The live revision answers, and a rollout to another one is under way.</summary>
    Updating,

    /// <summary>No replica, by policy: the next request wakes it.</summary>
    ScaledToZero,

    /// <summary>It was at zero; replicas are being started for requests that wait.</summary>
    WakingUp,

    /// <summary>The live revision has lost all its replicas; they are being restarted.</summary>
    Unhealthy,

    /// <summary>Nothing was ever live: the build failed.</summary>
    BuildFailed,

    /// <summary>Nothing was ever live: the first rollout was canceled before its build was there.</summary>
    BuildStopped,

    /// <summary>Nothing was ever live: the replicas did not become ready, or the rollout was canceled while they started.</summary>
    DeployFailed,

    /// <summary>The live revision fails at every start.</summary>
    Failed,

    /// <summary>Stopped or deactivated by a person; replicas are still ending.</summary>
    Deactivating,

    /// <summary>The live revision was deactivated.</summary>
    Inactive,

    /// <summary>Stopped by a person.</summary>
    Stopped,
}

internal static class StatusWords
{
    private static readonly FrozenDictionary<StatusWord, string> Wire =
        Enum.GetValues<StatusWord>().ToFrozenDictionary(w => w, w => JsonNamingPolicy.SnakeCaseUpper.ConvertName(w.ToString()));

    public static ImmutableArray<string> All { get; } = [.. Enum.GetValues<StatusWord>().Select(w => w.ToWire())];

    public static string ToWire(this StatusWord word) => Wire[word];

    public static StatusWord? Parse(string text)
    {
        foreach (var (word, wire) in Wire)
        {
            if (string.Equals(wire, text, StringComparison.OrdinalIgnoreCase))
            {
                return word;
            }
        }

        return null;
    }
}

/// <summary>Why a deployment is not simply active: the closed list. The same words are error codes of rollouts.</summary>
internal static class Reasons
{
    public const string BuildFailed = "build_failed";
    public const string LoadFailed = "load_failed";
    public const string MemoryLimit = "memory_limit";
    public const string StorageLimit = "storage_limit";
    public const string ProgressDeadline = "progress_deadline";
    public const string InsufficientCapacity = "insufficient_capacity";

    /// <summary>The candidate of a rollout failed more requests than its gate allows.</summary>
    public const string ErrorRate = "error_rate";

    /// <summary>The candidate's 95th percentile of the latency is above what its gate allows.</summary>
    public const string Latency = "latency";

    /// <summary>A build or a load met a full disk, or a replica that served was filling it.</summary>
    public const string OutOfDisk = "out_of_disk";

    /// <summary>The live revision answers; the last update failed and was undone.</summary>
    public const string UpdateFailed = "update_failed";

    /// <summary>Fewer replicas are ready than wanted.</summary>
    public const string ReplicasMissing = "replicas_missing";

    /// <summary>No replica of the live revision is ready.</summary>
    public const string NoReplicaReady = "no_replica_ready";

    /// <summary>At zero by policy.</summary>
    public const string ScaledToZero = "scaled_to_zero";

    /// <summary>Woken from zero, and no replica is ready yet.</summary>
    public const string WakingUp = "waking_up";

    /// <summary>Nothing is live: a person canceled the first rollout.</summary>
    public const string Canceled = "canceled";

    public const string Crashed = "crashed";
    public const string Hung = "hung";

    /// <summary>The reason that an exit of a replica gives.</summary>
    public static string OfExit(ReplicaExit exit) => exit.Reason switch
    {
        _ when SaysDiskFull(exit.Detail) => OutOfDisk,
        "load_failed" or "import_failed" or "start_failed" => LoadFailed,
        "memory_limit" => MemoryLimit,
        "storage_limit" => StorageLimit,
        "out_of_disk" => OutOfDisk,
        "hung" => Hung,
        _ => Crashed,
    };

    /// <summary>The words of the operating system for ENOSPC, which every language passes on.</summary>
    public static bool SaysDiskFull(string? detail) => detail?.Contains("No space left on device", StringComparison.OrdinalIgnoreCase) == true;
}

/// <summary>A status with its reason.</summary>
/// <param name="Reason">One of <see cref="Reasons"/>; null when all is as it should be.</param>
/// <param name="Detail">The sentence that goes with the reason.</param>
internal sealed record Standing(StatusWord Word, string? Reason = null, string? Detail = null);

/// <summary>What is known of the replica sets of one revision.</summary>
/// <param name="Wanted">Replicas that should be there, over all its sets.</param>
/// <param name="Present">Replicas that have not ended.</param>
/// <param name="LeastReady">Ready replicas of the set that has the fewest: 0 means that the revision cannot answer.</param>
/// <param name="ConsecutiveFailures">Of the set that has the most.</param>
/// <param name="LastExit">The newest bad exit; drained ones do not count.</param>
/// <param name="AtZero">All its sets are at zero until they are woken; one that is beside others that are not counts nowhere.</param>
/// <param name="Waking">A set of it was woken and is not there yet.</param>
/// <param name="Unresponsive">Replicas that are out of rotation because they are silent.</param>
internal sealed record RevisionFacts(
    int Wanted, int Present, int Ready, int Loading, int LeastReady, int ConsecutiveFailures, ReplicaExit? LastExit, bool AtZero = false, bool Waking = false,
    int Unresponsive = 0)
{
    public static RevisionFacts Of(Revision revision, DesiredDeployment desired, ReplicaSnapshot snapshot)
    {
        var all = Of(revision.Sets, desired.Id, snapshot);
        var awake = revision.Sets.Where(h => !desired.IsAtZero(h)).ToList();
        return (awake.Count == 0 ? all : Of(awake, desired.Id, snapshot) with { Present = all.Present }) with
        {
            AtZero = revision.Sets.Count > 0 && awake.Count == 0, Waking = awake.Exists(desired.MayPark),
        };
    }

    public static RevisionFacts Of(IReadOnlyList<string> hashes, Guid deployment, ReplicaSnapshot snapshot)
    {
        var sets = hashes.Select(h => snapshot.Find(deployment, h)).ToList();
        var known = sets.OfType<ReplicaSetStatus>().ToList();
        var live = known.SelectMany(s => s.Replicas).Where(r => r.State != ReplicaState.Ended).ToList();
        return new RevisionFacts(
            known.Sum(s => s.Desired), live.Count(r => r.State != ReplicaState.BackingOff), live.Count(r => r.State == ReplicaState.Ready),
            live.Count(r => r.State == ReplicaState.Loading), sets.Count == 0 ? 0 : sets.Min(s => s?.Ready ?? 0),
            known.Select(s => s.ConsecutiveFailures).DefaultIfEmpty().Max(),
            known.Select(s => s.LastExit).OfType<ReplicaExit>().Where(e => e.Reason is not ("drained" or "no_server")).MaxBy(e => e.At),
            Unresponsive: live.Count(r => r.State == ReplicaState.Unresponsive));
    }
}

/// <summary>Names the state of a deployment: one pure function, so that API, log, board and command line say the same.</summary>
internal static class DeploymentStatus
{
    /// <summary>Starts in a row that must have failed before the live revision counts as failed.</summary>
    public const int FailuresThatCount = 3;

    /// <param name="state">What a person wants.</param>
    /// <param name="live">The live revision; null before the first became live.</param>
    /// <param name="rollout">The newest rollout; null before the first.</param>
    /// <param name="target">The target of that rollout, while it is under way.</param>
    /// <param name="others">Replicas of the deployment that belong to neither.</param>
    public static Standing Of(RunState state, RevisionFacts? live, RolloutTraffic? rollout, RevisionFacts? target, int others)
    {
        if (state == RunState.Stopped)
        {
            return new Standing((live?.Present ?? 0) + (target?.Present ?? 0) + others > 0 ? StatusWord.Deactivating : StatusWord.Stopped);
        }

        if (live is null)
        {
            return BeforeTheFirst(rollout, target);
        }

        if (live.LeastReady == 0 && (target?.LeastReady ?? 0) == 0)
        {
            return live switch
            {
                { AtZero: true } when rollout is not { UnderWay: true } => new Standing(
                    StatusWord.ScaledToZero, Reasons.ScaledToZero, "No replica runs; the next request waits while one starts."),
                { AtZero: true } => new Standing(StatusWord.Updating),
                { Waking: true, ConsecutiveFailures: 0, Ready: > 0 } => new Standing(
                    StatusWord.Active, Reasons.ReplicasMissing, "A replica of one variant is being started for the requests that wait; the others are ready."),
                { Waking: true, ConsecutiveFailures: 0 } => new Standing(StatusWord.WakingUp, Reasons.WakingUp, "A replica is being started for the requests that wait."),
                _ => NothingReady(live),
            };
        }

        if (rollout is { UnderWay: true })
        {
            return new Standing(StatusWord.Updating);
        }

        if (live.Ready < live.Wanted)
        {
            var why = live.LastExit is { } exit && live.ConsecutiveFailures > 0 ? $" The last one ended: {exit.Detail}" : "";
            return new Standing(StatusWord.Active, Reasons.ReplicasMissing, $"{live.Ready} of {live.Wanted} replicas are ready.{why}");
        }

        return rollout?.Error is { } error
            ? new Standing(StatusWord.Active, Reasons.UpdateFailed, $"The last update failed and the revision before it goes on serving. {error.Message}")
            : new Standing(StatusWord.Active);
    }

    private static Standing BeforeTheFirst(RolloutTraffic? rollout, RevisionFacts? target) => rollout switch
    {
        { UnderWay: true, Building: true } => new Standing(StatusWord.Building),
        { UnderWay: true } when target is { Loading: > 0 } or { Ready: > 0 } => new Standing(StatusWord.LoadingModel),
        { UnderWay: true } => new Standing(StatusWord.Deploying),
        { Error: { Code: Reasons.BuildFailed } error } => new Standing(StatusWord.BuildFailed, error.Code, error.Message),
        { Error: { } error } => new Standing(StatusWord.DeployFailed, error.Code, error.Message),
        { UnderWay: false } => new Standing(
            rollout.Building ? StatusWord.BuildStopped : StatusWord.DeployFailed, Reasons.Canceled, "The first rollout was canceled, so nothing is live. Retry it, or deploy another version."),
        _ => new Standing(StatusWord.Deploying),
    };

    private static Standing NothingReady(RevisionFacts live)
    {
        if (live.Unresponsive > 0)
        {
            return new Standing(StatusWord.Unhealthy, Reasons.NoReplicaReady, "No replica answers its pings; one that stays silent is restarted.");
        }

        if (live.LastExit is { } exit && live.ConsecutiveFailures > 0)
        {
            // Where another variant is ready the deployment answers, if not everybody.
            var word = live.ConsecutiveFailures >= FailuresThatCount && live.Ready == 0 ? StatusWord.Failed : StatusWord.Unhealthy;
            return new Standing(word, Reasons.OfExit(exit), exit.Detail);
        }

        if (live.LastExit is { } crash)
        {
            return new Standing(StatusWord.Unhealthy, Reasons.OfExit(crash), crash.Detail);
        }

        return live.Loading > 0
            ? new Standing(StatusWord.LoadingModel, Reasons.NoReplicaReady, "The model is loading.")
            : new Standing(StatusWord.Deploying, Reasons.NoReplicaReady, "Replicas are being started.");
    }
}

/// <summary>One row of the ledger of statuses: written whenever the status of a deployment becomes another one.</summary>
internal sealed class StatusChange
{
    public Guid Id { get; set; }

    public Guid DeploymentId { get; set; }

    public StatusWord Status { get; set; }

    public string? Reason { get; set; }

    public DateTimeOffset At { get; set; }
}
