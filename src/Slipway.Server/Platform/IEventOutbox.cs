using System.Text.Json.Nodes;

namespace Slipway.Server.Platform;

/// <summary>Tells other systems of a change: the event is stored in the change's own transaction and delivered afterwards, at least once.</summary>
internal interface IEventOutbox
{
    /// <summary>Records an event on the unit's own context. Costs nothing when nobody wants the type.</summary>
    /// <param name="type">One of <see cref="EventTypes"/>.</param>
    /// <param name="subject">What it is about, as a path below <c>/api/v1</c>.</param>
    /// <param name="data">Facts, never secrets or payloads.</param>
    void Record(SlipwayDbContext db, string type, string subject, JsonObject data);
}

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

    public const string ExecutionFailed = "dev.slipway.schedule.execution.failed";
    public const string ExecutionMissed = "dev.slipway.schedule.execution.missed";

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
        (ExecutionFailed, "A scheduled training job failed, or ran past its time-out."),
        (ExecutionMissed, "Due times of a schedule passed while no server ran."),
    ];

    public static bool Exists(string type) => All.Any(t => t.Type == type);
}
