using Slipway.Contracts;
using Slipway.Server.Platform;

namespace Slipway.Server.Notifications.Webhooks;

/// <summary>An address that is told of events, and the secret that signs what it is told.</summary>
internal sealed class Webhook
{
    public const int Most = 50;

    public Guid Id { get; init; }

    public Guid ProjectId { get; init; }

    public required string Name { get; set; }

    public required string Url { get; set; }

    /// <summary>Types joined by commas; empty: all.</summary>
    public required string Events { get; set; }

    /// <summary>Sealed for <see cref="Bound"/>.</summary>
    public required byte[] Secret { get; set; }

    /// <summary>The secret before the last rotation, sealed; signs too until <see cref="PreviousUntil"/>.</summary>
    public byte[]? PreviousSecret { get; set; }

    public DateTimeOffset? PreviousUntil { get; set; }

    public bool Enabled { get; set; }

    /// <summary>Why the other side wants no more (410, 415); null: it does.</summary>
    public string? StoppedBecause { get; set; }

    public DateTimeOffset? LastDeliveredAt { get; set; }

    public required string CreatedBy { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset UpdatedAt { get; set; }

    /// <summary>Rises with every change by a person: the ETag.</summary>
    public long Edit { get; set; }

    /// <summary>As the types are called now; rows from before may say <c>schedule.execution.failed</c>.</summary>
    public IReadOnlyList<string> EventList => CalledNow(Events).Split(',', StringSplitOptions.RemoveEmptyEntries);

    public bool Wants(string type) => Enabled && StoppedBecause is null && (Events.Length == 0 || EventList.Contains(CalledNow(type), StringComparer.Ordinal));

    public static string Bound(Guid id) => $"webhook {id}";

    /// <summary>Events that were stored before their type was renamed, and are not fanned out yet, are found by the new name; they are sent as they were written.</summary>
    private static string CalledNow(string types) => types.Replace(".schedule.execution.", ".schedule.", StringComparison.Ordinal);

    public WebhookInfo ToInfo(int pending, int dead, DateTimeOffset now) => new(
        Id.ToString(), Name, Url, EventList, !Enabled ? "disabled" : StoppedBecause is null ? "active" : "stopped", StoppedBecause, pending, dead, LastDeliveredAt,
        PreviousUntil > now ? PreviousUntil : null, CreatedBy, CreatedAt, UpdatedAt, Etag.Of(Edit));
}

/// <summary>Something that happened, as it is told: the body is written once and is the same at every attempt.</summary>
internal sealed class OutboxEvent
{
    public long Sequence { get; init; }

    public Guid Id { get; init; }

    public required string Type { get; init; }

    public required string Subject { get; init; }

    public DateTimeOffset At { get; init; }

    /// <summary>A CloudEvent in structured mode.</summary>
    public required string Body { get; init; }

    /// <summary>Null: no deliveries were made of it yet.</summary>
    public DateTimeOffset? FannedOutAt { get; set; }
}

internal enum DeliveryState
{
    Pending,
    Delivered,

    /// <summary>Given up; a person can send it again.</summary>
    Dead,
}

/// <summary>One event on its way to one webhook.</summary>
internal sealed class WebhookDelivery
{
    public Guid Id { get; init; }

    public Guid WebhookId { get; init; }

    public Webhook Webhook { get; init; } = null!;

    public long EventSequence { get; init; }

    public OutboxEvent Event { get; init; } = null!;

    public DeliveryState State { get; set; }

    /// <summary>Since it was made, or sent again by a person.</summary>
    public int Attempts { get; set; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? NextAt { get; set; }

    public DateTimeOffset? DoneAt { get; set; }

    public int? LastStatus { get; set; }

    public string? LastError { get; set; }

    public List<DeliveryAttempt> Log { get; init; } = [];

    public DeliveryInfo ToInfo() => new(
        Id.ToString(), WebhookId.ToString(), Webhook.Name, Event.Id.ToString(), Event.Type, Event.Subject, State.ToString().ToLowerInvariant(), Attempts, CreatedAt,
        State == DeliveryState.Pending ? NextAt : null, DoneAt, LastStatus, LastError);
}

/// <summary>What came of sending once.</summary>
internal sealed class DeliveryAttempt
{
    public long Sequence { get; init; }

    public Guid DeliveryId { get; init; }

    public DateTimeOffset At { get; init; }

    public int? Status { get; init; }

    public string? Error { get; init; }

    public double DurationMs { get; init; }
}
