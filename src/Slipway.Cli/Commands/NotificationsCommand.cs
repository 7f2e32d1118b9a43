using Slipway.Contracts;

namespace Slipway.Cli.Commands;

/// <summary><c>slipway notifications …</c></summary>
internal static class NotificationsCommand
{
    public static Command Create() => new("notifications", "Messages to you: list, read, preferences, prefer.") { List(), Read(), Preferences(), Prefer() };

    private static Command List()
    {
        var all = new Option<bool>("--all") { Description = "Those that you have read too." };
        return new Command("list", "Your unread messages, newest first.") { all }.Runs(async (parse, context, cancellationToken) =>
        {
            var items = await context.Api.ListAsync(
                $"/api/v1/notifications?unread={(parse.GetValue(all) ? "false" : "true")}", ContractsJson.Default.PageNotificationInfo, cancellationToken, most: 500).ToListAsync(cancellationToken);
            context.WriteTable(
                new Page<NotificationInfo>(items, null), ContractsJson.Default.PageNotificationInfo, "Nothing new.", ["ID", "AT", "KIND", "MESSAGE"],
                n => [n.Id, CommandContext.Time(n.CreatedAt), n.Kind, n.Title]);
            return ExitCode.Done;
        });
    }

    private static Command Read()
    {
        var id = new Argument<string?>("ID") { Description = "One message; left out: all.", Arity = ArgumentArity.ZeroOrOne };
        return new Command("read", "Mark a message, or all, as read.") { id }.Runs(async (parse, context, cancellationToken) =>
        {
            if (parse.GetValue(id) is { } one)
            {
                await context.Api.CallAsync(HttpMethod.Post, $"/api/v1/notifications/{Uri.EscapeDataString(one)}/read", cancellationToken);
                return ExitCode.Done;
            }

            var left = await context.Api.PostAsync(
                "/api/v1/notifications/read", new MarkReadRequest(), ContractsJson.Default.MarkReadRequest, ContractsJson.Default.UnreadInfo, cancellationToken);
            context.Write(left, ContractsJson.Default.UnreadInfo, u => Console.Out.WriteLine($"{u.Unread} unread"));
            return ExitCode.Done;
        });
    }

    private static Command Preferences() => new Command("preferences", "Which kinds of messages you get.").Runs(async (_, context, cancellationToken) =>
    {
        Write(context, await context.Api.GetAsync("/api/v1/notifications/preferences", ContractsJson.Default.NotificationPreferences, cancellationToken));
        return ExitCode.Done;
    });

    private static Command Prefer()
    {
        var (kind, wanted) = (new Argument<string>("KIND"), new Argument<string>("ON|OFF"));
        wanted.AcceptOnlyFromAmong("on", "off");
        return new Command("prefer", "Switch a kind of message on or off: slipway notifications prefer approval_commented off") { kind, wanted }.Runs(async (parse, context, cancellationToken) =>
        {
            var request = new SetNotificationPreferencesRequest(new Dictionary<string, bool> { [parse.GetValue(kind)!] = parse.GetValue(wanted) == "on" });
            Write(context, await context.Api.PutAsync(
                "/api/v1/notifications/preferences", request, ContractsJson.Default.SetNotificationPreferencesRequest, ContractsJson.Default.NotificationPreferences, cancellationToken));
            return ExitCode.Done;
        });
    }

    private static void Write(CommandContext context, NotificationPreferences preferences) => context.Write(
        preferences, ContractsJson.Default.NotificationPreferences, p => CommandContext.WriteFacts([.. p.Kinds.Select(k => (k.Kind, (string?)$"{(k.InApp ? "on " : "off")}  {k.Description}"))]));
}
