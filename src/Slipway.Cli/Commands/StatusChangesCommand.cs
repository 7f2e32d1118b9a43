using Slipway.Contracts;

namespace Slipway.Cli.Commands;

/// <summary><c>slipway deployments statuses</c></summary>
internal static class StatusChangesCommand
{
    public static Command Create()
    {
        var (name, environment) = (DeploymentNames.NameArgument(), DeploymentNames.EnvironmentOption());
        var limit = new Option<int>("--limit") { Description = "How many of the newest.", DefaultValueFactory = _ => 50 };
        limit.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && result.GetValueOrDefault<int>() < 1)
            {
                result.AddError("--limit must be at least 1.");
            }
        });
        return new Command("statuses", "The statuses that it has had, with since when, newest first. Example: slipway deployments statuses iris") { name, environment, limit }.Runs(async (parse, context, cancellationToken) =>
        {
            var path = await DeploymentNames.PathAsync(context, parse, name, environment, cancellationToken);
            var items = await context.Api.ListAsync(path + "/status-changes", ContractsJson.Default.PageStatusChangeInfo, cancellationToken).Take(parse.GetValue(limit)).ToListAsync(cancellationToken);
            context.WriteTable(
                new Page<StatusChangeInfo>(items, null), ContractsJson.Default.PageStatusChangeInfo, "None yet.", ["SINCE", "UNTIL", "STATUS", "REASON"],
                c => [CommandContext.Time(c.At), c.Until is { } until ? CommandContext.Time(until) : "now", c.Status, c.Reason]);
            return ExitCode.Done;
        });
    }
}
