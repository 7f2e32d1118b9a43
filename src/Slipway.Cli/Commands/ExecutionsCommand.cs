using Slipway.Contracts;

namespace Slipway.Cli.Commands;

/// <summary>What a schedule has run: <c>slipway schedules run | executions | logs | cancel</c>.</summary>
internal static class ExecutionsCommand
{
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(300);

    public static Command Run()
    {
        var name = new Argument<string>("NAME");
        var wait = new Option<bool>("--wait") { Description = "Show its output and end with its result: exit code 7 when it fails." };
        return new Command("run", "Run it now, whatever its next time is. Example: slipway schedules run nightly-iris --wait") { name, wait }.Runs(async (parse, context, cancellationToken) =>
        {
            var execution = await context.Api.PostAsync($"{SchedulesCommand.Path(parse.GetValue(name)!)}/executions", ContractsJson.Default.ExecutionInfo, cancellationToken);
            if (!parse.GetValue(wait))
            {
                context.Write(execution, ContractsJson.Default.ExecutionInfo, Describe);
                return ExitCode.Done;
            }

            await using (var log = Console.OpenStandardError())
            {
                await CopyLogAsync(context, execution, follow: true, log, cancellationToken);
            }

            while (execution.FinishedAt is null)
            {
                execution = await context.Api.GetAsync(Path(execution.Schedule, execution.Number), ContractsJson.Default.ExecutionInfo, cancellationToken);
                await Task.Delay(execution.FinishedAt is null ? Pace : TimeSpan.Zero, cancellationToken);
            }

            context.Write(execution, ContractsJson.Default.ExecutionInfo, Describe);
            return execution.Status == "succeeded" ? ExitCode.Done : ExitCode.DeployFailed;
        });
    }

    public static Command List()
    {
        var name = new Argument<string>("NAME");
        var status = new Option<string[]>("--status") { Description = "Only of this status (queued, running, succeeded, failed, skipped, missed, …); may be repeated." };
        var most = new Option<int>("--limit", "-n") { Description = "Newest records to show.", DefaultValueFactory = _ => 50 };
        return new Command("executions", "The history of a schedule: one record for each due time, newest first.") { name, status, most }.Runs(async (parse, context, cancellationToken) =>
        {
            var filter = string.Concat((parse.GetValue(status) ?? []).Select(s => $"&status={Uri.EscapeDataString(s)}"));
            var items = await context.Api.ListAsync(
                $"{SchedulesCommand.Path(parse.GetValue(name)!)}/executions?limit=100{filter}", ContractsJson.Default.PageExecutionInfo, cancellationToken, parse.GetValue(most)).ToListAsync(cancellationToken);
            context.WriteTable(
                new Page<ExecutionInfo>(items, null), ContractsJson.Default.PageExecutionInfo, "It has not been due yet.",
                ["NUMBER", "PLANNED", "STARTED", "DURATION", "STATUS", "CPU", "MEMORY", "RUN", "WHY"],
                e =>
                [
                    e.Number.ToString(), e.DueAt is null ? $"by {e.StartedBy}" : CommandContext.Time(e.DueAt), CommandContext.Time(e.StartedAt), e.DurationSeconds is { } d ? $"{d:0.0} s" : null, e.Status,
                    e.CpuSeconds is { } cpu ? $"{cpu:0.0} s" : null, e.PeakMemoryBytes is { } memory ? $"{memory / 1048576} MiB" : null, e.RunId?[..Math.Min(8, e.RunId.Length)], e.Detail ?? "",
                ]);
            return ExitCode.Done;
        });
    }

    public static Command Logs()
    {
        var (name, number) = (new Argument<string>("NAME"), NumberArgument());
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on with what comes, to its end." };
        return new Command("logs", "Output of an execution. Example: slipway schedules logs nightly-iris -f") { name, number, follow }.Runs(async (parse, context, cancellationToken) =>
        {
            var execution = await FindAsync(context, parse.GetValue(name)!, parse.GetValue(number), cancellationToken);
            await using var output = Console.OpenStandardOutput();
            await CopyLogAsync(context, execution, parse.GetValue(follow), output, cancellationToken);
            return ExitCode.Done;
        });
    }

    public static Command Cancel()
    {
        var (name, number) = (new Argument<string>("NAME"), NumberArgument());
        return new Command("cancel", "End an execution: SIGTERM, and after a while SIGKILL to all that it has started.") { name, number }.Runs(async (parse, context, cancellationToken) =>
        {
            var execution = await FindAsync(context, parse.GetValue(name)!, parse.GetValue(number), cancellationToken);
            var cancelled = await context.Api.PostAsync(Path(execution.Schedule, execution.Number) + "/cancel", ContractsJson.Default.ExecutionInfo, cancellationToken);
            context.Write(cancelled, ContractsJson.Default.ExecutionInfo, Describe);
            return ExitCode.Done;
        });
    }

    private static Argument<int?> NumberArgument() => new("NUMBER") { Description = "Which execution; without it the newest.", Arity = ArgumentArity.ZeroOrOne };

    private static string Path(string schedule, int number) => $"{SchedulesCommand.Path(schedule)}/executions/{number}";

    /// <summary>The one of this number; without a number the one that runs, else the newest that did.</summary>
    private static async Task<ExecutionInfo> FindAsync(CommandContext context, string schedule, int? number, CancellationToken cancellationToken)
    {
        if (number is { } known)
        {
            return await context.Api.GetAsync(Path(schedule, known), ContractsJson.Default.ExecutionInfo, cancellationToken);
        }

        var info = await context.Api.GetAsync(SchedulesCommand.Path(schedule), ContractsJson.Default.ScheduleInfo, cancellationToken);
        return info.Current ?? info.Last ?? throw new CliException(ExitCode.NotFound, $"{schedule} has not run yet.");
    }

    private static async Task CopyLogAsync(CommandContext context, ExecutionInfo execution, bool follow, Stream output, CancellationToken cancellationToken)
    {
        using var response = await context.Api.StreamAsync(
            HttpMethod.Get, $"{Path(execution.Schedule, execution.Number)}/log{(follow ? "?follow=true" : "")}", null, cancellationToken);
        await response.Content.CopyToAsync(output, cancellationToken);
    }

    private static void Describe(ExecutionInfo e) => CommandContext.WriteFacts(
        ("execution", $"{e.Schedule} {e.Number}"),
        ("status", e.Status),
        ("why", e.Detail),
        ("planned", e.DueAt is { } due ? CommandContext.Time(due) : $"run now by {e.StartedBy}"),
        ("started", e.StartedAt is { } started ? CommandContext.Time(started) : null),
        ("duration", e.DurationSeconds is { } duration ? $"{duration:0.0} s" : null),
        ("used", e.CpuSeconds is { } cpu ? $"{cpu:0.0} s CPU, {(e.PeakMemoryBytes ?? 0) / 1048576} MiB at most" : null),
        ("run", e.RunId));
}
