using Microsoft.EntityFrameworkCore;
using Slipway.Server.Platform;

namespace Slipway.Server.Notifications.Webhooks;

/// <summary>Makes deliveries of stored events, one for each webhook that wants them now.</summary>
internal sealed class EventFanOut(TimeProvider time)
{
    private const int MostAtOnce = 500;

    /// <summary>
    /// In the dispatcher's unit, and in that of a change of a webhook before the change: so an event goes to those who listened when it happened, and one that
    /// happened while a webhook was stopped does not come when it starts again.
    /// </summary>
    public async Task InAsync(SlipwayDbContext db, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var fresh = await db.Set<OutboxEvent>().Where(e => e.FannedOutAt == null).OrderBy(e => e.Sequence).Take(MostAtOnce).ToListAsync(cancellationToken);
        var webhooks = fresh.Count == 0 ? [] : await db.Set<Webhook>().AsNoTracking().ToListAsync(cancellationToken);
        foreach (var one in fresh)
        {
            one.FannedOutAt = now;
            foreach (var webhook in webhooks.Where(w => w.Wants(one.Type) && w.CreatedAt <= one.At))
            {
                db.Add(new WebhookDelivery { Id = Guid.CreateVersion7(one.At), WebhookId = webhook.Id, EventSequence = one.Sequence, CreatedAt = now, NextAt = now });
            }
        }
    }
}
