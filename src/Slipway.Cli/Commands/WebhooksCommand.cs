using Slipway.Contracts;

namespace Slipway.Cli.Commands;

/// <summary><c>slipway webhooks …</c></summary>
internal static class WebhooksCommand
{
    public static Command Create() => new("webhooks", "Addresses that are told of events: list, create, update, delete, rotate-secret, test, events, deliveries, delivery, redeliver.")
    {
        List(), CreateOne(), Update(), Delete(), Rotate(), Test(), Events(), Deliveries(), Delivery(), Redeliver(),
    };

    private static string Path(string? id = null) => "/api/v1/webhooks" + (id is null ? "" : $"/{Uri.EscapeDataString(id)}");

    private static Argument<string> Id() => new("ID") { Description = "As 'slipway webhooks list' shows it." };

    private static Command List() => new Command("list", "All webhooks, and how their deliveries go.").Runs(async (_, context, cancellationToken) =>
    {
        var page = await context.Api.GetAsync(Path(), ContractsJson.Default.PageWebhookInfo, cancellationToken);
        context.WriteTable(
            page, ContractsJson.Default.PageWebhookInfo, "No webhooks. Make one with: slipway webhooks create NAME URL", ["ID", "NAME", "URL", "EVENTS", "STATUS", "PENDING", "DEAD", "LAST DELIVERED"],
            w => [w.Id, w.Name, w.Url, w.Events.Count == 0 ? "all" : string.Join(',', w.Events), w.StoppedBecause ?? w.Status, $"{w.Pending}", $"{w.Dead}", CommandContext.Time(w.LastDeliveredAt)]);
        return ExitCode.Done;
    });

    private static Command CreateOne()
    {
        var (name, url) = (new Argument<string>("NAME"), new Argument<string>("URL"));
        var events = new Option<string?>("--events") { Description = "Types by commas; left out: all." };
        return new Command("create", "Tell an address of events; the secret is shown once: slipway webhooks create ci https://ci.example/hook") { name, url, events }.Runs(async (parse, context, cancellationToken) =>
        {
            var request = new CreateWebhookRequest(parse.GetValue(name)!, parse.GetValue(url)!, parse.GetValue(events)?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
            WriteSecret(context, await context.Api.PostAsync(Path(), request, ContractsJson.Default.CreateWebhookRequest, ContractsJson.Default.WebhookSecret, cancellationToken));
            return ExitCode.Done;
        });
    }

    private static Command Update()
    {
        var (id, name, url) = (Id(), new Option<string?>("--name"), new Option<string?>("--url"));
        var events = new Option<string?>("--events") { Description = "Types by commas; empty: all." };
        var enabled = new Option<bool?>("--enabled") { Description = "true (also starts one again that had stopped) or false." };
        return new Command("update", "Change a webhook: slipway webhooks update ID --enabled true") { id, name, url, events, enabled }.Runs(async (parse, context, cancellationToken) =>
        {
            var request = new UpdateWebhookRequest(
                parse.GetValue(name), parse.GetValue(url), parse.GetValue(events)?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries), parse.GetValue(enabled));
            var updated = await context.Api.PatchAsync(Path(parse.GetValue(id)), request, ContractsJson.Default.UpdateWebhookRequest, ContractsJson.Default.WebhookInfo, cancellationToken);
            context.Write(updated, ContractsJson.Default.WebhookInfo, w => Console.Out.WriteLine($"{w.Name}: {w.Status}"));
            return ExitCode.Done;
        });
    }

    private static Command Delete()
    {
        var (id, yes) = (Id(), new Option<bool>("--yes") { Description = "Do not ask." });
        return new Command("delete", "Delete a webhook with its log.") { id, yes }.Runs(async (parse, context, cancellationToken) =>
        {
            Confirm.Deletion(parse.GetValue(yes), parse.GetValue(id)!);
            await context.Api.CallAsync(HttpMethod.Delete, Path(parse.GetValue(id)), cancellationToken);
            return ExitCode.Done;
        });
    }

    private static Command Rotate()
    {
        var id = Id();
        return new Command("rotate-secret", "A new secret; the old one signs too for a day.") { id }.Runs(async (parse, context, cancellationToken) =>
        {
            WriteSecret(context, await context.Api.PostAsync($"{Path(parse.GetValue(id))}/rotate-secret", ContractsJson.Default.WebhookSecret, cancellationToken));
            return ExitCode.Done;
        });
    }

