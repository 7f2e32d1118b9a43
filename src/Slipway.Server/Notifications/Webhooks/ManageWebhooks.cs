using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Notifications.Webhooks;

/// <summary>Makes, changes and deletes webhooks, and gives them new secrets. A secret is in one answer and nowhere else.</summary>
internal sealed class ManageWebhooks(
    Writes writes, ISecretSeal seal, OutboundClient outbound, EventOutbox outbox, EventFanOut fanOut, FindWebhooks find, AuditLog audit, IOptions<WebhookOptions> options, TimeProvider time)
{
    /// <returns>The webhook with its secret, <c>invalid_field</c>, <c>webhook_already_exists</c> or <c>too_many_webhooks</c>.</returns>
    public async Task<Result<WebhookSecret>> CreateAsync(CreateWebhookRequest request, Actor by, CancellationToken cancellationToken)
    {
        if (Check(request.Name, request.Url, request.Events) is { } refusal)
        {
            return refusal;
        }

        var key = WebhookSignature.NewKey();
        var made = await writes.RunAsync<Guid>(
            async (db, token) =>
            {
                if (await db.Set<Webhook>().AnyAsync(w => w.ProjectId == Project.Default && w.Name == request.Name, token))
                {
                    return WebhookRefusals.NameTaken(request.Name);
                }

                if (await db.Set<Webhook>().CountAsync(token) >= Webhook.Most)
                {
                    return WebhookRefusals.TooMany();
                }

                var now = time.GetUtcNow();
                var id = Guid.CreateVersion7(now);
                db.Add(new Webhook
                {
                    Id = id, ProjectId = Project.Default, Name = request.Name, Url = request.Url, Events = string.Join(',', request.Events ?? []), Enabled = true,
                    Secret = seal.Seal(key, Webhook.Bound(id)), CreatedBy = by.Name, CreatedAt = now, UpdatedAt = now,
                });
                Record(db, by, "webhook.created", id, request.Name, request.Url);
                return id;
            },
            cancellationToken);
        return await AnswerAsync(made, key);
    }

    /// <returns>The webhook, <c>webhook_not_found</c>, <c>invalid_field</c>, <c>webhook_already_exists</c> or <c>stale_etag</c>.</returns>
    public async Task<Result<WebhookInfo>> UpdateAsync(Guid id, UpdateWebhookRequest request, string? ifMatch, Actor by, CancellationToken cancellationToken)
    {
        if (Check(request.Name, request.Url, request.Events) is { } refusal)
        {
            return refusal;
        }

        var changed = await writes.RunAsync(
            async (db, token) =>
            {
                var webhook = await db.Set<Webhook>().SingleOrDefaultAsync(w => w.Id == id, token);
                if (webhook is null)
                {
                    return WebhookRefusals.NotFound();
                }

                if (ifMatch is not null && !Etag.Matches(ifMatch, webhook.Edit))
                {
                    return WebhookRefusals.Stale();
                }

                if (request.Name is { } name && name != webhook.Name && await db.Set<Webhook>().AnyAsync(w => w.ProjectId == webhook.ProjectId && w.Name == name, token))
                {
                    return WebhookRefusals.NameTaken(name);
                }

                await fanOut.InAsync(db, token);
                (webhook.Name, webhook.Url) = (request.Name ?? webhook.Name, request.Url ?? webhook.Url);
                webhook.Events = request.Events is null ? webhook.Events : string.Join(',', request.Events);
                webhook.Enabled = request.Enabled ?? webhook.Enabled;
                webhook.StoppedBecause = request.Enabled == true ? null : webhook.StoppedBecause;
                (webhook.UpdatedAt, webhook.Edit) = (time.GetUtcNow(), webhook.Edit + 1);
                Record(db, by, "webhook.updated", id, webhook.Name, webhook.Url);
                return Result.Done;
            },
            cancellationToken);
        await outbox.RefreshAsync(CancellationToken.None);
        return changed.Refusal is { } no ? no : await find.OneAsync(id, cancellationToken);
    }

    /// <returns>Done or <c>webhook_not_found</c>.</returns>
    public async Task<Result> DeleteAsync(Guid id, Actor by, CancellationToken cancellationToken)
    {
        var deleted = await writes.RunAsync(
            async (db, token) =>
            {
                var webhook = await db.Set<Webhook>().SingleOrDefaultAsync(w => w.Id == id, token);
                if (webhook is null)
                {
                    return WebhookRefusals.NotFound();
                }

                db.Remove(webhook);
                Record(db, by, "webhook.deleted", id, webhook.Name, webhook.Url);
                return Result.Done;
            },
            cancellationToken);
        await outbox.RefreshAsync(CancellationToken.None);
        return deleted;
    }

    /// <summary>A new secret; the one before signs too for a while, so that the other side can change over without a gap.</summary>
    /// <returns>The webhook with its new secret, or <c>webhook_not_found</c>.</returns>
    public async Task<Result<WebhookSecret>> RotateAsync(Guid id, Actor by, CancellationToken cancellationToken)
    {
        var key = WebhookSignature.NewKey();
        var rotated = await writes.RunAsync<Guid>(
            async (db, token) =>
            {
                var webhook = await db.Set<Webhook>().SingleOrDefaultAsync(w => w.Id == id, token);
                if (webhook is null)
                {
                    return WebhookRefusals.NotFound();
                }

                var now = time.GetUtcNow();
                (webhook.PreviousSecret, webhook.PreviousUntil) = (webhook.Secret, now + options.Value.RotationOverlap);
                webhook.Secret = seal.Seal(key, Webhook.Bound(id));
                (webhook.UpdatedAt, webhook.Edit) = (now, webhook.Edit + 1);
                Record(db, by, "webhook.secret_rotated", id, webhook.Name, webhook.Url);
                return id;
            },
            cancellationToken);
        return await AnswerAsync(rotated, key);
    }

    private async Task<Result<WebhookSecret>> AnswerAsync(Result<Guid> id, byte[] key)
    {
        await outbox.RefreshAsync(CancellationToken.None);
        if (id.Refusal is { } refusal)
        {
            return refusal;
        }

        var shown = await find.OneAsync(id.Value, CancellationToken.None);
        return shown.IsRefused ? shown.Refusal! : new WebhookSecret(WebhookSignature.Text(key), shown.Value);
    }

    private Refusal? Check(string? name, string? url, IReadOnlyList<string>? events)
    {
        if (name is not null && (name.Length is 0 or > 128 || string.IsNullOrWhiteSpace(name) || name.Any(char.IsControl)))
        {
            return WebhookRefusals.BadName();
        }

        if (url is not null)
        {
            if (url.Length > 2000 || !Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Fragment.Length > 0)
            {
                return WebhookRefusals.BadUrl();
            }

            if (outbound.Check(address) is { } refused)
            {
                return WebhookRefusals.UrlRefused(refused);
            }
        }

        return events?.FirstOrDefault(type => !EventTypes.Exists(type)) is { } unknown ? WebhookRefusals.UnknownEvent(unknown) : null;
    }

    private void Record(SlipwayDbContext db, Actor by, string action, Guid id, string name, string url)
    {
        // An address may carry a token in its query: the trail keeps where it goes, not what it says.
        var after = new System.Text.Json.Nodes.JsonObject { ["name"] = name, ["url"] = new Uri(url).GetLeftPart(UriPartial.Path) };
        audit.Record(db, by, action, "webhook", id.ToString(), after: after.ToJsonString());
        db.Changed("webhook", $"webhooks/{id}");
    }
}
