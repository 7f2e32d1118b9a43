using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Slipway.Server.Platform;

namespace Slipway.Server.Notifications.Webhooks;

/// <summary>
/// Delivers stored events, at least once: makes a delivery of each event for each webhook that wants it, sends what is due, stores what came of it. One webhook's
/// deliveries go one after the other; webhooks do not wait for each other.
/// </summary>
internal sealed partial class WebhookDispatcher(
    Database database, Writes writes, Changes changes, EventOutbox outbox, EventFanOut fanOut, WebhookSender sender, IHostApplicationLifetime lifetime, IOptions<WebhookOptions> options, TimeProvider time,
    ILogger<WebhookDispatcher> logger) : HostedLoop
{
    private static readonly TimeSpan SweepPace = TimeSpan.FromHours(1);
    private static readonly TimeSpan BusyPace = TimeSpan.FromSeconds(1);
    private readonly Dictionary<Guid, Task> sending = [];

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await outbox.RefreshAsync(cancellationToken);   // before anything can change: no event of it is lost
        await base.StartAsync(cancellationToken);
    }

    /// <summary>Removes events that are older than <see cref="WebhookOptions.Retention"/>, with their deliveries.</summary>
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        var before = time.GetUtcNow() - options.Value.Retention;
        await writes.RunAsync(
            async (db, token) =>
            {
                await db.Set<OutboxEvent>().Where(e => e.At < before).ExecuteDeleteAsync(token);
                return Result.Done;
            },
            cancellationToken);
    }

    protected override async Task LoopAsync(CancellationToken stoppingToken)
    {
        using var subscription = changes.Subscribe(c => c.Kind is "outbox" or "webhook");
        var nextSweep = DateTimeOffset.MinValue;
        try
        {
            await StartedAsync(stoppingToken);
            while (!stoppingToken.IsCancellationRequested)
            {
                try
                {
                    if (time.GetUtcNow() >= nextSweep)
                    {
                        await SweepAsync(stoppingToken);
                        nextSweep = time.GetUtcNow() + SweepPace;
                    }

                    await PassAsync(stoppingToken);
                    await subscription.WaitAsync(await PauseAsync(stoppingToken), time, stoppingToken);
                }
                catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
                {
                    LogPassFailed(exception);
                    await Task.Delay(options.Value.Pace, time, stoppingToken);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
        finally
        {
            await Task.WhenAll(sending.Values);
        }
    }

    // The master key is loaded by then.
    private async Task StartedAsync(CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(lifetime.ApplicationStarted, cancellationToken);
        await Task.Delay(Timeout.Infinite, either.Token).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        cancellationToken.ThrowIfCancellationRequested();
    }

    private async Task PassAsync(CancellationToken cancellationToken)
    {
        await FanOutAsync(cancellationToken);
        foreach (var done in sending.Where(s => s.Value.IsCompleted).Select(s => s.Key).ToList())
        {
            sending.Remove(done);
        }

        var now = time.GetUtcNow();
        await using var db = database.Read();
        var due = await db.Set<WebhookDelivery>().Where(d => d.State == DeliveryState.Pending && d.NextAt <= now && d.Webhook.Enabled && d.Webhook.StoppedBecause == null)
            .Select(d => d.WebhookId).Distinct().ToListAsync(cancellationToken);
        foreach (var webhook in due.Where(id => !sending.ContainsKey(id)))
        {
            sending[webhook] = SendDueAsync(webhook, cancellationToken);
        }
    }

    // Until the next delivery is due, and no longer than the pace.
    private async Task<TimeSpan> PauseAsync(CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        var next = await db.Set<WebhookDelivery>().Where(d => d.State == DeliveryState.Pending && d.Webhook.Enabled && d.Webhook.StoppedBecause == null)
            .MinAsync(d => d.NextAt, cancellationToken);
        var wait = next is { } at ? at - time.GetUtcNow() : options.Value.Pace;
        var most = options.Value.Pace;
        if (wait <= TimeSpan.Zero)
        {
            // It is due and its webhook is busy; the end of that is heard of.
            return most < BusyPace ? most : BusyPace;
        }

        return wait < most ? wait : most;
    }

    private async Task FanOutAsync(CancellationToken cancellationToken)
    {
        await using (var read = database.Read())
        {
            if (!await read.Set<OutboxEvent>().AnyAsync(e => e.FannedOutAt == null, cancellationToken))
            {
                return;
            }
        }

        await writes.RunAsync(
            async (db, token) =>
            {
                await fanOut.InAsync(db, token);
                db.Changed("webhook", "webhooks");
                return Result.Done;
            },
            cancellationToken);
    }

    private async Task SendDueAsync(Guid webhookId, CancellationToken cancellationToken)
    {
        try
        {
            while (await NextDueAsync(webhookId, cancellationToken) is { } delivery)
            {
                Failpoints.Pass("webhooks.before_send");
                var at = time.GetUtcNow();
                var (result, durationMs) = await sender.SendAsync(delivery.Webhook, delivery.Event, cancellationToken);
                Failpoints.Pass("webhooks.sent");
                var step = DeliveryDecision.After(result, delivery.Attempts + 1, options.Value, Random.Shared.NextDouble());
                await StoreAsync(delivery.Id, step, result, at, durationMs, cancellationToken);
                if (step.State != DeliveryState.Delivered)
                {
                    return;   // the others of this webhook are tried at the next pass
                }
            }
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            LogDeliveryFailed(exception, webhookId);
            await Task.Delay(options.Value.Pace, time, cancellationToken).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
        catch (OperationCanceledException)
        {
        }
    }

    private async Task<WebhookDelivery?> NextDueAsync(Guid webhookId, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await using var db = database.Read();
        return await db.Set<WebhookDelivery>().Include(d => d.Webhook).Include(d => d.Event)
            .Where(d => d.WebhookId == webhookId && d.State == DeliveryState.Pending && d.NextAt <= now && d.Webhook.Enabled && d.Webhook.StoppedBecause == null)
            .OrderBy(d => d.NextAt).ThenBy(d => d.EventSequence).FirstOrDefaultAsync(cancellationToken);
    }

    private async Task StoreAsync(Guid id, DeliveryStep step, SendResult result, DateTimeOffset at, double durationMs, CancellationToken cancellationToken) => await writes.RunAsync(
        async (db, token) =>
        {
            var delivery = await db.Set<WebhookDelivery>().Include(d => d.Webhook).SingleOrDefaultAsync(d => d.Id == id, token);
            if (delivery is null)
            {
                return Result.Done;   // its webhook was deleted meanwhile
            }

            var now = time.GetUtcNow();
            db.Add(new DeliveryAttempt { DeliveryId = id, At = at, Status = result.Status, Error = result.Error, DurationMs = Math.Round(durationMs, 1) });
            (delivery.Attempts, delivery.State, delivery.LastStatus, delivery.LastError) = (delivery.Attempts + 1, step.State, result.Status, result.Error);
            delivery.NextAt = step.State == DeliveryState.Pending ? now + step.Wait : null;
            delivery.DoneAt = step.State == DeliveryState.Pending ? null : now;
            delivery.Webhook.LastDeliveredAt = step.State == DeliveryState.Delivered ? now : delivery.Webhook.LastDeliveredAt;
            if (step.StopWebhook is { } because)
            {
                delivery.Webhook.StoppedBecause = because;
            }

            db.Changed("webhook", $"webhooks/{delivery.WebhookId}");
            return Result.Done;
        },
        cancellationToken);

    [LoggerMessage(LogLevel.Error, "Looking for events to deliver failed; next try in a few seconds")]
    private partial void LogPassFailed(Exception exception);

    [LoggerMessage(LogLevel.Error, "Delivering to webhook {Webhook} failed on this side; next try in a few seconds")]
    private partial void LogDeliveryFailed(Exception exception, Guid webhook);
}
