namespace Slipway.Server.Platform;

/// <summary>The closed list of events, as CloudEvents names their types.</summary>
internal static class EventTypes
{
    public const string ModelRegistered = "dev.slipway.model.registered";
    public const string VersionCreated = "dev.slipway.model.version.created";
    public const string StageChanged = "dev.slipway.model.version.stage.changed";
    public const string AliasMoved = "dev.slipway.model.version.alias.moved";
    public const string VersionDeleted = "dev.slipway.model.version.deleted";

    public const string ApprovalRequested = "dev.slipway.approval.requested";
    public const string ApprovalDecided = "dev.slipway.approval.decided";

    public const string RunFinished = "dev.slipway.run.finished";

    public const string ScheduleFired = "dev.slipway.schedule.fired";
    public const string ScheduleFailed = "dev.slipway.schedule.failed";
    public const string ScheduleMissed = "dev.slipway.schedule.missed";

    public const string DeploymentCreated = "dev.slipway.deployment.created";
    public const string DeploymentStateChanged = "dev.slipway.deployment.state.changed";
    public const string DeploymentScaled = "dev.slipway.deployment.scaled";

    public const string RolloutStarted = "dev.slipway.rollout.started";
    public const string RolloutStepChanged = "dev.slipway.rollout.step.changed";
    public const string RolloutPaused = "dev.slipway.rollout.paused";
    public const string RolloutPromoted = "dev.slipway.rollout.promoted";
    public const string RolloutRolledBack = "dev.slipway.rollout.rolledback";

    /// <summary>Sent by a person to try a webhook; goes to that one alone.</summary>
    public const string Test = "dev.slipway.webhook.test";

    /// <summary>What can be asked for.</summary>
    public static IReadOnlyList<(string Type, string Description)> All { get; } =
    [
        (ModelRegistered, "A model was registered."),
        (VersionCreated, "A model has a new version."),
        (StageChanged, "A version came to another stage."),
        (AliasMoved, "An alias was made, moved or deleted."),
        (VersionDeleted, "A version was deleted."),
        (ApprovalRequested, "Somebody asks for an approval."),
        (ApprovalDecided, "A request was approved, rejected, cancelled or closed."),
        (RunFinished, "A run ended: completed, failed or killed, or its client was lost."),
        (ScheduleFired, "A schedule fired: a training job begins, because it is due or a person wants it now."),
        (ScheduleFailed, "A scheduled training job failed, or ran past its time-out."),
        (ScheduleMissed, "Due times of a schedule passed while no server ran."),
        (DeploymentCreated, "A deployment was made, by itself or by a promotion."),
        (DeploymentStateChanged, "A deployment has another status, such as ACTIVE or UNHEALTHY."),
        (DeploymentScaled, "Another number of replicas is wanted, by its load or by a person."),
        (RolloutStarted, "A rollout began."),
        (RolloutStepChanged, "A rollout took a step: another share of traffic or replicas, or it goes on or back."),
        (RolloutPaused, "A rollout holds, because a person or missing evidence wants it."),
        (RolloutPromoted, "A rollout has succeeded: its target is live."),
        (RolloutRolledBack, "A rollout failed or was canceled: all traffic is back at the previous revision."),
    ];

    public static bool Exists(string type) => All.Any(t => t.Type == type);
}
