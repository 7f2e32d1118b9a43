using Slipway.Contracts;

namespace Slipway.Cli.Commands;

/// <summary><c>slipway runs note, alerts, alert, unalert</c>: what people add to a run.</summary>
internal static class RunNotesCommands
{
    public static Command Note()
    {
        var run = RunsCommand.Run();
        var text = new Option<string?>("--text") { Description = "Markdown in place of the notes that there are; an empty text takes them away." };
        var file = new Option<FileInfo?>("--file") { Description = "A file with it." };
        return new Command("note", "Print the notes of a run, or write them: slipway runs note RUN --text \"**deeper** trees\"") { run, text, file }.Runs(async (parse, context, cancellationToken) =>
        {
            var path = RunsCommand.Path(parse.GetValue(run)!);
            var notes = (parse.GetValue(text), parse.GetValue(file)) switch
            {
                (not null, not null) => throw new CliException(ExitCode.Usage, "Say --text or --file, not both."),
                (_, { Exists: false } missing) => throw new CliException(ExitCode.Usage, $"There is no file {missing.FullName}."),
                (_, { } given) => await File.ReadAllTextAsync(given.FullName, cancellationToken),
                (var given, _) => given,
            };
            if (notes is not null)
            {
                await context.Api.PatchAsync(path, new UpdateRunRequest(Notes: notes), ContractsJson.Default.UpdateRunRequest, ContractsJson.Default.RunInfo, cancellationToken);
            }

            var found = await context.Api.GetAsync(path, ContractsJson.Default.RunDetail, cancellationToken);
            context.Write(found, ContractsJson.Default.RunDetail, d =>
            {
                if (d.Notes is { } there)
                {
                    Console.Out.WriteLine(there);
                }
            });
            return ExitCode.Done;
        });
    }

    public static Command Alerts()
    {
        var run = RunsCommand.Run();
        return new Command("alerts", "Conditions that a run is watched for.") { run }.Runs(async (parse, context, cancellationToken) =>
        {
            var found = await context.Api.GetAsync(RunsCommand.Path(parse.GetValue(run)!), ContractsJson.Default.RunDetail, cancellationToken);
            context.WriteTable(
                new Page<RunAlertInfo>(found.Alerts, null), ContractsJson.Default.PageRunAlertInfo, "No alerts.", ["ID", "CONDITION", "MET", "TOLD", "LAST", "BY", "MESSAGE"],
                a => [a.Id, a.Condition, a.IsMet ? "yes" : "no", a.FiredCount == 1 ? "once" : $"{a.FiredCount} times", CommandContext.Time(a.LastFiredAt), a.CreatedBy, a.Message]);
            return ExitCode.Done;
        });
    }

    public static Command Alert()
    {
        var run = RunsCommand.Run();
        var condition = new Argument<string>("CONDITION") { Description = "A metric, one of > >= < <= = !=, and a number." };
        var message = new Option<string?>("--message") { Description = "What the notification says." };
        return new Command("alert", "Be told each time that a condition becomes true: slipway runs alert RUN \"val_loss > 0.5\"") { run, condition, message }.Runs(async (parse, context, cancellationToken) =>
        {
            var made = await context.Api.PostAsync(
                $"{RunsCommand.Path(parse.GetValue(run)!)}/alerts", new CreateRunAlertRequest(parse.GetValue(condition)!, parse.GetValue(message)), ContractsJson.Default.CreateRunAlertRequest,
                ContractsJson.Default.RunAlertInfo, cancellationToken);
            context.Write(made, ContractsJson.Default.RunAlertInfo, a => Console.Out.WriteLine(a.Id));
            return ExitCode.Done;
        });
    }

    public static Command Unalert()
    {
        var run = RunsCommand.Run();
        var alert = new Argument<string>("ALERT") { Description = "Id of the alert, as 'slipway runs alerts' shows it." };
        return new Command("unalert", "Take an alert away.") { run, alert }.Runs(async (parse, context, cancellationToken) =>
        {
            await context.Api.CallAsync(HttpMethod.Delete, $"{RunsCommand.Path(parse.GetValue(run)!)}/alerts/{Uri.EscapeDataString(parse.GetValue(alert)!)}", cancellationToken);
            return ExitCode.Done;
        });
    }
}
