using Microsoft.Extensions.Options;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Notifications.Webhooks;
using Slipway.Server.Platform;

namespace Slipway.Server.Notifications;

/// <summary>The table of contents of this folder: its services and routes.</summary>
internal static class NotificationsFeature
{
    public static void AddNotifications(this IServiceCollection services)
    {
        services.AddOptions<NotificationOptions>().BindConfiguration("Slipway:Notifications").ValidateOnStart();
        services.AddSingleton<IValidateOptions<NotificationOptions>, NotificationOptionsValidator>();
        services.AddSingleton<Notices>();
        services.AddWebhooks();
        services.AddSingleton<ReadNotifications>();
        services.AddSingleton<ChooseNotifications>();
        services.AddSingleton<NotificationSweeper>();
        services.AddHostedService(provider => provider.GetRequiredService<NotificationSweeper>());
    }

    public static void MapNotifications(this IEndpointRouteBuilder routes)
    {
        routes.MapWebhooks();
        var own = routes.MapGroup("/api/v1/notifications").WithTags("Notifications");

        own.MapGet("/", async (ReadNotifications read, PageQuery page, Actor by, CancellationToken cancellationToken, bool unread = false) =>
            (await read.PageAsync(unread, page, by, cancellationToken)).ToOk())
            .RequireRight(Right.Read).WithName("ListNotifications").Produces<Page<NotificationInfo>>();

        own.MapGet("/unread", async (ReadNotifications read, Actor by, CancellationToken cancellationToken) => Results.Ok(await read.UnreadAsync(by, cancellationToken)))
            .RequireRight(Right.Read).WithName("CountUnreadNotifications").Produces<UnreadInfo>();

        own.MapPost("/{id}/read", async (string id, ReadNotifications read, Actor by, CancellationToken cancellationToken) =>
            (await read.MarkAsync(id, by, cancellationToken)).ToNoContent())
            .RequireRight(Right.ManageAccount).WithName("MarkNotificationRead").Produces(StatusCodes.Status204NoContent);

        own.MapPost("/read", async (JsonBody<MarkReadRequest> body, ReadNotifications read, Actor by, CancellationToken cancellationToken) =>
            (await read.MarkAllAsync(body.Value, by, cancellationToken)).ToOk())
            .RequireRight(Right.ManageAccount).WithName("MarkNotificationsRead").Produces<UnreadInfo>();

        own.MapGet("/preferences", async (ChooseNotifications choose, Actor by, CancellationToken cancellationToken) => Results.Ok(await choose.ShowAsync(by, cancellationToken)))
            .RequireRight(Right.Read).WithName("GetNotificationPreferences").Produces<NotificationPreferences>();

        own.MapPut("/preferences", async (JsonBody<SetNotificationPreferencesRequest> body, ChooseNotifications choose, Actor by, CancellationToken cancellationToken) =>
            (await choose.SetAsync(body.Value, by, cancellationToken)).ToOk())
            .RequireRight(Right.ManageAccount).WithName("SetNotificationPreferences").Produces<NotificationPreferences>();
    }
}
