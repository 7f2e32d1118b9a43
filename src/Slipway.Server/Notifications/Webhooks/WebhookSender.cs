using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;
using Slipway.Server.Platform;

namespace Slipway.Server.Notifications.Webhooks;

/// <summary>Sends one event once.</summary>
internal sealed class WebhookSender(OutboundClient outbound, ISecretSeal seal, IOptions<WebhookOptions> options, TimeProvider time)
{
    /// <returns>What came back; everything that can go wrong on the way is in it.</returns>
    public async Task<(SendResult Result, double DurationMs)> SendAsync(Webhook webhook, OutboxEvent what, CancellationToken cancellationToken)
    {
        var began = Stopwatch.GetTimestamp();
        using var deadline = new CancellationTokenSource(options.Value.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        SendResult result;
        try
        {
            result = await SendAsync(webhook, what, Keys(webhook), either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            result = new SendResult(null, string.Create(CultureInfo.InvariantCulture, $"No answer within {options.Value.Timeout.TotalSeconds:0.###} s."));
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            result = new SendResult(null, $"Could not be reached ({(exception as HttpRequestException)?.HttpRequestError.ToString() ?? "connection lost"}).");
        }

        return (result, Stopwatch.GetElapsedTime(began).TotalMilliseconds);
    }

    private async Task<SendResult> SendAsync(Webhook webhook, OutboxEvent what, IReadOnlyList<byte[]> keys, CancellationToken cancellationToken)
    {
        var sent = await outbound.SendAsync(
            address =>
            {
                var timestamp = time.GetUtcNow().ToUnixTimeSeconds();
                var content = new ByteArrayContent(Encoding.UTF8.GetBytes(what.Body));
                content.Headers.ContentType = new MediaTypeHeaderValue("application/cloudevents+json", "utf-8");
                var message = new HttpRequestMessage(HttpMethod.Post, address) { Content = content };
                message.Headers.UserAgent.Add(new ProductInfoHeaderValue("Slipway-Webhooks", "1"));
                if (JsonNode.Parse(what.Body)?[EventOutbox.Traceparent]?.GetValue<string>() is { } traceparent)
                {
                    message.Headers.Add(EventOutbox.Traceparent, traceparent);
                }

                message.Headers.Add("webhook-id", what.Id.ToString());
                message.Headers.Add("webhook-timestamp", timestamp.ToString(CultureInfo.InvariantCulture));
                message.Headers.Add("webhook-signature", WebhookSignature.Of(keys, what.Id.ToString(), timestamp, what.Body));
                return message;
            },
            new Uri(webhook.Url), cancellationToken, followRedirects: false);
        if (sent.Refusal is { } refusal)
        {
            return new SendResult(null, refusal.Detail, Hopeless: true);
        }

        using var answer = sent.Value;
        var status = (int)answer.StatusCode;
        return new SendResult(status, status switch { < 300 => null, < 400 => "The other side redirects, which is not followed; use the final address.", _ => $"The other side answered {status}." }, RetryAfter(answer));
    }

    private IReadOnlyList<byte[]> Keys(Webhook webhook)
    {
        var bound = Webhook.Bound(webhook.Id);
        return webhook.PreviousSecret is { } previous && webhook.PreviousUntil > time.GetUtcNow()
            ? [seal.Open(webhook.Secret, bound), seal.Open(previous, bound)]
            : [seal.Open(webhook.Secret, bound)];
    }

    private TimeSpan? RetryAfter(HttpResponseMessage answer) => answer.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } when date > time.GetUtcNow() => date - time.GetUtcNow(),
        _ => null,
    };
}
