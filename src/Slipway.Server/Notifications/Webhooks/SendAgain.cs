using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Notifications.Webhooks;

/// <summary>Sends by a person's wish: a delivery once more, or an event that only tries the webhook.</summary>
internal sealed class SendAgain(Writes writes, EventOutbox outbox, FindWebhooks find, AuditLog audit, TimeProvider time)
{
    /// <summary>Makes a delivered or dead delivery pending again, with all its attempts before it.</summary>
    /// <returns>The delivery, <c>delivery_not_found</c>, <c>delivery_pending</c> or <c>webhook_not_active</c>.</returns>
    public async Task<Result<DeliveryDetail>> RedeliverAsync(Guid id, Actor by, CancellationToken cancellationToken)
    {
        var again = await writes.RunAsync(
            async (db, token) =>
            {
                var delivery = await db.Set<WebhookDelivery>().Include(d => d.Webhook).SingleOrDefaultAsync(d => d.Id == id, token);
                if (delivery is null)
                {
                    return WebhookRefusals.DeliveryNotFound();
                }

                if (delivery.State == DeliveryState.Pending)
                {
                    return WebhookRefusals.StillPending();
                }

                if (delivery.Webhook is not { Enabled: true, StoppedBecause: null })
                {
                    return WebhookRefusals.Stopped(delivery.Webhook.Name);
                }

                (delivery.State, delivery.Attempts, delivery.NextAt, delivery.DoneAt) = (DeliveryState.Pending, 0, time.GetUtcNow(), null);
                audit.Record(db, by, "webhook.redelivered", "webhook", delivery.WebhookId.ToString(), after: $$"""{"delivery":"{{id}}"}""");
                db.Changed("webhook", $"webhooks/{delivery.WebhookId}");
                return Result.Done;
            },
            cancellationToken);
        return again.Refusal is { } refusal ? refusal : await find.DeliveryAsync(id, cancellationToken);
    }

    /// <summary>Sends an event of type <see cref="EventTypes.Test"/> to one webhook.</summary>
    /// <returns>Its delivery, <c>webhook_not_found</c> or <c>webhook_not_active</c>.</returns>
    public async Task<Result<DeliveryDetail>> TestAsync(Guid webhookId, Actor by, CancellationToken cancellationToken)
    {
        var made = await writes.RunAsync<Guid>(
            async (db, token) =>
            {
                var webhook = await db.Set<Webhook>().SingleOrDefaultAsync(w => w.Id == webhookId, token);
                if (webhook is null)
                {
                    return WebhookRefusals.NotFound();
                }

                if (webhook is not { Enabled: true, StoppedBecause: null })
                {
                    return WebhookRefusals.Stopped(webhook.Name);
                }

                var now = time.GetUtcNow();
                var test = outbox.EventOf(EventTypes.Test, $"webhooks/{webhookId}", new JsonObject { ["webhook"] = webhook.Name, ["sent_by"] = by.Name });
                test.FannedOutAt = now;
                var delivery = new WebhookDelivery { Id = Guid.CreateVersion7(now), WebhookId = webhookId, Event = test, CreatedAt = now, NextAt = now };
                db.Add(delivery);
                db.Changed("webhook", $"webhooks/{webhookId}");
                return delivery.Id;
            },
            cancellationToken);
        return made.IsRefused ? made.Refusal! : await find.DeliveryAsync(made.Value, cancellationToken);
    }
}
