using System.Globalization;
using Slipway.Contracts;

namespace Slipway.Cli.Commands;

/// <summary><c>slipway rollouts …</c>. A rollout is named by its id, or by its deployment: then the newest one is meant.</summary>
internal static class RolloutsCommand
{
    public static Command Create() => new("rollouts", "Movements of traffic to another revision: list, show, watch, pause, resume, cancel, complete, retry, cleanup.")
    {
        List(), Show(), Watch(),
        Act("pause", "Hold it between two steps: the split stays as it is.", "pause"),
        Act("resume", "Go on with a paused one.", "resume"),
        Cancel(),
        Act("complete", "Move all traffic to the new revision now, whatever the gates say. It may have too few replicas for it.", "force-complete"),
        Retry(),
        Act("cleanup", "Stop keeping the replicas of the revision that was replaced.", "cleanup"),
    };

    private static Argument<string> RolloutArgument() => new("ROLLOUT") { Description = "Its id, or NAME or ENVIRONMENT/NAME of the deployment: its newest rollout." };

    private static Command List()
    {
        var environment = new Option<string?>("--environment", "-e") { Description = "Only of this environment." };
        var deployment = new Option<string?>("--deployment") { Description = "Only of deployments of this name." };
        var status = new Option<string?>("--status") { Description = "Only those that are PAUSED, FAILED, …" };
        var underWay = new Option<bool>("--under-way") { Description = "Only those that have not ended." };
        var limit = new Option<int>("--limit") { Description = "At most so many.", DefaultValueFactory = _ => 50 };
        return new Command("list", "Rollouts, newest first. Example: slipway rollouts list --under-way") { environment, deployment, status, underWay, limit }.Runs(async (parse, context, cancellationToken) =>
        {
            string[] filters =
            [
                .. parse.GetValue(environment) is { } e ? (string[])[$"environment={Uri.EscapeDataString(e)}"] : [],
                .. parse.GetValue(deployment) is { } d ? (string[])[$"deployment={Uri.EscapeDataString(d)}"] : [],
                .. parse.GetValue(status) is { } s ? (string[])[$"status={Uri.EscapeDataString(s)}"] : [],
                .. parse.GetValue(underWay) ? (string[])["under_way=true"] : [],
            ];
            var path = "/api/v1/rollouts" + (filters.Length == 0 ? "" : "?" + string.Join('&', filters));
            var items = await context.Api.ListAsync(path, ContractsJson.Default.PageRolloutInfo, cancellationToken, parse.GetValue(limit)).ToListAsync(cancellationToken);
            context.WriteTable(
                new Page<RolloutInfo>(items, null), ContractsJson.Default.PageRolloutInfo, "No rollouts.", ["STARTED", "DEPLOYMENT", "STRATEGY", "FROM", "TO", "STATUS", "TRAFFIC", "BY", "ID"],
                r => [CommandContext.Time(r.StartedAt), $"{r.Environment}/{r.Deployment}", r.Strategy, Revision(r.FromRevision), Revision(r.ToRevision), r.Status, Percent(r), r.StartedBy, r.Id]);
            return ExitCode.Done;
        });
    }

    private static Command Show()
    {
        var rollout = RolloutArgument();
        return new Command("show", "One rollout with its two sides and its steps.") { rollout }.Runs(async (parse, context, cancellationToken) =>
        {
            var found = await FindAsync(context.Api, parse.GetValue(rollout)!, cancellationToken);
            context.Write(found, ContractsJson.Default.RolloutInfo, Describe);
            return ExitCode.Done;
        });
    }

    private static Command Watch()
    {
        var rollout = RolloutArgument();
        return new Command("watch", "Follow one to its end. Exit code 0 when it has succeeded, 7 when it has not.") { rollout }.Runs(async (parse, context, cancellationToken) =>
        {
            var found = await FindAsync(context.Api, parse.GetValue(rollout)!, cancellationToken);
            found = await RolloutWatch.UntilEndedAsync(context, found, cancellationToken);
            if (context.Json)
            {
                context.Write(found, ContractsJson.Default.RolloutInfo, _ => { });
            }

            return found.Status == "SUCCEEDED" ? ExitCode.Done : ExitCode.DeployFailed;
        });
    }

    private static Command Cancel()
    {
        var rollout = RolloutArgument();
        var force = new Option<bool>("--force") { Description = "All traffic back at once, however few replicas the old revision has." };
        return new Command("cancel", "Go back to the old revision, gently. Example: slipway rollouts cancel iris --force") { rollout, force }.Runs(
            (parse, context, cancellationToken) => ActAsync(context, parse.GetValue(rollout)!, parse.GetValue(force) ? "force-cancel" : "cancel", cancellationToken));
    }

