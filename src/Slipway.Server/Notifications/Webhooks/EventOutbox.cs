using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Slipway.Server.Platform;

namespace Slipway.Server.Notifications.Webhooks;

/// <summary>Stores events that some webhook wants, as CloudEvents 1.0 in structured mode.</summary>
/// <remarks>
/// Which types are wanted is kept in memory and loaded again after each change of a webhook, so that a change nobody listens to costs no row. A unit that began before
/// a webhook was made may miss it; the webhook hears of everything from then on.
/// </remarks>
internal sealed class EventOutbox(Database database, IOptions<WebhookOptions> options, TimeProvider time) : IEventOutbox
{
    public const string Traceparent = "traceparent";

    private IReadOnlyList<Webhook> listening = [];

    public void Record(SlipwayDbContext db, string type, string subject, JsonObject data)
    {
        if (Volatile.Read(ref listening).Any(w => w.Wants(type)))
        {
            db.Add(EventOf(type, subject, data, db.Traceparent));
            db.Changed("outbox", subject);
        }
    }

    /// <summary>The event, stored by nobody yet.</summary>
    /// <param name="traceparent">The extension of that name; null: it has none.</param>
    public OutboxEvent EventOf(string type, string subject, JsonObject data, string? traceparent = null)
    {
        var now = time.GetUtcNow();
        var id = Guid.CreateVersion7(now);
        var body = new JsonObject
        {
            ["specversion"] = "1.0", ["id"] = id.ToString(), ["source"] = options.Value.Source, ["type"] = type, ["subject"] = subject,
            ["time"] = now.UtcDateTime.ToString("O", CultureInfo.InvariantCulture), ["datacontenttype"] = "application/json", ["data"] = data,
        };
        if (traceparent is not null)
        {
            body[Traceparent] = traceparent;
        }

        return new OutboxEvent { Id = id, Type = type, Subject = subject, At = now, Body = body.ToJsonString(Relaxed) };
    }

    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        Volatile.Write(ref listening, await db.Set<Webhook>().ToListAsync(cancellationToken));
    }

    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
