using Slipway.Cli.Pushing;
using Slipway.Contracts;

namespace Slipway.Cli.Commands;

/// <summary><c>slipway push DIR</c>: package to live deployment in one command.</summary>
internal static class PushCommand
{
    public static Command Create()
    {
        var path = new Argument<string>("DIR") { Description = "Package folder, or one file: model.py, model.joblib, model.pkl." };
        var name = new Option<string?>("--name") { Description = "Name of model and deployment. Default: model_name of config.yaml, else the folder's." };
        var environment = new Option<string>("--environment") { Description = "Where to deploy.", DefaultValueFactory = _ => "development" };
        var baseImage = new Option<string?>("--base-image") { Description = "Overrides config.yaml, for example python-system." };
        var placement = new Option<string?>("--placement") { Description = "replica, or gateway: run an ONNX model inside the gateway's process (administrators)." };
        var revisionName = new Option<string?>("--revision-name") { Description = "Name of the new revision." };
        var labels = new Option<string?>("--labels") { Description = "Labels of the revision: a JSON object of strings." };
        var label = new Option<string?>("--version-label") { Description = "Unique label of the version, for example v2.1.0." };
        var wait = new Option<bool>("--wait") { Description = "Wait until it is live, and print a call that works." };
        var timeout = new Option<double>("--timeout") { Description = "Longest wait, in minutes.", DefaultValueFactory = _ => 15 };
        var tail = new Option<bool>("--tail") { Description = "Then follow its log." };
        var promote = new Option<bool>("--promote") { Description = "Once it is live in development, promote it to the next environment. Waits." };
        var dryRun = new Option<bool>("--dry-run") { Description = "Check the package and store nothing." };
        var watch = new Option<bool>("--watch") { Description = "Deploy to development in live mode and patch it with every save. See also: slipway watch" };
        var package = DeploymentsCommand.PackageResources();
        var fullPush = WatchCommand.FullPushOption();
        var (how, scaling) = (new StrategyOptions(), new ScalingOptions(isPush: true));
        return scaling.AddTo(how.On(new Command("push", "Make a version of a package and deploy it. Example: slipway push samples/iris --wait")
        {
            path, name, environment, baseImage, placement, revisionName, labels, label, wait, timeout, tail, promote, dryRun, watch, fullPush, package,
        })).Runs(async (parse, context, cancellationToken) =>
        {
            if (parse.GetValue(promote) && parse.GetResult(environment) is { Implicit: false })
            {
                throw new CliException(ExitCode.Usage, "--promote goes from development to the next environment; it cannot be combined with --environment.");
            }

            if (parse.GetValue(watch))
            {
                Option[] others = [promote, environment, placement, revisionName, labels, label, dryRun, wait, tail, timeout, .. how.All, .. scaling.All];
                return others.FirstOrDefault(o => parse.GetResult(o) is { Implicit: false }) is { } other
                    ? throw new CliException(ExitCode.Usage, $"--watch serves code that is still edited, in development; it cannot be combined with {other.Name}.")
                    : await WatchCommand.PushAndWatchAsync(
                        context, parse.GetValue(path)!, parse.GetValue(name), parse.GetValue(baseImage), parse.GetValue(fullPush), cancellationToken);
            }

            var push = new Push(context.Api);
            var version = await push.UploadAsync(
                parse.GetValue(path)!, parse.GetValue(name), new VersionOptions(parse.GetValue(label), DryRun: parse.GetValue(dryRun)), cancellationToken);
            if (parse.GetValue(dryRun))
            {
                return ExitCode.Done;
            }

            var deployment = parse.GetValue(name) ?? version.Model;
            var target = parse.GetValue(environment)!;
            await push.DeployAsync(
                version, deployment,
                new DeployOptions(target, parse.GetValue(baseImage), parse.GetValue(revisionName), Pairs.Labels(parse.GetValue(labels)), parse.GetValue(placement), how.Read(parse), Autoscaling: scaling.Read(parse), PackageResources: parse.GetValue(package)),
                cancellationToken);
            if (!parse.GetValue(wait) && !parse.GetValue(tail) && !parse.GetValue(promote))
            {
                CommandContext.Say($"Rolling out to {target}. Watch it with: slipway deployments show {deployment} --environment {target}");
                context.Write(version, ContractsJson.Default.ModelVersionInfo, _ => { });
                return ExitCode.Done;
            }

            var limit = TimeSpan.FromMinutes(parse.GetValue(timeout));
            var live = await push.WaitAsync(target, deployment, limit, cancellationToken);
            if (parse.GetValue(promote))
            {
                (target, live) = await push.PromoteAsync(target, deployment, limit, cancellationToken);
            }

            context.Write(live, ContractsJson.Default.DeploymentInfo, d =>
            {
                Console.Out.WriteLine($"Live: {d.Endpoint}");
                Console.Out.WriteLine(Push.Curl(d, context.Api.Profile.ApiKey ?? "YOUR_KEY", Sample(version)));
            });
            return parse.GetValue(tail) ? await LogsCommand.FollowAsync(context, target, deployment, cancellationToken) : ExitCode.Done;
        });
    }

    /// <summary>The version's example; where it has none a file to put the input into, and what that is.</summary>
    private static string Sample(ModelVersionInfo version)
    {
        if (version.ExampleInput is { } example)
        {
            return example.GetRawText();
        }

        CommandContext.Say(version.Signature is null
            ? "input.json is what its predict takes, as JSON. An example of that in config.yaml (model_metadata: example_model_input) is printed here the next time, and filled in on its Execute page."
            : $"input.json takes the model's inputs by name; slipway versions show {version.Model} {version.Version} has their shapes.");
        return "@input.json";
    }
}
