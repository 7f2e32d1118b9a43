using Slipway.Cli;
using Slipway.Cli.Commands;

var root = new RootCommand("Slipway: from a trained model to a live, observed endpoint.")
{
    UpCommand.Create(),
    ServerCommand.Create(),
    PushCommand.Create(),
    WatchCommand.Create(),
    PredictCommand.Create(),
    DeploymentsCommand.Create(),
    RolloutsCommand.Create(),
    EnvironmentsCommand.Create(),
    VariablesCommand.Create(),
    SecretsCommand.Create(),
    ModelsCommand.Create(),
    VersionsCommand.Create(),
    AliasesCommand.Create(),
    ExperimentsCommand.Create(),
    RunsCommand.Create(),
    ApprovalsCommand.Create(),
    ProtectionsCommand.Create(),
    NotificationsCommand.Create(),
    WebhooksCommand.Create(),
    SchedulesCommand.Create(),
    LogsCommand.Create(),
    PredictionsCommand.Create(),
    KeysCommand.Create(),
    UsersCommand.Create(),
    DoctorCommand.Create(),
    VerifyCommand.Create(),
    OpenApiCommand.Create(),
};
root.Options.Add(CommandContext.OutputOption);

// @FILE is an option's own business: --data @input.json is not a file of further arguments.
var parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
if (parsed.Errors.Count > 0)
{
    foreach (var error in parsed.Errors)
    {
        Console.Error.WriteLine(error.Message);
    }

    Console.Error.WriteLine($"Try 'slipway {string.Join(' ', parsed.CommandResult.Command.Parents.OfType<Command>().Where(c => c is not RootCommand).Select(c => c.Name).Append(parsed.CommandResult.Command is RootCommand ? "" : parsed.CommandResult.Command.Name)).Trim()} --help'.");
    return ExitCode.Usage;
}

try
{
    return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromSeconds(60) });
}
catch (CliException exception)
{
    Console.Error.WriteLine(exception.Message);
    return exception.ExitCode;
}
catch (OperationCanceledException)
{
    return 130;
}
