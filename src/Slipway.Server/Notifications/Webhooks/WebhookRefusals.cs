using Slipway.Server.Platform;

namespace Slipway.Server.Notifications.Webhooks;

/// <summary>Every way in which webhooks say no.</summary>
internal static class WebhookRefusals
{
    public static Refusal NotFound() => Refusal.NotFound("webhook_not_found", "There is no such webhook.");

    public static Refusal DeliveryNotFound() => Refusal.NotFound("delivery_not_found", "There is no such delivery; deliveries are kept for a limited time.");

    public static Refusal BadName() => Refusal.Field("name", "A webhook's name has 1 to 128 characters, none of them a control character.");

    public static Refusal NameTaken(string name) => Refusal.Conflict("webhook_already_exists", $"There is a webhook named '{name}' already; choose another name.");

    public static Refusal BadUrl() => Refusal.Field("url", "Give an absolute https address of at most 2,000 characters, without user and password.");

    public static Refusal UrlRefused(Refusal why) => Refusal.Field("url", why.Detail);

    public static Refusal UnknownEvent(string type) => Refusal.Field(
        "events", $"There is no event '{(type.Length <= 128 && !type.Any(char.IsControl) ? type : "of that name")}'; GET /api/v1/webhooks/event-types lists them.");

    public static Refusal TooMany() => Refusal.Conflict("too_many_webhooks", $"There are {Webhook.Most} webhooks already; delete one first.");

    public static Refusal Stale() => Refusal.Stale("Somebody changed it since you read it; read it again and repeat your change.");

    public static Refusal StillPending() => Refusal.Conflict("delivery_pending", "This delivery is still being tried; only delivered and dead ones are sent again.");

    public static Refusal Stopped(string name) => Refusal.Conflict("webhook_not_active", $"The webhook '{name}' is disabled or stopped; enable it first.");

    public static Refusal BadState() => Refusal.Field("state", "state is pending, delivered or dead.");
}