    private static Command Test()
    {
        var id = Id();
        return new Command("test", "Send an event that only tries the webhook.") { id }.Runs(async (parse, context, cancellationToken) =>
        {
            var sent = await context.Api.PostAsync($"{Path(parse.GetValue(id))}/test", ContractsJson.Default.DeliveryDetail, cancellationToken);
            context.Write(sent, ContractsJson.Default.DeliveryDetail, d => Console.Out.WriteLine(d.Delivery.Id));
            CommandContext.Say($"See what came of it with: slipway webhooks delivery {sent.Delivery.Id}");
            return ExitCode.Done;
        });
    }

    private static Command Events() => new Command("events", "Types of events.").Runs(async (_, context, cancellationToken) =>
    {
        var page = await context.Api.GetAsync($"{Path()}/event-types", ContractsJson.Default.PageEventTypeInfo, cancellationToken);
        context.WriteTable(page, ContractsJson.Default.PageEventTypeInfo, "There are no types.", ["TYPE", "TELLS THAT"], t => [t.Type, t.Description]);
        return ExitCode.Done;
    });

    private static Command Deliveries()
    {
        var webhook = new Option<string?>("--webhook") { Description = "Only of this one." };
        var state = new Option<string?>("--state") { Description = "pending, delivered or dead." };
        return new Command("deliveries", "What was sent, newest first: slipway webhooks deliveries --state dead") { webhook, state }.Runs(async (parse, context, cancellationToken) =>
        {
            var path = $"{(parse.GetValue(webhook) is { } one ? Path(one) : Path())}/deliveries?state={Uri.EscapeDataString(parse.GetValue(state) ?? "")}";
            var items = await context.Api.ListAsync(path, ContractsJson.Default.PageDeliveryInfo, cancellationToken, most: 500).ToListAsync(cancellationToken);
            context.WriteTable(
                new Page<DeliveryInfo>(items, null), ContractsJson.Default.PageDeliveryInfo, "Nothing was sent.", ["ID", "WEBHOOK", "TYPE", "SUBJECT", "STATE", "ATTEMPTS", "NEXT", "LAST ERROR"],
                d => [d.Id, d.Webhook, d.Type, d.Subject, d.State, $"{d.Attempts}", CommandContext.Time(d.NextAt), d.LastError]);
            return ExitCode.Done;
        });
    }

    private static Command Delivery()
    {
        var id = new Argument<string>("DELIVERY");
        return new Command("delivery", "One delivery: the event and every attempt.") { id }.Runs(async (parse, context, cancellationToken) =>
        {
            var detail = await context.Api.GetAsync($"{Path("deliveries")}/{Uri.EscapeDataString(parse.GetValue(id)!)}", ContractsJson.Default.DeliveryDetail, cancellationToken);
            context.Write(detail, ContractsJson.Default.DeliveryDetail, d =>
            {
                CommandContext.WriteFacts(("State", d.Delivery.State), ("Webhook", d.Delivery.Webhook), ("Event", d.Event.ToString()));
                foreach (var attempt in d.Log)
                {
                    Console.Out.WriteLine($"{CommandContext.Time(attempt.At)}  {attempt.Status?.ToString() ?? "no answer"}  {attempt.DurationMs} ms  {attempt.Error}");
                }
            });
            return ExitCode.Done;
        });
    }

    private static Command Redeliver()
    {
        var id = new Argument<string>("DELIVERY");
        return new Command("redeliver", "Send a delivered or dead one again.") { id }.Runs(async (parse, context, cancellationToken) =>
        {
            var again = await context.Api.PostAsync($"{Path("deliveries")}/{Uri.EscapeDataString(parse.GetValue(id)!)}/redeliver", ContractsJson.Default.DeliveryDetail, cancellationToken);
            context.Write(again, ContractsJson.Default.DeliveryDetail, d => Console.Out.WriteLine(d.Delivery.State));
            return ExitCode.Done;
        });
    }

    private static void WriteSecret(CommandContext context, WebhookSecret made)
    {
        context.Write(made, ContractsJson.Default.WebhookSecret, m => Console.Out.WriteLine(m.Secret));
        CommandContext.Say($"The secret of {made.Webhook.Name} ({made.Webhook.Id}); it is not shown again.");
    }
}
