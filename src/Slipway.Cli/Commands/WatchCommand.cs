using Slipway.Cli.Pushing;
using Slipway.Contracts;

namespace Slipway.Cli.Commands;

/// <summary><c>slipway watch DIR</c>: patches a live development deployment again after <c>push --watch</c> was stopped.</summary>
internal static class WatchCommand
{
    public static Option<bool> FullPushOption() => new("--full-push") { Description = "Push the whole folder without asking when a patch is not enough." };

    public static Command Create()
    {
        var path = new Argument<string>("DIR") { Description = "Package folder, or one file, as it was pushed." };
        var name = new Option<string?>("--name") { Description = "Name of the deployment. Default: model_name of config.yaml, else the folder's." };
        var fullPush = FullPushOption();
        return new Command("watch", "Go on editing a live development deployment. Example: slipway watch samples/iris") { path, name, fullPush }.Runs(async (parse, context, cancellationToken) =>
        {
            var folder = parse.GetValue(path)!;
            var deployment = parse.GetValue(name) ?? (await PackageFiles.ReadAsync(folder, cancellationToken)).DefaultName();
            var found = await context.Api.FindAsync(DeploymentNames.Path("development", deployment), ContractsJson.Default.DeploymentInfo, cancellationToken)
                ?? throw new CliException(ExitCode.NotFound, $"There is no deployment {deployment} in development. Begin with: slipway push {folder} --watch");
            Refuse(found);
            return await new LiveSession(
                context, folder, deployment, token => PushAsync(context, folder, deployment, null, token), parse.GetValue(fullPush)).RunAsync(cancellationToken);
        });
    }

    /// <summary>Makes the folder live, unless the deployment answers with just that, and watches it from then on.</summary>
    public static async Task<int> PushAndWatchAsync(CommandContext context, string folder, string? name, string? baseImage, bool fullPush, CancellationToken cancellationToken)
    {
        var package = await PackageFiles.ReadAsync(folder, cancellationToken);
        var deployment = name ?? package.DefaultName();
        var address = DeploymentNames.Path("development", deployment);
        var found = await context.Api.FindAsync(address, ContractsJson.Default.DeploymentInfo, cancellationToken);
        if (found is not null)
        {
            Refuse(found);
        }

        if (found is null || !await ServesAsync(context, address, found, package, cancellationToken))
        {
            await PushAsync(context, folder, deployment, baseImage, cancellationToken);
        }

        return await new LiveSession(context, folder, deployment, token => PushAsync(context, folder, deployment, baseImage, token), fullPush).RunAsync(cancellationToken);
    }

    private static void Refuse(DeploymentInfo found)
    {
        if (found.Mode != "live")
        {
            throw new CliException(
                ExitCode.Refused, $"development/{found.Name} is a normal deployment, which only serves versions. Choose another name for a live one with --name, or push without --watch. [not_live_mode]");
        }
    }

    private static async Task<bool> ServesAsync(CommandContext context, string address, DeploymentInfo found, PackageFiles package, CancellationToken cancellationToken)
    {
        if (found.Live is null || found.Rollout is not null || found.Draft?.Error is not null)
        {
            return false;
        }

        var draft = await context.Api.GetAsync(address + "/draft", ContractsJson.Default.DraftInfo, cancellationToken);
        return draft.Files.Select(f => (f.Path, f.Sha256)).Order().SequenceEqual(package.Files.Select(f => (f.Path, f.Sha256)).Order());
    }

    private static async Task PushAsync(CommandContext context, string folder, string deployment, string? baseImage, CancellationToken cancellationToken)
    {
        var push = new Push(context.Api);
        var version = await push.UploadAsync(folder, deployment, new VersionOptions(), cancellationToken);
        await push.DeployAsync(version, deployment, new DeployOptions("development", baseImage, Mode: "live"), cancellationToken);
        var live = await push.WaitAsync("development", deployment, TimeSpan.FromMinutes(15), cancellationToken);
        CommandContext.Say($"Live: {live.Endpoint}");
    }
}
