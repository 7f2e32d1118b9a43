using Slipway.Contracts;

namespace Slipway.Cli.Commands;

/// <summary><c>slipway deployments edit</c>: settings that change in place, without a revision and a restart.</summary>
internal static class EditDeploymentCommand
{
    public static Option<string?> StrategyOption() => new("--strategy") { Description = "How its updates are rolled out where they do not say: rolling, blue_green or canary." };

    public static Option<double?> TimeoutOption() => new("--timeout-seconds") { Description = "Default and longest deadline of a request, 0.1 to 3600." };

    public static Option<bool?> IdempotentOption() => new("--idempotent") { Description = "true: a request whose replica was lost is sent to another one." };

    public static Command Create()
    {
        var (name, environment) = (DeploymentNames.NameArgument(), DeploymentNames.EnvironmentOption());
        var (title, description) = (new Option<string?>("--title") { Description = "A few words beside the name; \"\": none." }, new Option<string?>("--description") { Description = "What it is for; \"\": none." });
        var labels = new Option<string?>("--labels") { Description = "All its labels: a JSON object of strings; {}: none." };
        var (strategy, seconds, idempotent) = (StrategyOption(), TimeoutOption(), IdempotentOption());
        strategy.Description += " \"\": as the environment says.";
        return new Command(
            "edit", "Change settings in place; nothing restarts. Replicas: autoscaling; spreading: balancing; checks: health; what runs: update. Example: slipway deployments edit churn --description \"Scores\" --strategy canary")
        {
            name, environment, title, description, labels, strategy, seconds, idempotent,
        }.Runs(async (parse, context, cancellationToken) =>
        {
            var request = new UpdateDeploymentRequest(
                parse.GetValue(title), parse.GetValue(description), TimeoutSeconds: parse.GetValue(seconds), Idempotent: parse.GetValue(idempotent), Labels: Pairs.Labels(parse.GetValue(labels)),
                Strategy: parse.GetValue(strategy));
            if (request == new UpdateDeploymentRequest())
            {
                throw new CliException(ExitCode.Usage, "Say what to change: --title, --description, --labels, --strategy, --timeout-seconds or --idempotent.");
            }

            var path = await DeploymentNames.PathAsync(context, parse, name, environment, cancellationToken);
            context.Write(
                await context.Api.PatchAsync(path, request, ContractsJson.Default.UpdateDeploymentRequest, ContractsJson.Default.DeploymentInfo, cancellationToken),
                ContractsJson.Default.DeploymentInfo, DeploymentsCommand.Describe);
            return ExitCode.Done;
        });
    }
}
