using Microsoft.Extensions.Options;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Notifications.Webhooks;

/// <summary>Services and routes of webhooks. All of them are an administrator's: an address gets to see what happens everywhere.</summary>
internal static class WebhookRoutes
{
    public static void AddWebhooks(this IServiceCollection services)
    {
        services.AddOptions<WebhookOptions>().BindConfiguration("Slipway:Webhooks").ValidateOnStart();
        services.AddSingleton<IValidateOptions<WebhookOptions>, WebhookOptionsValidator>();
        services.AddSingleton<EventOutbox>();
        services.AddSingleton<IEventOutbox>(provider => provider.GetRequiredService<EventOutbox>());
        services.AddSingleton<EventFanOut>();
        services.AddSingleton<ManageWebhooks>();
        services.AddSingleton<FindWebhooks>();
        services.AddSingleton<SendAgain>();
        services.AddSingleton<WebhookSender>();
        services.AddSingleton<WebhookDispatcher>();
        services.AddHostedService(provider => provider.GetRequiredService<WebhookDispatcher>());
    }

    public static void MapWebhooks(this IEndpointRouteBuilder routes)
    {
        var webhooks = routes.MapGroup("/api/v1/webhooks").WithTags("Webhooks").RequireRight(Right.Administer);

        webhooks.MapGet("/", async (FindWebhooks find, CancellationToken cancellationToken) => Results.Ok(await find.AllAsync(cancellationToken)))
            .WithName("ListWebhooks").Produces<Page<WebhookInfo>>();

        // The answer holds a secret: no idempotency key, which would store it.
        webhooks.MapPost("/", async (JsonBody<CreateWebhookRequest> body, ManageWebhooks manage, Actor by, CancellationToken cancellationToken) =>
            (await manage.CreateAsync(body.Value, by, cancellationToken)).ToCreated(w => $"/api/v1/webhooks/{w.Webhook.Id}"))
            .WithName("CreateWebhook").Produces<WebhookSecret>(StatusCodes.Status201Created);

        webhooks.MapGet("/event-types", () => Results.Ok(new Page<EventTypeInfo>([.. EventTypes.All.Select(t => new EventTypeInfo(t.Type, t.Description))], null)))
            .WithName("ListEventTypes").Produces<Page<EventTypeInfo>>();

        webhooks.MapGet("/deliveries", async (FindWebhooks find, PageQuery page, CancellationToken cancellationToken, string? state = null) =>
            (await find.DeliveriesAsync(null, state, page, cancellationToken)).ToOk())
            .WithName("ListDeliveries").Produces<Page<DeliveryInfo>>();

        webhooks.MapGet("/deliveries/{id:guid}", async (Guid id, FindWebhooks find, CancellationToken cancellationToken) => (await find.DeliveryAsync(id, cancellationToken)).ToOk())
            .WithName("GetDelivery").Produces<DeliveryDetail>();

        webhooks.MapPost("/deliveries/{id:guid}/redeliver", async (Guid id, SendAgain again, Actor by, CancellationToken cancellationToken) =>
            (await again.RedeliverAsync(id, by, cancellationToken)).ToAccepted())
            .WithName("Redeliver").Produces<DeliveryDetail>(StatusCodes.Status202Accepted);

        webhooks.MapGet("/{id:guid}", async (Guid id, HttpContext http, FindWebhooks find, CancellationToken cancellationToken) =>
            (await find.OneAsync(id, cancellationToken)).ToOk(http, w => w.Etag))
            .WithName("GetWebhook").Produces<WebhookInfo>();

        webhooks.MapPatch("/{id:guid}", async (Guid id, JsonBody<UpdateWebhookRequest> body, HttpContext http, ManageWebhooks manage, Actor by, CancellationToken cancellationToken) =>
            (await manage.UpdateAsync(id, body.Value, Etag.Of(http.Request), by, cancellationToken)).ToOk(http, w => w.Etag))
            .WithName("UpdateWebhook").Produces<WebhookInfo>();

        webhooks.MapDelete("/{id:guid}", async (Guid id, ManageWebhooks manage, Actor by, CancellationToken cancellationToken) =>
            (await manage.DeleteAsync(id, by, cancellationToken)).ToNoContent())
            .WithName("DeleteWebhook").Produces(StatusCodes.Status204NoContent);

        webhooks.MapPost("/{id:guid}/rotate-secret", async (Guid id, ManageWebhooks manage, Actor by, CancellationToken cancellationToken) =>
            (await manage.RotateAsync(id, by, cancellationToken)).ToOk())
            .WithName("RotateWebhookSecret").Produces<WebhookSecret>();

        webhooks.MapPost("/{id:guid}/test", async (Guid id, SendAgain again, Actor by, CancellationToken cancellationToken) =>
            (await again.TestAsync(id, by, cancellationToken)).ToAccepted())
            .WithName("TestWebhook").Produces<DeliveryDetail>(StatusCodes.Status202Accepted);

        webhooks.MapGet("/{id:guid}/deliveries", async (Guid id, FindWebhooks find, PageQuery page, CancellationToken cancellationToken, string? state = null) =>
            (await find.DeliveriesAsync(id, state, page, cancellationToken)).ToOk())
            .WithName("ListWebhookDeliveries").Produces<Page<DeliveryInfo>>();
    }
}
