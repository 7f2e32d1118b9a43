using System.Text.Json;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Notifications;
using Slipway.Server.Platform;

namespace Slipway.Server.Status;

/// <summary>Tells a page what has changed, by server-sent events. It says only that something changed; the page asks again and gets what it may see.</summary>
internal static class EventStream
{
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    public static async Task RunAsync(
        HttpContext context, Caller caller, Changes changes, Authentication authentication, IHostApplicationLifetime lifetime, TimeProvider time)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        using var subscription = changes.Subscribe();
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers["X-Accel-Buffering"] = "no";
        try
        {
            await SendAsync(context, "retry: 2000\n: connected\n\n", ended.Token);
            while (await WaitAsync(subscription, time, ended.Token) is var some)
            {
                // A key or session may have ended while the stream was open.
                if (authentication.Identify(context) is { IsRefused: true })
                {
                    return;
                }

                if (!some)
                {
                    await SendAsync(context, ": heartbeat\n\n", ended.Token);
                    continue;
                }

                while (subscription.Reader.TryRead(out var change))
                {
                    if (MaySee(caller.Actor, change))
                    {
                        var json = JsonSerializer.Serialize(new ServerEvent(change.Sequence, change.Kind, change.Resource, change.At), ContractsJson.Default.ServerEvent);
                        await context.Response.WriteAsync($"event: change\nid: {change.Sequence}\ndata: {json}\n\n", ended.Token);
                    }
                }

                await context.Response.Body.FlushAsync(ended.Token);
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
        }
    }

    private static bool MaySee(Actor actor, Change change) => change.Kind switch
    {
        "session" or "outbox" => false,
        "user" or "key" or "webhook" => Authorize.Check(actor, Right.Administer, Project.Default) is null,
        Notices.ChangeKind => change.Resource == Notices.Resource(actor.UserId),
        _ => true,
    };

    private static async Task SendAsync(HttpContext context, string text, CancellationToken cancellationToken)
    {
        await context.Response.WriteAsync(text, cancellationToken);
        await context.Response.Body.FlushAsync(cancellationToken);
    }

    /// <returns>False: it is time for a heartbeat.</returns>
    private static async Task<bool> WaitAsync(Changes.Subscription subscription, TimeProvider time, CancellationToken cancellationToken)
    {
        using var pace = new CancellationTokenSource(Heartbeat, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(pace.Token, cancellationToken);
        try
        {
            return await subscription.Reader.WaitToReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }
}
