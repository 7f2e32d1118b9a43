using Slipway.Contracts;

namespace Slipway.Cli.Commands;

/// <summary><c>slipway experiments …</c></summary>
internal static class ExperimentsCommand
{
    public static Command Create() => new("experiments", "Lines of work that runs belong to: list, show, create, update, archive, restore.")
    {
        List(), Show(), CreateOne(), Update(), Archive(), Restore(),
    };

    public static string Path(string experiment) => $"/api/v1/experiments/{Uri.EscapeDataString(experiment)}";

    /// <summary><c>key=value</c> pairs as given on the command line.</summary>
    public static Dictionary<string, string>? Tags(string[]? given) => given is null or []
        ? null
        : given.Select(t => t.Split('=', 2)).GroupBy(t => t[0]).ToDictionary(g => g.Key, g => g.Last() is [_, var value] ? value : "");

    private static Argument<string> Experiment() => new("EXPERIMENT") { Description = "Id or name." };

    private static Command List()
    {
        var search = new Option<string?>("--search") { Description = "Part of a name or description." };
        var status = new Option<string?>("--status") { Description = "active, completed, archived or all; left out: all that are not archived." };
        var tags = new Option<string[]>("--tag") { Description = "KEY or KEY=VALUE; with all of them when repeated." };
        var sort = new Option<string?>("--sort") { Description = "name, created, activity or runs; -name for the other direction." };
        return new Command("list", "Experiments, those with the latest activity first.") { search, status, tags, sort }.Runs(async (parse, context, cancellationToken) =>
        {
            var query = Queries.Of([
                ("q", parse.GetValue(search)), ("status", parse.GetValue(status)), ("order", parse.GetValue(sort)), .. (parse.GetValue(tags) ?? []).Select(t => ("tag", (string?)t))]);
            var items = await context.Api.ListAsync($"/api/v1/experiments{query}", ContractsJson.Default.PageExperimentInfo, cancellationToken).ToListAsync(cancellationToken);
            context.WriteTable(
                new Page<ExperimentInfo>(items, null), ContractsJson.Default.PageExperimentInfo, "No experiments. Make one with: slipway experiments create NAME",
                ["ID", "NAME", "STATUS", "RUNS", "LAST ACTIVITY", "DESCRIPTION"],
                e => [e.Id, e.Name, e.Status, $"{e.RunCount}", CommandContext.Time(e.LastActivityAt), e.Description ?? ""]);
            return ExitCode.Done;
        });
    }

    private static Command Show()
    {
        var experiment = Experiment();
        return new Command("show", "One experiment.") { experiment }.Runs(async (parse, context, cancellationToken) =>
        {
            var found = await context.Api.GetAsync(Path(parse.GetValue(experiment)!), ContractsJson.Default.ExperimentInfo, cancellationToken);
            context.Write(found, ContractsJson.Default.ExperimentInfo, e => CommandContext.WriteFacts([
                ("experiment", $"{e.Id} {e.Name}"), ("description", e.Description), ("status", e.Status), ("runs", $"{e.RunCount}"),
                ("last activity", CommandContext.Time(e.LastActivityAt)), ("created", $"{CommandContext.Time(e.CreatedAt)} by {e.CreatedBy}"),
                .. e.Tags.Select(t => ("tag", (string?)$"{t.Key}: {t.Value}"))]));
            return ExitCode.Done;
        });
    }

    private static Command CreateOne()
    {
        var name = new Argument<string>("NAME");
        var description = new Option<string?>("--description");
        var tags = new Option<string[]>("--tag") { Description = "KEY=VALUE; may be repeated." };
        return new Command("create", "Add an experiment: slipway experiments create \"Churn 2026\" --tag team=growth") { name, description, tags }.Runs(async (parse, context, cancellationToken) =>
        {
            var made = await context.Api.PostAsync(
                "/api/v1/experiments", new CreateExperimentRequest(parse.GetValue(name)!, parse.GetValue(description), Tags(parse.GetValue(tags))),
                ContractsJson.Default.CreateExperimentRequest, ContractsJson.Default.ExperimentInfo, cancellationToken);
            context.Write(made, ContractsJson.Default.ExperimentInfo, e => Console.Out.WriteLine(e.Id));
            return ExitCode.Done;
        });
    }

    private static Command Update()
    {
        var experiment = Experiment();
        var name = new Option<string?>("--name");
        var description = new Option<string?>("--description") { Description = "An empty text takes it away." };
        var status = new Option<string?>("--status") { Description = "Active or Completed." };
        var tags = new Option<string[]>("--tag") { Description = "KEY=VALUE; replaces all tags." };
        return new Command("update", "Change an experiment.") { experiment, name, description, status, tags }.Runs(async (parse, context, cancellationToken) =>
        {
            var request = new UpdateExperimentRequest(parse.GetValue(name), parse.GetValue(description), Tags(parse.GetValue(tags)), parse.GetValue(status));
            if (request == new UpdateExperimentRequest())
            {
                throw new CliException(ExitCode.Usage, "Say what to change: --name, --description, --status or --tag.");
            }

            var changed = await context.Api.PatchAsync(
                Path(parse.GetValue(experiment)!), request, ContractsJson.Default.UpdateExperimentRequest, ContractsJson.Default.ExperimentInfo, cancellationToken);
            context.Write(changed, ContractsJson.Default.ExperimentInfo, e => Console.Out.WriteLine(e.Id));
            return ExitCode.Done;
        });
    }

    private static Command Archive() => Move("archive", "Hide an experiment from lists; it takes no new runs. Nothing of it is lost.");

    private static Command Restore() => Move("restore", "Take an experiment back out of the archive.");

    private static Command Move(string verb, string description)
    {
        var experiment = Experiment();
        return new Command(verb, description) { experiment }.Runs(async (parse, context, cancellationToken) =>
        {
            var moved = await context.Api.PostAsync($"{Path(parse.GetValue(experiment)!)}/{verb}", ContractsJson.Default.ExperimentInfo, cancellationToken);
            context.Write(moved, ContractsJson.Default.ExperimentInfo, e => Console.Out.WriteLine($"{e.Name}: {e.Status}"));
            return ExitCode.Done;
        });
    }
}
