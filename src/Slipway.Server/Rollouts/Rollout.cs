using System.Text.Json;
using Slipway.Server.Deployments;

namespace Slipway.Server.Rollouts;

internal enum RolloutStrategy
{
    Rolling,
    BlueGreen,
    Canary,

    /// <summary>Only for development deployments in live mode.</summary>
    Recreate,
}

/// <summary>Where a rollout stands; upper snake case on the wire. The state diagram is in README.md.</summary>
internal enum RolloutStatus
{
    Releasing,
    RampingUp,
    Paused,
    RampingDown,
    Succeeded,
    Failed,
    Canceled,
}

internal static class RolloutStatuses
{
    public static bool IsFinal(this RolloutStatus status) => status is RolloutStatus.Succeeded or RolloutStatus.Failed or RolloutStatus.Canceled;

    public static string ToWire(this RolloutStatus status) => JsonNamingPolicy.SnakeCaseUpper.ConvertName(status.ToString());

    public static string ToWire(this RolloutStrategy strategy) => JsonNamingPolicy.SnakeCaseLower.ConvertName(strategy.ToString());
}

/// <summary>The stored movement of traffic from the live revision to a target revision. All that its loop needs is in this row.</summary>
internal sealed class Rollout
{
    public Guid Id { get; set; }

    public Guid ProjectId { get; set; }

    public Guid DeploymentId { get; set; }

    public RolloutStrategy Strategy { get; set; }

    public RolloutStatus Status { get; set; }

    /// <summary>Null: nothing was live before.</summary>
    public Guid? FromRevisionId { get; set; }

    public int? FromRevision { get; set; }

    public Guid ToRevisionId { get; set; }

    public int ToRevision { get; set; }

    /// <summary>Whether every build of the target is there.</summary>
    public bool Built { get; set; }

    /// <summary>Whether a build that failed before is tried again.</summary>
    public bool BuildAgain { get; set; }

    /// <summary>Share of the target in new traffic, 0 to 10,000.</summary>
    public int Weight { get; set; }

    /// <summary>The highest weight so far: reaching a higher one is progress.</summary>
    public int HighestWeight { get; set; }

    /// <summary>Most replicas of each set of the live revision that the target does not share; null: not bounded yet.</summary>
    public int? FromReplicas { get; set; }

    /// <summary>Most replicas of each set of the target that the live revision does not share.</summary>
    public int ToReplicas { get; set; }

    /// <summary>Settings of the strategy as JSON (surge, unavailable, steps, gates, bake time); null: the defaults.</summary>
    public string? Settings { get; set; }

    /// <summary>The rollout fails when it has made no progress by then.</summary>
    public DateTimeOffset ProgressDeadline { get; set; }

    /// <summary>One of <see cref="Reasons"/>.</summary>
    public string? ErrorCode { get; set; }

    public string? ErrorMessage { get; set; }

    public Guid StartedById { get; set; }

    public required string StartedBy { get; set; }

    public DateTimeOffset StartedAt { get; set; }

    public DateTimeOffset? FinishedAt { get; set; }

    public int LastStep { get; set; }

    public List<RolloutStep> Steps { get; set; } = [];

    public int Percent => Weight / 100;

    /// <summary>Brings the rollout to where <paramref name="move"/> says and notes the step.</summary>
    /// <param name="patience">Time that the next progress may take.</param>
    public void Take(RollingMove move, DateTimeOffset now, TimeSpan patience)
    {
        var progress = !Built || move.Weight > HighestWeight || move.ToReplicas > ToReplicas;
        Built = true;
        Status = move.Status;
        Weight = move.Weight;
        HighestWeight = Math.Max(HighestWeight, move.Weight);
        FromReplicas = move.FromReplicas;
        ToReplicas = move.ToReplicas;
        if (progress)
        {
            ProgressDeadline = now + patience;
        }

        Note(move.What, now);
    }

    public void Succeed(string what, DateTimeOffset now) => End(RolloutStatus.Succeeded, RouteTables.FullWeight, what, now);

    public void Fail(string code, string message, DateTimeOffset now)
    {
        ErrorCode = code;
        ErrorMessage = message;
        End(RolloutStatus.Failed, weight: 0, message, now);
    }

    public void Cancel(string what, DateTimeOffset now) => End(RolloutStatus.Canceled, weight: 0, what, now);

    public void Note(string what, DateTimeOffset now) => Steps.Add(new RolloutStep
    {
        Id = Guid.CreateVersion7(now), RolloutId = Id, Number = ++LastStep, Status = Status, What = what, Weight = Weight, FromReplicas = FromReplicas,
        ToReplicas = ToReplicas, At = now,
    });

    private void End(RolloutStatus status, int weight, string what, DateTimeOffset now)
    {
        Status = status;
        Weight = weight;
        FinishedAt = now;
        Note(what, now);
    }
}

/// <summary>One line of the ledger of a rollout; never changed.</summary>
internal sealed class RolloutStep
{
    public Guid Id { get; set; }

    public Guid RolloutId { get; set; }

    /// <summary>1, 2, … within the rollout.</summary>
    public int Number { get; set; }

    public RolloutStatus Status { get; set; }

    /// <summary>A sentence for a person.</summary>
    public required string What { get; set; }

    public int Weight { get; set; }

    public int? FromReplicas { get; set; }

    public int ToReplicas { get; set; }

    public DateTimeOffset At { get; set; }
}
