using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Platform;

namespace Slipway.Server.Notifications.Webhooks;

/// <summary>Reads webhooks and the log of what they were sent.</summary>
internal sealed class FindWebhooks(Database database, TimeProvider time)
{
    /// <summary>All webhooks in the order of their names; there are at most <see cref="Webhook.Most"/>.</summary>
    public async Task<Page<WebhookInfo>> AllAsync(CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        return new Page<WebhookInfo>(await InfosAsync(db, db.Set<Webhook>().OrderBy(w => w.Name), cancellationToken), null);
    }

    public async Task<Result<WebhookInfo>> OneAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        return await InfosAsync(db, db.Set<Webhook>().Where(w => w.Id == id), cancellationToken) is [var webhook] ? webhook : WebhookRefusals.NotFound();
    }

    /// <summary>Deliveries, newest first.</summary>
    /// <param name="webhook">Of this one; null: of all.</param>
    public async Task<Result<Page<DeliveryInfo>>> DeliveriesAsync(Guid? webhook, string? state, PageQuery page, CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        if (webhook is not null && !await db.Set<Webhook>().AnyAsync(w => w.Id == webhook, cancellationToken))
        {
            return WebhookRefusals.NotFound();
        }

        var rows = db.Set<WebhookDelivery>().Where(d => webhook == null || d.WebhookId == webhook);
        if (!string.IsNullOrEmpty(state))
        {
            if (!Enum.TryParse<DeliveryState>(state, ignoreCase: true, out var wanted) || !Enum.IsDefined(wanted) || char.IsAsciiDigit(state[0]))
            {
                return WebhookRefusals.BadState();
            }

            rows = rows.Where(d => d.State == wanted);
        }

        if (page.After is { } after)
        {
            if (!Guid.TryParse(after, out var last))
            {
                return PageQuery.TokenInvalid;
            }

            rows = rows.Where(d => d.Id.CompareTo(last) < 0);
        }

        var found = await rows.OrderByDescending(d => d.Id).Take(page.Limit + 1).Include(d => d.Webhook).Include(d => d.Event).ToListAsync(cancellationToken);
        return page.Of(found, d => d.Id.ToString(), d => d.ToInfo());
    }

    public async Task<Result<DeliveryDetail>> DeliveryAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        var delivery = await db.Set<WebhookDelivery>().Include(d => d.Webhook).Include(d => d.Event).Include(d => d.Log).AsSplitQuery().SingleOrDefaultAsync(d => d.Id == id, cancellationToken);
        return delivery is null
            ? WebhookRefusals.DeliveryNotFound()
            : new DeliveryDetail(
                delivery.ToInfo(), JsonElement.Parse(delivery.Event.Body),
                [.. delivery.Log.OrderBy(a => a.Sequence).Select(a => new DeliveryAttemptInfo(a.At, a.Status, a.Error, a.DurationMs))]);
    }

    private async Task<List<WebhookInfo>> InfosAsync(SlipwayDbContext db, IQueryable<Webhook> webhooks, CancellationToken cancellationToken)
    {
        var rows = await webhooks.Select(w => new
        {
            Webhook = w,
            Pending = db.Set<WebhookDelivery>().Count(d => d.WebhookId == w.Id && d.State == DeliveryState.Pending),
            Dead = db.Set<WebhookDelivery>().Count(d => d.WebhookId == w.Id && d.State == DeliveryState.Dead),
        }).ToListAsync(cancellationToken);
        var now = time.GetUtcNow();
        return rows.ConvertAll(r => r.Webhook.ToInfo(r.Pending, r.Dead, now));
    }
}
