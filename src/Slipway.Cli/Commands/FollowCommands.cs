using Slipway.Contracts;

namespace Slipway.Cli.Commands;

/// <summary>The part of <c>slipway deployments …</c> that is about the alias or stage that a deployment's version is chosen by.</summary>
internal static class FollowCommands
{
    public static IEnumerable<Command> All() => [Follow(), Unfollow(), CatchUp()];

    /// <summary>One line for a person; null where there is nothing to say.</summary>
    public static string? Words(FollowingInfo? following) => following is null ? null
        : $"{following.Reference} ({(following.Version is { } version ? $"v{version}" : "no version")}), {(following.Follow ? "moves along" : "does not move along")}: {following.State}{(following.Reason is { } reason ? $": {reason}" : "")}";

    private static Command Follow()
    {
        var (name, environment) = (DeploymentNames.NameArgument(), DeploymentNames.EnvironmentOption());
        var reference = new Option<string>("--reference") { Description = "model@alias, or a stage as model/Production.", Required = true };
        var stay = new Option<bool>("--no-follow") { Description = "Do not move along; only show when the name has moved on." };
        var onMove = new Option<string?>("--on-move") { Description = "A move in the middle of a rollout: wait or supersede. Left out: as it is, at first wait." };
        onMove.AcceptOnlyFromAmong("wait", "supersede");
        var supersede = new Option<bool>("--supersede") { Description = "Short for --on-move supersede." };
        return new Command("follow", "Let a deployment go where an alias or a stage goes. Example: slipway deployments follow iris --reference iris@champion")
        {
            name, environment, reference, stay, onMove, supersede,
        }.Runs(async (parse, context, cancellationToken) =>
        {
            var path = await DeploymentNames.PathAsync(context, parse, name, environment, cancellationToken);
            var deployment = await context.Api.PutAsync(
                path + "/following", new FollowRequest(parse.GetValue(reference)!, !parse.GetValue(stay), parse.GetValue(supersede) ? "supersede" : parse.GetValue(onMove)),
                ContractsJson.Default.FollowRequest, ContractsJson.Default.DeploymentInfo, cancellationToken);
            context.Write(deployment, ContractsJson.Default.DeploymentInfo, d => Console.Out.WriteLine($"{d.Environment}/{d.Name}: {Words(d.Following)}"));
            return ExitCode.Done;
        });
    }

    private static Command Unfollow()
    {
        var (name, environment) = (DeploymentNames.NameArgument(), DeploymentNames.EnvironmentOption());
        return new Command("unfollow", "Stay at what is live; nothing moves the deployment any more.") { name, environment }.Runs(async (parse, context, cancellationToken) =>
        {
            var path = await DeploymentNames.PathAsync(context, parse, name, environment, cancellationToken);
            await context.Api.CallAsync(HttpMethod.Delete, path + "/following", cancellationToken);
            CommandContext.Say("It follows nothing now.");
            return ExitCode.Done;
        });
    }

    private static Command CatchUp()
    {
        var (name, environment) = (DeploymentNames.NameArgument(), DeploymentNames.EnvironmentOption());
        var wait = new Option<bool>("--wait") { Description = "Follow the rollout to its end; where a reviewer must agree, wait for that first." };
        return new Command("catch-up", "Bring it to what its alias or stage names now: after drift, or where following is held.") { name, environment, wait }.Runs(async (parse, context, cancellationToken) =>
        {
            var path = await DeploymentNames.PathAsync(context, parse, name, environment, cancellationToken);
            var rollout = await context.Api.PostAsync(path + "/following/catch-up", ContractsJson.Default.RolloutInfo, cancellationToken);
            rollout = parse.GetValue(wait) ? await RolloutWatch.UntilEndedAsync(context, rollout, cancellationToken) : rollout;
            context.Write(rollout, ContractsJson.Default.RolloutInfo, r => Console.Out.WriteLine($"{r.Status} to revision {r.ToRevision}"));
            return parse.GetValue(wait) && rollout.Status != "SUCCEEDED" ? ExitCode.DeployFailed : ExitCode.Done;
        });
    }
}
