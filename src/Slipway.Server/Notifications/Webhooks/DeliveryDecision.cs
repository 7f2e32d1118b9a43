namespace Slipway.Server.Notifications.Webhooks;

/// <summary>What came back when an event was sent.</summary>
/// <param name="Status">HTTP status; null: there was no answer.</param>
/// <param name="Error">Why there was none, or what is wrong with the answer; null: nothing.</param>
/// <param name="RetryAfter">How long the other side asks to wait.</param>
/// <param name="Hopeless">The address itself is refused: another attempt would end the same.</param>
internal sealed record SendResult(int? Status, string? Error, TimeSpan? RetryAfter = null, bool Hopeless = false);

/// <summary>What is done next with a delivery.</summary>
/// <param name="State">What it becomes.</param>
/// <param name="Wait">Until the next attempt, when it stays pending.</param>
/// <param name="StopWebhook">Why nothing more is sent to this webhook; null: it goes on.</param>
internal sealed record DeliveryStep(DeliveryState State, TimeSpan? Wait = null, string? StopWebhook = null);

internal static class DeliveryDecision
{
    /// <param name="attempts">How often it was sent, this time included.</param>
    /// <param name="chance">0 to below 1: spreads the waits of many over time.</param>
    /// <remarks>Source: the delivery rules of CloudEvents' HTTP webhooks (2xx done, 410 and 415 end it, 429 with Retry-After waits).</remarks>
    public static DeliveryStep After(SendResult result, int attempts, WebhookOptions options, double chance)
    {
        if (result is { Status: >= 200 and < 300 })
        {
            return new DeliveryStep(DeliveryState.Delivered);
        }

        if (result.Status is 410 or 415)
        {
            return new DeliveryStep(DeliveryState.Dead, StopWebhook: $"The other side answered {result.Status}: it wants no more events.");
        }

        if (result.Hopeless || attempts >= options.MostAttempts)
        {
            return new DeliveryStep(DeliveryState.Dead);
        }

        // 5 s, 20 s, 80 s, …; three quarters of it at least, so that those that failed together do not come back together.
        var grown = options.FirstWait.TotalSeconds * Math.Pow(4, Math.Min(attempts - 1, 20));
        var wait = TimeSpan.FromSeconds(Math.Min(grown, options.LongestWait.TotalSeconds) * (0.75 + (chance / 4)));
        return new DeliveryStep(DeliveryState.Pending, result.RetryAfter > wait ? TimeSpan.FromTicks(Math.Min(result.RetryAfter.Value.Ticks, options.LongestWait.Ticks)) : wait);
    }
}
