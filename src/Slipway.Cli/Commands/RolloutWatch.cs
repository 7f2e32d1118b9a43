using Slipway.Contracts;
using Spectre.Console;

namespace Slipway.Cli.Commands;

/// <summary>Follows a rollout: each step as a line on standard output, and below them, where somebody looks, how it stands.</summary>
internal static class RolloutWatch
{
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(500);

    public static string Line(RolloutStepInfo step) =>
        $"{CommandContext.Time(step.At)}  {step.Status,-12}  {step.PercentTrafficToNewVersion,3} %  {step.What}{(step.Evidence is { } e && !step.What.Contains(e.What, StringComparison.Ordinal) ? $" ({e.Verdict}: {e.What})" : "")}";

    /// <summary>Of every command that starts a rollout; <see cref="AskedWait"/> knows it by its name.</summary>
    public static Option<bool> WaitOption() => new("--wait") { Description = "Follow the rollout to its end; where a reviewer must agree, wait for that first." };

    /// <returns>The rollout as it ended.</returns>
    public static Task<RolloutInfo> UntilEndedAsync(CommandContext context, RolloutInfo rollout, CancellationToken cancellationToken) =>
        context.Json || !CommandContext.IsWatched
            ? FollowAsync(context, rollout, _ => { }, cancellationToken)
            : CommandContext.Messages.Status().StartAsync(
                "Waiting", status => FollowAsync(context, rollout, now => status.Status(Markup.Escape(Words(now))), cancellationToken));

    private static async Task<RolloutInfo> FollowAsync(CommandContext context, RolloutInfo rollout, Action<RolloutInfo> show, CancellationToken cancellationToken)
    {
        var said = 0;
        string? waiting = null;
        while (true)
        {
            foreach (var step in rollout.Steps.Where(s => s.Number > said && !context.Json))
            {
                Console.Out.WriteLine(Line(step));
            }

            said = rollout.Steps.Count == 0 ? 0 : rollout.Steps[^1].Number;
            if (rollout.FinishedAt is not null)
            {
                return rollout;
            }

            if (rollout.WaitingFor is { Reason: "insufficient_capacity", Message: var message } && message != waiting && !context.Json)
            {
                Console.Out.WriteLine($"  waiting: {message}");
            }

            waiting = rollout.WaitingFor?.Message;
            show(rollout);
            await Task.Delay(Pace, cancellationToken);
            rollout = await context.Api.GetAsync($"/api/v1/rollouts/{rollout.Id}", ContractsJson.Default.RolloutInfo, cancellationToken);
        }
    }

    private static string Words(RolloutInfo r) =>
        $"{r.Status} {r.PercentTrafficToNewVersion} %"
        + (r.Previous is { } old ? $"  r{old.Revision}: {old.ReplicasReady}/{old.ReplicasWanted} ready, {Rate(old)}" : "")
        + $"  r{r.Candidate.Revision}: {r.Candidate.ReplicasReady}/{r.Candidate.ReplicasWanted} ready, {Rate(r.Candidate)}"
        + (r.WaitingFor is { } wait ? $"  {wait.Message}" : "")
        + (r.NextStepAt is { } at && at > DateTimeOffset.UtcNow ? $"  next step in {Math.Ceiling((at - DateTimeOffset.UtcNow).TotalSeconds):0} s" : "");

    private static string Rate(RolloutSideInfo side) =>
        side.Window.Requests == 0 ? "not asked" : FormattableString.Invariant($"{side.Window.ErrorRate * 100:0.#} % of {side.Window.Requests} failed, p95 {side.Window.P95Ms:0.#} ms");
}
