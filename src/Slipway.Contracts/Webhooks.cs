namespace Slipway.Contracts;

/// <summary>An address that is told of events.</summary>
/// <param name="Events">Types that it wants; empty: all.</param>
/// <param name="Status">active, disabled (by a person) or stopped (the other side said that it wants no more; <paramref name="StoppedBecause"/>).</param>
/// <param name="Pending">Deliveries that are still to be made.</param>
/// <param name="Dead">Deliveries that were given up and can be sent again.</param>
/// <param name="PreviousSecretUntil">Until when deliveries are signed with the secret before the last rotation too; null: they are not.</param>
/// <param name="Etag">For If-Match.</param>
public sealed record WebhookInfo(
    string Id, string Name, string Url, IReadOnlyList<string> Events, string Status, string? StoppedBecause, int Pending, int Dead, DateTimeOffset? LastDeliveredAt,
    DateTimeOffset? PreviousSecretUntil, string CreatedBy, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, string Etag);

/// <param name="Url">https; plain http and private addresses only where an operator has allowed the host.</param>
/// <param name="Events">Types that it wants; left out or empty: all, also those that come with later versions.</param>
public sealed record CreateWebhookRequest(string Name, string Url, IReadOnlyList<string>? Events = null);

/// <summary>What is left out stays.</summary>
/// <param name="Enabled">True also starts one again that had stopped.</param>
public sealed record UpdateWebhookRequest(string? Name = null, string? Url = null, IReadOnlyList<string>? Events = null, bool? Enabled = null);

/// <summary>The only answer that holds a webhook's secret.</summary>
/// <param name="Secret">For checking signatures, as Standard Webhooks writes it: <c>whsec_</c> and base64.</param>
public sealed record WebhookSecret(string Secret, WebhookInfo Webhook);

/// <summary>A type of event that webhooks can be told of.</summary>
public sealed record EventTypeInfo(string Type, string Description);

/// <summary>One event on its way to one webhook.</summary>
/// <param name="EventId">Also the header <c>webhook-id</c>; the same at every attempt.</param>
/// <param name="State">pending, delivered or dead.</param>
/// <param name="NextAt">When the next attempt is due; null: there is none.</param>
/// <param name="LastStatus">HTTP status of the last attempt; null: there was no answer.</param>
public sealed record DeliveryInfo(
    string Id, string WebhookId, string Webhook, string EventId, string Type, string Subject, string State, int Attempts, DateTimeOffset CreatedAt, DateTimeOffset? NextAt,
    DateTimeOffset? DoneAt, int? LastStatus, string? LastError);

/// <param name="Event">The body as it is sent.</param>
/// <param name="Log">Attempts, oldest first.</param>
public sealed record DeliveryDetail(DeliveryInfo Delivery, JsonElement Event, IReadOnlyList<DeliveryAttemptInfo> Log);

/// <param name="Status">HTTP status; null: there was no answer.</param>
public sealed record DeliveryAttemptInfo(DateTimeOffset At, int? Status, string? Error, double DurationMs);