    private static Command Act(string name, string description, string verb)
    {
        var rollout = RolloutArgument();
        return new Command(name, description) { rollout }.Runs((parse, context, cancellationToken) => ActAsync(context, parse.GetValue(rollout)!, verb, cancellationToken));
    }

    private static Command Retry()
    {
        var rollout = RolloutArgument();
        return new Command("retry", "Try a failed one again, with the same settings.") { rollout }.Runs(async (parse, context, cancellationToken) =>
        {
            var found = await FindAsync(context.Api, parse.GetValue(rollout)!, cancellationToken);
            var answer = await context.Api.PostAsync($"/api/v1/rollouts/{found.Id}/retry", ContractsJson.Default.RetryRolloutInfo, cancellationToken);
            context.Write(answer, ContractsJson.Default.RetryRolloutInfo, a => Console.Out.WriteLine(a.Rollout is { } started ? Line(started) : $"Nothing was retried: {a.Reason}"));
            return answer.Retried ? ExitCode.Done : ExitCode.Refused;
        });
    }

    private static async Task<int> ActAsync(CommandContext context, string given, string verb, CancellationToken cancellationToken)
    {
        var found = await FindAsync(context.Api, given, cancellationToken);
        var done = await context.Api.PostAsync($"/api/v1/rollouts/{found.Id}/{verb}", ContractsJson.Default.RolloutInfo, cancellationToken);
        context.Write(done, ContractsJson.Default.RolloutInfo, r => Console.Out.WriteLine(Line(r)));
        return ExitCode.Done;
    }

    private static async Task<RolloutInfo> FindAsync(ApiClient api, string given, CancellationToken cancellationToken)
    {
        if (Guid.TryParse(given, out var id))
        {
            return await api.GetAsync($"/api/v1/rollouts/{id}", ContractsJson.Default.RolloutInfo, cancellationToken);
        }

        var (environment, name) = await DeploymentNames.ResolveAsync(api, given, null, cancellationToken);
        var page = await api.GetAsync(DeploymentNames.Path(environment, name) + "/rollouts?limit=1", ContractsJson.Default.PageRolloutInfo, cancellationToken);
        return page.Items.FirstOrDefault() ?? throw new CliException(ExitCode.NotFound, $"{environment}/{name} has no rollout.");
    }

    private static void Describe(RolloutInfo r)
    {
        CommandContext.WriteFacts(
            ("rollout", r.Id),
            ("deployment", $"{r.Environment}/{r.Deployment}"),
            ("strategy", r.Strategy),
            ("status", r.PausedReason is { } why ? $"{r.Status} ({why})" : r.Status),
            ("traffic", $"{Percent(r)} on {Revision(r.ToRevision)}{(r.FromRevision is null ? "" : $", the rest on {Revision(r.FromRevision)}")}"),
            ("reason", r.ErrorMessage is null ? null : $"{r.ErrorMessage} [{r.ErrorCode}]"),
            ("previous", r.Previous is { } previous ? Side(previous) : null),
            ("candidate", Side(r.Candidate)),
            ("waiting for", r.WaitingFor is { } wait ? $"{wait.Message} [{wait.Reason}, until {CommandContext.Time(wait.Until)}]" : null),
            ("next step", r.NextStepAt is null ? null : CommandContext.Time(r.NextStepAt)),
            ("possible", r.Actions.Count == 0 ? null : string.Join(", ", r.Actions)),
            ("note", r.Notes.Count == 0 ? null : string.Join(" ", r.Notes)),
            ("kept", r.PreviousKept ? $"the replicas of {Revision(r.FromRevision)}; end that with: slipway rollouts cleanup {r.Id}" : null),
            ("started", $"{CommandContext.Time(r.StartedAt)} by {r.StartedBy}"));
        Console.Out.WriteLine();
        foreach (var step in r.Steps)
        {
            Console.Out.WriteLine(RolloutWatch.Line(step));
        }
    }

    internal static string Line(RolloutInfo r) => $"{r.Environment}/{r.Deployment}: {r.Status}, {Percent(r)} of the traffic on {Revision(r.ToRevision)}";

    private static string Side(RolloutSideInfo side) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Revision(side.Revision)}: {side.ReplicasReady} of {side.ReplicasWanted} ready; {side.Total.Requests} requests, {side.Total.Failures} failed{(side.Total.P95Ms is { } p95 ? $", p95 {p95:0.#} ms" : "")}");

    private static string Revision(int? number) => number is null ? "–" : $"r{number}";

    private static string Percent(RolloutInfo r) => $"{r.PercentTrafficToNewVersion} %";
}
