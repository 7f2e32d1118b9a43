using Slipway.Contracts;

namespace Slipway.Cli.Commands;

/// <summary><c>slipway variables …</c></summary>
internal static class VariablesCommand
{
    public static Command Create() => new("variables", "Plain environment variables of a deployment: list, set, unset. A change is a new revision.") { List(), Set(), Unset() };

    private static Command List()
    {
        var (name, environment) = (DeploymentNames.NameArgument(), DeploymentNames.EnvironmentOption());
        return new Command("list", "Variables of the live revision.") { name, environment }.Runs(async (parse, context, cancellationToken) =>
        {
            var path = await DeploymentNames.PathAsync(context, parse, name, environment, cancellationToken);
            var live = (await context.Api.GetAsync(path, ContractsJson.Default.DeploymentInfo, cancellationToken)).Live;
            var variables = live?.Variables.ToDictionary() ?? [];
            context.Write(variables, ContractsJson.Default.DictionaryStringString, all =>
            {
                foreach (var (variable, value) in all.OrderBy(v => v.Key, StringComparer.Ordinal))
                {
                    Console.Out.WriteLine($"{variable}={value}");
                }

                if (all.Count == 0)
                {
                    CommandContext.Say("No variables. Set one with: slipway variables set NAME KEY=VALUE");
                }
            });
            return ExitCode.Done;
        });
    }

    private static Command Set()
    {
        var (name, environment) = (DeploymentNames.NameArgument(), DeploymentNames.EnvironmentOption());
        var pairs = new Argument<string[]>("KEY=VALUE") { Arity = ArgumentArity.OneOrMore };
        return new Command("set", "Set variables and roll them out. Example: slipway variables set iris MODE=fast REGION=eu") { name, pairs, environment }
            .Runs((parse, context, cancellationToken) => ChangeAsync(context, parse, name, environment, Pairs.Assigned(parse.GetValue(pairs)!), cancellationToken));
    }

    private static Command Unset()
    {
        var (name, environment) = (DeploymentNames.NameArgument(), DeploymentNames.EnvironmentOption());
        var keys = new Argument<string[]>("KEY") { Arity = ArgumentArity.OneOrMore };
        return new Command("unset", "Take variables away and roll that out.") { name, keys, environment }
            .Runs((parse, context, cancellationToken) => ChangeAsync(
                context, parse, name, environment, parse.GetValue(keys)!.Distinct().ToDictionary(k => k, _ => (string?)null), cancellationToken));
    }

    private static async Task<int> ChangeAsync(
        CommandContext context, ParseResult parse, Argument<string> name, Option<string?> environment, Dictionary<string, string?> change, CancellationToken cancellationToken)
    {
        var path = await DeploymentNames.PathAsync(context, parse, name, environment, cancellationToken);
        var rollout = await context.Api.PostAsync(
            path + "/revisions", new CreateRevisionRequest(Variables: change), ContractsJson.Default.CreateRevisionRequest, ContractsJson.Default.RolloutInfo, cancellationToken);
        context.Write(rollout, ContractsJson.Default.RolloutInfo, r => Console.Out.WriteLine($"{r.Status} to revision {r.ToRevision}"));
        return ExitCode.Done;
    }
}
