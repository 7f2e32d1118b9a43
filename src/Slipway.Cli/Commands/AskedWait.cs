using Slipway.Contracts;
using Spectre.Console;

namespace Slipway.Cli.Commands;

/// <summary>What a command does when its change was put before a reviewer: says so, or waits for the decision where it was told to wait.</summary>
internal static class AskedWait
{
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(1);

    /// <returns><see cref="ExitCode.Asked"/>; with <c>--wait</c> how it ended.</returns>
    public static async Task<int> EndAsync(CommandContext context, ParseResult parse, ApprovalInfo asked, CancellationToken cancellationToken)
    {
        var waits = parse.CommandResult.Command.Options.OfType<Option<bool>>().FirstOrDefault(o => o.Name == "--wait") is { } wait && parse.GetValue(wait);
        if (!waits)
        {
            ApprovalsCommand.WriteAsked(context, asked);
            return ExitCode.Asked;
        }

        ApprovalsCommand.SayAsked(context, asked);
        var decided = context.Json || !CommandContext.IsWatched
            ? await UntilDecidedAsync(context, asked, cancellationToken)
            : await CommandContext.Messages.Status().StartAsync("Waiting for a reviewer", _ => UntilDecidedAsync(context, asked, cancellationToken));
        if (decided.AppliedAt is null)
        {
            throw new CliException(ExitCode.Refused, decided switch
            {
                { State: "rejected" } => $"{decided.DecidedBy} rejected it: {decided.DecisionComment}",
                { State: "cancelled" } => "The request was withdrawn.",
                _ => $"The request was closed: {decided.ClosedReason}",
            });
        }

        CommandContext.Say($"Approved by {decided.DecidedBy}{(decided.DecisionComment is { } said ? $": {said}" : ".")}");
        if (decided.Kind != "deployment")
        {
            context.Write(decided, ContractsJson.Default.ApprovalInfo, a => Console.Out.WriteLine(a.Id));
            return ExitCode.Done;
        }

        // Its rollout began in the moment in which it was applied, and is the newest but for one that began since.
        var rollouts = await context.Api.GetAsync($"/api/v1/{decided.Resource}/rollouts?limit=1", ContractsJson.Default.PageRolloutInfo, cancellationToken);
        var ended = await RolloutWatch.UntilEndedAsync(context, rollouts.Items[0], cancellationToken);
        context.Write(ended, ContractsJson.Default.RolloutInfo, _ => { });
        return ended.Status == "SUCCEEDED" ? ExitCode.Done : ExitCode.DeployFailed;
    }

    private static async Task<ApprovalInfo> UntilDecidedAsync(CommandContext context, ApprovalInfo asked, CancellationToken cancellationToken)
    {
        while (true)
        {
            var now = (await context.Api.GetAsync($"/api/v1/approvals/{asked.Id}", ContractsJson.Default.ApprovalDetail, cancellationToken)).Approval;
            if (now is { State: not ("pending" or "approved") } or { AppliedAt: not null })
            {
                return now;
            }

            await Task.Delay(Pace, cancellationToken);
        }
    }
}
