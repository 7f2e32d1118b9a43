using Slipway.Contracts;

namespace Slipway.Cli.Commands;

/// <summary>How commands name a deployment: a name, and an environment where the name alone is not enough.</summary>
internal static class DeploymentNames
{
    public static Argument<string> NameArgument() => new("NAME") { Description = "Deployment, or ENVIRONMENT/NAME." };

    public static Option<string?> EnvironmentOption() => new("--environment", "-e") { Description = "Where it is; needed when the name is live in several." };

    /// <summary>Finds environment and name; asks the server when no environment was given.</summary>
    public static async Task<(string Environment, string Name)> ResolveAsync(ApiClient api, string given, string? environment, CancellationToken cancellationToken)
    {
        if (given.Split('/') is [var scope, var inner])
        {
            return (scope, inner);
        }

        if (environment is not null)
        {
            return (environment, given);
        }

        var found = new List<string>();
        await foreach (var deployment in api.ListAsync($"/api/v1/deployments?q={Uri.EscapeDataString(given)}", ContractsJson.Default.PageDeploymentInfo, cancellationToken))
        {
            if (deployment.Name == given)
            {
                found.Add(deployment.Environment);
            }
        }

        return found switch
        {
            [var only] => (only, given),
            [] => throw new CliException(ExitCode.NotFound, $"There is no deployment '{given}'. List them with: slipway deployments list"),
            _ => throw new CliException(ExitCode.Usage, $"'{given}' is in {string.Join(", ", found)}; say which with --environment."),
        };
    }

    /// <summary>The address of the deployment that a command names.</summary>
    public static async Task<string> PathAsync(CommandContext context, ParseResult parse, Argument<string> name, Option<string?> environment, CancellationToken cancellationToken)
    {
        var (scope, deployment) = await ResolveAsync(context.Api, parse.GetValue(name)!, parse.GetValue(environment), cancellationToken);
        return Path(scope, deployment);
    }

    public static string Path(string environment, string name) => $"/api/v1/deployments/{Uri.EscapeDataString(environment)}/{Uri.EscapeDataString(name)}";
}
