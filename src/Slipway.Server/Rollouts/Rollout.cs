using System.Collections.Immutable;
using Slipway.Server.Deployments;
using Slipway.Server.Platform;

namespace Slipway.Server.Rollouts;

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

    /// <summary>Replicas of each set of the live revision that the target does not share, in 1/10,000 of what it has outside a rollout; null: not bounded.</summary>
    public int? FromShare { get; set; }

    /// <summary>The same of the target's sets that the live revision does not share.</summary>
    public int ToShare { get; set; }

    /// <summary><see cref="RolloutPolicy"/> as JSON; null: the defaults.</summary>
    public string? Settings { get; set; }

    /// <summary>Number of the window of evidence: it rises with every shift of traffic to the target, and when the rollout is resumed.</summary>
    public int Window { get; set; }

    public DateTimeOffset WindowAt { get; set; }

    /// <summary>What it was when it was paused; null: it is not.</summary>
    public RolloutStatus? PausedIn { get; set; }

    public PauseReason? PausedReason { get; set; }

    /// <summary>Somebody wants all traffic on the target at the next step, whatever the gates say.</summary>
    public bool Forced { get; set; }

    /// <summary>The rollout fails when it has made no progress by then.</summary>
    public DateTimeOffset ProgressDeadline { get; set; }

    /// <summary>One of <see cref="Reasons"/>; set before the end where traffic goes back gently.</summary>
    public string? ErrorCode { get; set; }

    public string? ErrorMessage { get; set; }

    /// <summary>The replaced revision, as long as its replicas are kept.</summary>
    public Guid? KeptRevisionId { get; set; }

    public Guid StartedById { get; set; }

    public required string StartedBy { get; set; }

    public DateTimeOffset StartedAt { get; set; }

    public DateTimeOffset? FinishedAt { get; set; }

    public int LastStep { get; set; }

    public List<RolloutStep> Steps { get; set; } = [];

    public int Percent => Weight / 100;

    /// <summary>What a person may do now; whether a failed rollout can be retried also depends on its deployment.</summary>
    public ImmutableArray<RolloutAction> Possible => Status switch
    {
        RolloutStatus.Releasing or RolloutStatus.RampingUp when Forced => [RolloutAction.ForceCancel],
        RolloutStatus.Releasing or RolloutStatus.RampingUp => [RolloutAction.Pause, RolloutAction.Cancel, RolloutAction.ForceCancel, RolloutAction.ForceComplete],
        RolloutStatus.Paused => [RolloutAction.Resume, RolloutAction.Cancel, RolloutAction.ForceCancel, RolloutAction.ForceComplete],
        RolloutStatus.RampingDown => [RolloutAction.ForceCancel, RolloutAction.ForceComplete],
        RolloutStatus.Failed => [RolloutAction.Retry],
        _ => KeptRevisionId is null ? [] : [RolloutAction.Cleanup],
    };

    /// <summary>Brings the rollout to where <paramref name="move"/> says and notes the step.</summary>
    /// <param name="patience">Time that the next progress may take.</param>
    public RolloutStep Take(MoveStep move, DateTimeOffset now, TimeSpan patience)
    {
        // A share that falls begins to wait anew: for replicas that were lost, or for those of the way back.
        var progress = !Built || move.Weight > HighestWeight || move.Weight < Weight || move.ToShare > ToShare || move.FromShare != FromShare;
        if (move.Weight > Weight)
        {
            Watch(now);
        }

        Built = true;
        Status = move.Status;
        Weight = move.Weight;
        HighestWeight = Math.Max(HighestWeight, move.Weight);
        FromShare = move.FromShare;
        ToShare = move.ToShare;
        if (progress)
        {
            ProgressDeadline = now + patience;
        }

        return Note(move.What, now);
    }

    public RolloutStep Succeed(string what, PreviousCleanup cleanup, DateTimeOffset now)
    {
        KeptRevisionId = cleanup == PreviousCleanup.Keep ? FromRevisionId : null;
        var after = (FromRevision, cleanup) switch
        {
            (null, _) => "",
            (_, PreviousCleanup.Keep) => $" The replicas of revision {FromRevision} are kept.",
            (_, PreviousCleanup.Deactivate) => $" Revision {FromRevision} is deactivated.",
            _ => $" Revision {FromRevision} is scaled to zero.",
        };
        return End(RolloutStatus.Succeeded, RouteTables.FullWeight, what + after, now);
    }

    public RolloutStep Fail(string code, string message, DateTimeOffset now)
    {
        (ErrorCode, ErrorMessage) = (code, message);
        return End(RolloutStatus.Failed, weight: 0, message, now);
    }

    /// <summary>It has failed, but its candidate does no harm: traffic goes back step by step.</summary>
    public RolloutStep FailGently(string code, string message, DateTimeOffset now, TimeSpan patience)
    {
        (ErrorCode, ErrorMessage, Status, ProgressDeadline) = (code, message, RolloutStatus.RampingDown, now + patience);
        return Note($"{message} Traffic goes back to revision {FromRevision} as its replicas come back.", now);
    }

    /// <summary>The end of a way back.</summary>
    public RolloutStep Return(string what, DateTimeOffset now) => ErrorCode is { } code ? Fail(code, ErrorMessage!, now) : End(RolloutStatus.Canceled, weight: 0, what, now);

    /// <summary>Holds everything as it is, between two steps. The split stays; replicas are still kept up.</summary>
    public Refusal? Pause(PauseReason reason, string what, string? by, DateTimeOffset now)
    {
        if (!Possible.Contains(RolloutAction.Pause))
        {
            return RolloutRefusals.NotNow(this, RolloutAction.Pause);
        }

        (PausedIn, PausedReason, Status) = (Status, reason, RolloutStatus.Paused);
        Note(what, now).By = by;
        return null;
    }

    public Refusal? Resume(string by, DateTimeOffset now, TimeSpan patience)
    {
        if (!Possible.Contains(RolloutAction.Resume))
        {
            return RolloutRefusals.NotNow(this, RolloutAction.Resume);
        }

        (Status, PausedIn, PausedReason, ProgressDeadline) = (PausedIn!.Value, null, null, now + patience);
        Watch(now);
        Note($"Resumed by {by}.", now).By = by;
        return null;
    }

    /// <summary>Goes back: step by step where replicas of the previous revision have gone already, else at once.</summary>
    public Refusal? Cancel(string by, DateTimeOffset now, TimeSpan patience)
    {
        if (!Possible.Contains(RolloutAction.Cancel))
        {
            return RolloutRefusals.NotNow(this, RolloutAction.Cancel);
        }

        (PausedIn, PausedReason) = (null, null);
        if (FromRevisionId is null || Strategy != RolloutStrategy.Rolling || (Weight == 0 && FromShare is null or >= ReplicaPlan.Whole))
        {
            End(RolloutStatus.Canceled, weight: 0, $"Canceled by {by}.", now).By = by;
            return null;
        }

        (Status, ProgressDeadline) = (RolloutStatus.RampingDown, now + patience);
        Note($"Canceled by {by}; traffic goes back to revision {FromRevision} as its replicas come back.", now).By = by;
        return null;
    }

    /// <summary>All traffic to the previous revision, now, however few replicas it has.</summary>
    public Refusal? ForceCancel(string by, DateTimeOffset now)
    {
        if (!Possible.Contains(RolloutAction.ForceCancel))
        {
            return RolloutRefusals.NotNow(this, RolloutAction.ForceCancel);
        }

        (PausedIn, PausedReason) = (null, null);
        var what = FromRevision is { } from ? $"Canceled at once by {by}: all traffic goes to revision {from}." : $"Canceled at once by {by}.";
        if (ErrorCode is { } code)
        {
            Fail(code, ErrorMessage!, now).By = by;
        }
        else
        {
            End(RolloutStatus.Canceled, weight: 0, what, now).By = by;
        }

        return null;
    }

    /// <summary>All traffic to the target as soon as it can answer, whatever the gates say and however few replicas it has; also on the way back.</summary>
    public Refusal? ForceComplete(string by, DateTimeOffset now, TimeSpan patience)
    {
        if (!Possible.Contains(RolloutAction.ForceComplete))
        {
            return RolloutRefusals.NotNow(this, RolloutAction.ForceComplete);
        }

        (Status, PausedIn, PausedReason, Forced) = (Weight == 0 ? RolloutStatus.Releasing : RolloutStatus.RampingUp, null, null, true);
        (ErrorCode, ErrorMessage, ProgressDeadline) = (null, null, now + patience);
        Note($"Completion forced by {by}: all traffic goes to revision {ToRevision} at the next step.", now).By = by;
        return null;
    }

    /// <summary>The replicas of the replaced revision need not be kept any longer.</summary>
    public Refusal? CleanUp(string by, DateTimeOffset now)
    {
        if (!Possible.Contains(RolloutAction.Cleanup))
        {
            return RolloutRefusals.NotNow(this, RolloutAction.Cleanup);
        }

        KeptRevisionId = null;
        Note($"Revision {FromRevision} is scaled to zero; {by} wants it no longer kept.", now).By = by;
        return null;
    }

    /// <summary>The deployment was stopped or deleted.</summary>
    public void Stop(string by, DateTimeOffset now)
    {
        (PausedIn, PausedReason) = (null, null);
        End(RolloutStatus.Canceled, weight: 0, $"Canceled, because {by} stopped the deployment.", now).By = by;
    }

    public RolloutStep Note(string what, DateTimeOffset now)
    {
        var step = new RolloutStep
        {
            Id = Guid.CreateVersion7(now), RolloutId = Id, Number = ++LastStep, Status = Status, What = what, Weight = Weight, FromShare = FromShare, ToShare = ToShare, At = now,
        };
        Steps.Add(step);
        return step;
    }

    // A new window of evidence.
    private void Watch(DateTimeOffset now) => (Window, WindowAt) = (Window + 1, now);

    private RolloutStep End(RolloutStatus status, int weight, string what, DateTimeOffset now)
    {
        Status = status;
        Weight = weight;
        FinishedAt = now;
        return Note(what, now);
    }
}
