using Slipway.Cli.Pushing;
using Slipway.Contracts;

namespace Slipway.Cli.Commands;

/// <summary><c>slipway deployments create</c>: of a registered version, or from a file.</summary>
internal static class CreateDeploymentCommand
{
    public static Command Create()
    {
        var name = new Argument<string?>("NAME") { Description = "Its name, or ENVIRONMENT/NAME; it never changes. With --file the file says.", Arity = ArgumentArity.ZeroOrOne };
        var environment = new Option<string?>("--environment", "-e") { Description = "Where it lives. Default: development." };
        var model = new Option<string?>("--model") { Description = "Model to deploy. Default: the one of its own name." };
        var version = new Option<string?>("--version") { Description = "Version to deploy: 3, v3, a label, @alias or /Stage." };
        var follow = new Option<bool>("--follow") { Description = "Go along when the alias or stage moves." };
        var (title, description) = (new Option<string?>("--title") { Description = "A few words beside the name." }, new Option<string?>("--description") { Description = "What it is for." });
        var labels = new Option<string?>("--labels") { Description = "A JSON object of strings." };
        var strategy = EditDeploymentCommand.StrategyOption();
        var seconds = EditDeploymentCommand.TimeoutOption();
        var idempotent = EditDeploymentCommand.IdempotentOption();
        var baseImage = new Option<string?>("--base-image") { Description = "Overrides config.yaml, for example python-system." };
        var placement = new Option<string?>("--placement") { Description = "replica, or gateway: run an ONNX model inside the gateway's process (administrators)." };
        var revisionName = new Option<string?>("--revision-name") { Description = "Name of the first revision." };
        var variables = new Option<string[]>("--variable") { Description = "NAME=VALUE for the model's process; may be repeated." };
        var secrets = new Option<string?>("--secrets") { Description = "Names of secrets of the environment that it uses, with commas." };
        var comment = new Option<string?>("--comment") { Description = "Why, for reviewers where the environment asks for approval." };
        var wait = new Option<bool>("--wait") { Description = "Wait until it is live." };
        var file = RoutingCommands.FileOption();
        var (size, scaling) = (new ResourceOptions(), new ScalingOptions(isPush: true));
        Option[] own = [environment, model, version, follow, title, description, labels, strategy, seconds, idempotent, baseImage, placement, revisionName, variables, secrets, comment];
        var command = new Command("create", "Make a deployment of a registered version. Example: slipway deployments create churn --version 3 --min 1 --max 4 --labels '{\"team\": \"growth\"}'") { name, file, wait };
        foreach (var option in own)
        {
            command.Options.Add(option);
        }

        return scaling.AddTo(size.On(command)).Runs(async (parse, context, cancellationToken) =>
        {
            var request = parse.GetValue(file) is { } from
                ? await FromFileAsync(parse, command, name, file, wait, from, cancellationToken)
                : Asked();
            var deployment = await context.Api.PostAsync(
                "/api/v1/deployments", request, ContractsJson.Default.CreateDeploymentRequest, ContractsJson.Default.DeploymentInfo, cancellationToken);
            if (parse.GetValue(wait))
            {
                deployment = await new Push(context.Api).WaitAsync(deployment.Environment, deployment.Name, TimeSpan.FromMinutes(15), cancellationToken);
            }

            context.Write(deployment, ContractsJson.Default.DeploymentInfo, d => Console.Out.WriteLine(parse.GetValue(wait)
                ? $"Live: {d.Endpoint}"
                : $"{d.Environment}/{d.Name}: {d.Status}; follow it with: slipway rollouts watch {d.Environment}/{d.Name}"));
            return ExitCode.Done;

            CreateDeploymentRequest Asked()
            {
                var (home, called) = Named(parse.GetValue(name), parse.GetValue(environment));
                var (cpu, memory, gpus, gpuType, storage, network) = size.Read(parse);
                return new CreateDeploymentRequest(
                    called, parse.GetValue(model) ?? called, parse.GetValue(version) ?? throw new CliException(ExitCode.Usage, "Say which version with --version, or all of it in a file with --file."),
                    home, parse.GetValue(description), parse.GetValue(title), CpuCores: cpu, MemoryMib: memory, BaseImage: parse.GetValue(baseImage), RevisionName: parse.GetValue(revisionName),
                    Labels: Pairs.Labels(parse.GetValue(labels)), TimeoutSeconds: parse.GetValue(seconds), Idempotent: parse.GetValue(idempotent), Placement: parse.GetValue(placement),
                    Autoscaling: scaling.Read(parse), Variables: parse.GetValue(variables) is { Length: > 0 } given ? Pairs.Assigned(given) : null, GpuCount: gpus, GpuType: gpuType, StorageGb: storage,
                    NetworkMbps: network, Comment: parse.GetValue(comment), Follow: parse.GetValue(follow) ? true : null,
                    Secrets: parse.GetValue(secrets)?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries), Strategy: parse.GetValue(strategy));
            }
        });
    }

    private static (string Environment, string Name) Named(string? given, string? environment) => given?.Split('/') switch
    {
        null or [] => throw new CliException(ExitCode.Usage, "Say its name, or all of it in a file with --file."),
        [var scope, var inner] when environment is null || environment == scope => (scope, inner),
        [var scope, _] => throw new CliException(ExitCode.Usage, $"'{given}' is in {scope}, and --environment says {environment}."),
        _ => (environment ?? "development", given),
    };

    private static Task<CreateDeploymentRequest> FromFileAsync(
        ParseResult parse, Command command, Argument<string?> name, Option file, Option wait, string from, CancellationToken cancellationToken)
    {
        var beside = command.Options.FirstOrDefault(o => o != file && o != wait && parse.GetResult(o) is { Implicit: false });
        return beside is not null || parse.GetValue(name) is not null
            ? throw new CliException(ExitCode.Usage, $"With --file the file says all of it; leave {beside?.Name ?? "the name"} out.")
            : RequestFile.ReadAsync(from, ContractsJson.Default.CreateDeploymentRequest, cancellationToken);
    }
}
