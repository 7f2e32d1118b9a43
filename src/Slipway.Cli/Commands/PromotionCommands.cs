using Slipway.Contracts;

namespace Slipway.Cli.Commands;

/// <summary>The part of <c>slipway deployments …</c> that takes deployments from one environment to another.</summary>
internal static class PromotionCommands
{
    public static IEnumerable<Command> All() => [Promote(), Reject(), Ledger()];

    private static Command Promote()
    {
        var (name, environment, comment) = (DeploymentNames.NameArgument(), DeploymentNames.EnvironmentOption(), CommentOption());
        var wait = RolloutWatch.WaitOption();
        return new Command("promote", "Take the live revision to the next environment, or ask for it where it needs an approval. Example: slipway deployments promote staging/iris") { name, environment, comment, wait }.Runs(async (parse, context, cancellationToken) =>
        {
            var path = await DeploymentNames.PathAsync(context, parse, name, environment, cancellationToken);
            var promoted = await context.Api.PostAsync(
                path + "/promote", new PromoteRequest(parse.GetValue(comment)), ContractsJson.Default.PromoteRequest, ContractsJson.Default.PromotedInfo, cancellationToken);
            if (parse.GetValue(wait))
            {
                promoted = promoted with { Rollout = await RolloutWatch.UntilEndedAsync(context, promoted.Rollout, cancellationToken) };
            }

            context.Write(promoted, ContractsJson.Default.PromotedInfo, p => Console.Out.WriteLine($"{p.Environment}/{p.Name}: {p.Rollout.Status} to revision {p.Rollout.ToRevision}"));
            return parse.GetValue(wait) && promoted.Rollout.Status != "SUCCEEDED" ? ExitCode.DeployFailed : ExitCode.Done;
        });
    }

    private static Command Reject()
    {
        var (name, environment, comment) = (DeploymentNames.NameArgument(), DeploymentNames.EnvironmentOption(), CommentOption());
        return new Command("reject", "Take a staging deployment back: it stops, and the one in development is woken.") { name, environment, comment }.Runs(async (parse, context, cancellationToken) =>
        {
            var given = parse.GetValue(name)!;
            var path = parse.GetValue(environment) is null && !given.Contains('/', StringComparison.Ordinal)
                ? DeploymentNames.Path("staging", given)
                : await DeploymentNames.PathAsync(context, parse, name, environment, cancellationToken);
            var rejected = await context.Api.PostAsync(
                path + "/reject", new RejectDeploymentRequest(parse.GetValue(comment)), ContractsJson.Default.RejectDeploymentRequest, ContractsJson.Default.DeploymentInfo, cancellationToken);
            context.Write(rejected, ContractsJson.Default.DeploymentInfo, d => Console.Out.WriteLine($"{d.Environment}/{d.Name}: {d.Status}"));
            return ExitCode.Done;
        });
    }

    private static Command Ledger()
    {
        var (name, environment) = (DeploymentNames.NameArgument(), DeploymentNames.EnvironmentOption());
        return new Command("promotions", "Promotions and rejections, newest first.") { name, environment }.Runs(async (parse, context, cancellationToken) =>
        {
            var path = await DeploymentNames.PathAsync(context, parse, name, environment, cancellationToken);
            var items = await context.Api.ListAsync(path + "/promotions", ContractsJson.Default.PagePromotionInfo, cancellationToken).ToListAsync(cancellationToken);
            context.WriteTable(
                new Page<PromotionInfo>(items, null), ContractsJson.Default.PagePromotionInfo, "None yet. Promote with: slipway deployments promote NAME", ["AT", "WHAT", "FROM", "TO", "BY", "OUTCOME", "COMMENT"],
                p => [CommandContext.Time(p.At), p.Kind, $"{p.From} r{p.Revision}", p.ToRevision is { } to ? $"{p.To} r{to}" : p.To, p.By, p.Outcome, p.Comment]);
            return ExitCode.Done;
        });
    }

    private static Option<string?> CommentOption() => new("--comment") { Description = "Why; kept in the ledger, and shown to reviewers." };
}
