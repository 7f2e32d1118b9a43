using Slipway.Contracts;

namespace Slipway.Cli.Commands;

/// <summary>The part of <c>slipway deployments …</c> that is about revisions.</summary>
internal static class RevisionCommands
{
    public static IEnumerable<Command> All() =>
    [
        List(), Redeploy(), Rebuild(), Rollback(),
        Switch("deactivate", "Deactivate a revision: no process runs it; while it is live, the endpoint answers 404."),
        Switch("activate", "Activate a deactivated revision again."),
        Rename(),
    ];

    private static Command List()
    {
        var (name, environment) = (DeploymentNames.NameArgument(), DeploymentNames.EnvironmentOption());
        var wasLive = new Option<bool>("--was-live") { Description = "Only those that are or were live." };
        return new Command("revisions", "Its revisions with their fate, newest first.") { name, environment, wasLive }.Runs(async (parse, context, cancellationToken) =>
        {
            var path = await DeploymentNames.PathAsync(context, parse, name, environment, cancellationToken);
            var items = await context.Api.ListAsync(
                $"{path}/revisions{(parse.GetValue(wasLive) ? "?was_live=true" : "")}", ContractsJson.Default.PageRevisionInfo, cancellationToken).ToListAsync(cancellationToken);
            context.WriteTable(
                new Page<RevisionInfo>(items, null), ContractsJson.Default.PageRevisionInfo, "No revisions.", ["REVISION", "NAME", "STATUS", "MODEL", "LIVE SINCE", "LIVE UNTIL", "MADE BY"],
                r => [$"{r.Number}", r.Name, r.Status, string.Join(", ", r.Variants.Select(v => $"{v.Model} v{v.ModelVersion}")), Last(r)?.From is { } from ? CommandContext.Time(from) : null, Last(r) is null ? null : CommandContext.Time(Last(r)!.Until), r.CreatedBy]);
            return ExitCode.Done;
        });

        static LivePeriodInfo? Last(RevisionInfo revision) => revision.LivePeriods.Count == 0 ? null : revision.LivePeriods[^1];
    }

    private static Command Redeploy()
    {
        var (name, environment) = (DeploymentNames.NameArgument(), DeploymentNames.EnvironmentOption());
        var (revision, how) = (RevisionOption(required: true), new StrategyOptions());
        var (comment, wait) = (new Option<string?>("--comment") { Description = "Why, for reviewers where the revision needs an approval." }, RolloutWatch.WaitOption());
        var command = how.On(new Command("redeploy", "Make a kept revision live again. Example: slipway deployments redeploy iris --revision 3 --strategy blue_green") { name, environment, revision, comment, wait });
        return command.Runs(async (parse, context, cancellationToken) =>
        {
            var path = await DeploymentNames.PathAsync(context, parse, name, environment, cancellationToken);
            return await GoingAsync(context, parse.GetValue(wait), await context.Api.PostAsync(
                $"{path}/revisions/{parse.GetValue(revision)}/redeploy", new RedeployRequest(how.Read(parse), parse.GetValue(comment)), ContractsJson.Default.RedeployRequest,
                ContractsJson.Default.RolloutInfo, cancellationToken), cancellationToken);
        });
    }

    private static Command Rebuild()
    {
        var (name, environment, wait) = (DeploymentNames.NameArgument(), DeploymentNames.EnvironmentOption(), RolloutWatch.WaitOption());
        var comment = new Option<string?>("--comment") { Description = "Why, for reviewers where it needs an approval." };
        return new Command("rebuild", "Build what is live once more, with its requirements resolved anew, and roll that out as a new revision. Example: slipway deployments rebuild iris") { name, environment, comment, wait }
            .Runs(async (parse, context, cancellationToken) =>
            {
                var path = await DeploymentNames.PathAsync(context, parse, name, environment, cancellationToken);
                return await GoingAsync(context, parse.GetValue(wait), await context.Api.PostAsync(
                    $"{path}/rebuild", new RebuildRequest(parse.GetValue(comment)), ContractsJson.Default.RebuildRequest, ContractsJson.Default.RolloutInfo, cancellationToken), cancellationToken);
            });
    }

    private static Command Rollback()
    {
        var (name, environment) = (DeploymentNames.NameArgument(), DeploymentNames.EnvironmentOption());
        var (revision, comment) = (RevisionOption(required: false), new Option<string?>("--comment") { Description = "Why, for reviewers where the revision needs an approval." });
        var wait = RolloutWatch.WaitOption();
        return new Command("rollback", "Go back to what was live before, or to a revision. Example: slipway deployments rollback iris") { name, environment, revision, comment, wait }.Runs(async (parse, context, cancellationToken) =>
        {
            var path = await DeploymentNames.PathAsync(context, parse, name, environment, cancellationToken);
            return await GoingAsync(context, parse.GetValue(wait), await context.Api.PostAsync(
                $"{path}/rollback", new RollbackRequest(parse.GetValue(revision), parse.GetValue(comment)), ContractsJson.Default.RollbackRequest, ContractsJson.Default.RolloutInfo, cancellationToken),
                cancellationToken);
        });
    }

    private static Command Switch(string verb, string description)
    {
        var (name, environment) = (DeploymentNames.NameArgument(), DeploymentNames.EnvironmentOption());
        var revision = new Option<int?>("--revision") { Description = "Its number. Default: the live one." };
        return new Command(verb, description) { name, environment, revision }.Runs(async (parse, context, cancellationToken) =>
        {
            var path = await DeploymentNames.PathAsync(context, parse, name, environment, cancellationToken);
            var number = parse.GetValue(revision) ?? (await context.Api.GetAsync(path, ContractsJson.Default.DeploymentInfo, cancellationToken)).Live?.Number
                ?? throw new CliException(ExitCode.Usage, "Nothing is live; say which with --revision.");
            var deployment = await context.Api.PostAsync($"{path}/revisions/{number}/{verb}", ContractsJson.Default.DeploymentInfo, cancellationToken);
            context.Write(deployment, ContractsJson.Default.DeploymentInfo, d => Console.Out.WriteLine($"{d.Environment}/{d.Name}: {d.Status}"));
            return ExitCode.Done;
        });
    }

    private static Command Rename()
    {
        var (name, environment) = (DeploymentNames.NameArgument(), DeploymentNames.EnvironmentOption());
        var revision = RevisionOption(required: true);
        var called = new Option<string?>("--revision-name") { Description = "Its new name." };
        var labels = new Option<string?>("--labels") { Description = "Its labels: a JSON object of strings." };
        return new Command("rename-revision", "Change the name or labels of a revision.") { name, environment, revision, called, labels }.Runs(async (parse, context, cancellationToken) =>
        {
            var path = await DeploymentNames.PathAsync(context, parse, name, environment, cancellationToken);
            var changed = await context.Api.PatchAsync(
                $"{path}/revisions/{parse.GetValue(revision)}", new UpdateRevisionRequest(parse.GetValue(called), Pairs.Labels(parse.GetValue(labels))),
                ContractsJson.Default.UpdateRevisionRequest, ContractsJson.Default.RevisionInfo, cancellationToken);
            context.Write(changed, ContractsJson.Default.RevisionInfo, r => Console.Out.WriteLine($"revision {r.Number}: {r.Name}"));
            return ExitCode.Done;
        });
    }

    private static Option<int?> RevisionOption(bool required) => new("--revision") { Description = "Number of the revision.", Required = required };

    private static async Task<int> GoingAsync(CommandContext context, bool waits, RolloutInfo rollout, CancellationToken cancellationToken)
    {
        rollout = waits ? await RolloutWatch.UntilEndedAsync(context, rollout, cancellationToken) : rollout;
        context.Write(rollout, ContractsJson.Default.RolloutInfo, r => Console.Out.WriteLine($"{r.Status} to revision {r.ToRevision}"));
        return waits && rollout.Status != "SUCCEEDED" ? ExitCode.DeployFailed : ExitCode.Done;
    }
}
