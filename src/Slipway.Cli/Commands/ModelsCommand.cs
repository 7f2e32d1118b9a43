using Slipway.Contracts;

namespace Slipway.Cli.Commands;

/// <summary><c>slipway models …</c></summary>
internal static class ModelsCommand
{
    public static Command Create() => new("models", "Registered models: list, show, register, update, tag, untag, transitions, stage-at, lineage, deployments, delete.")
    {
        List(), Show(), Register(), Update(), Tag(), Untag(), Transitions(), StageAt(), Lineage(), Deployments(), Delete(),
    };

    private static string Path(string model) => $"/api/v1/models/{Uri.EscapeDataString(model)}";

    private static Command List()
    {
        var search = new Option<string?>("--search") { Description = "Part of a name or description." };
        var stage = new Option<string?>("--stage") { Description = "Models with a version in this stage." };
        var tags = new Option<string[]>("--tag") { Description = "Models with this tag; with all of them when repeated." };
        return new Command("list", "All models.") { search, stage, tags }.Runs(async (parse, context, cancellationToken) =>
        {
            (string Name, string? Value)[] wanted = [("q", parse.GetValue(search)), ("stage", parse.GetValue(stage)), .. (parse.GetValue(tags) ?? []).Select(t => ("tag", (string?)t))];
            var filter = string.Join('&', wanted.Where(f => f.Value is not null).Select(f => $"{f.Name}={Uri.EscapeDataString(f.Value!)}")) is { Length: > 0 } query ? "?" + query : "";
            var items = await context.Api.ListAsync($"/api/v1/models{filter}", ContractsJson.Default.PageModelInfo, cancellationToken).ToListAsync(cancellationToken);
            context.WriteTable(
                new Page<ModelInfo>(items, null), ContractsJson.Default.PageModelInfo, "No models yet. Push one with: slipway push DIR",
                ["NAME", "LATEST", "PRODUCTION", "OWNER", "UPDATED", "DESCRIPTION"],
                m => [m.Name, m.LatestVersion is { } latest ? $"v{latest}" : null, m.ProductionVersion is { } p ? $"v{p}" : null, m.Owner, CommandContext.Time(m.UpdatedAt), m.Description ?? ""]);
            return ExitCode.Done;
        });
    }

    private static Command Show()
    {
        var name = new Argument<string>("NAME");
        return new Command("show", "One model.") { name }.Runs(async (parse, context, cancellationToken) =>
        {
            var model = await context.Api.GetAsync($"/api/v1/models/{Uri.EscapeDataString(parse.GetValue(name)!)}", ContractsJson.Default.ModelInfo, cancellationToken);
            context.Write(model, ContractsJson.Default.ModelInfo, m => CommandContext.WriteFacts(
                ("model", m.Name), ("description", m.Description), ("tags", m.Tags.Count > 0 ? string.Join(", ", m.Tags.Select(t => m.TagValues.TryGetValue(t, out var value) ? $"{t}: {value}" : t)) : null), ("latest", m.LatestVersion is { } v ? $"v{v}" : "no version yet"), ("production", m.ProductionVersion is { } p ? $"v{p}" : null),
                ("owner", m.Owner), ("created", CommandContext.Time(m.CreatedAt)), ("updated", CommandContext.Time(m.UpdatedAt))));
            return ExitCode.Done;
        });
    }

    private static Command Register()
    {
        var name = new Argument<string>("NAME");
        var description = new Option<string?>("--description");
        var tags = new Option<string[]>("--tag") { Description = "May be repeated." };
        return new Command("register", "Register a model without a version.") { name, description, tags }.Runs(async (parse, context, cancellationToken) =>
        {
            var model = await context.Api.PostAsync(
                "/api/v1/models", new RegisterModelRequest(parse.GetValue(name)!, parse.GetValue(description), parse.GetValue(tags)),
                ContractsJson.Default.RegisterModelRequest, ContractsJson.Default.ModelInfo, cancellationToken);
            context.Write(model, ContractsJson.Default.ModelInfo, m => Console.Out.WriteLine(m.Name));
            return ExitCode.Done;
        });
    }

    private static Command Update()
    {
        var name = new Argument<string>("NAME");
        var description = new Option<string>("--description") { Required = true };
        return new Command("update", "Change a model's description.") { name, description }.Runs(async (parse, context, cancellationToken) =>
        {
            var model = await context.Api.PatchAsync(
                Path(parse.GetValue(name)!), new UpdateModelRequest(parse.GetValue(description)), ContractsJson.Default.UpdateModelRequest, ContractsJson.Default.ModelInfo, cancellationToken);
            context.Write(model, ContractsJson.Default.ModelInfo, m => Console.Out.WriteLine(m.Name));
            return ExitCode.Done;
        });
    }

    private static Command Tag()
    {
        var (name, key, value) = (new Argument<string>("NAME"), new Argument<string>("KEY"), new Argument<string>("VALUE"));
        return new Command("tag", "Set a tag of a model: slipway models tag churn team risk") { name, key, value }.Runs(async (parse, context, cancellationToken) =>
        {
            var model = await context.Api.PutAsync(
                $"{Path(parse.GetValue(name)!)}/tags", new SetTagRequest(parse.GetValue(key)!, parse.GetValue(value)!), ContractsJson.Default.SetTagRequest, ContractsJson.Default.ModelInfo, cancellationToken);
            context.Write(model, ContractsJson.Default.ModelInfo, m => Console.Out.WriteLine(m.Name));
            return ExitCode.Done;
        });
    }

    private static Command Untag()
    {
        var (name, key) = (new Argument<string>("NAME"), new Argument<string>("KEY"));
        return new Command("untag", "Take a tag away.") { name, key }.Runs(async (parse, context, cancellationToken) =>
        {
            await context.Api.CallAsync(HttpMethod.Delete, $"{Path(parse.GetValue(name)!)}/tags?key={Uri.EscapeDataString(parse.GetValue(key)!)}", cancellationToken);
            return ExitCode.Done;
        });
    }

    private static Command Transitions()
    {
        var name = new Argument<string>("NAME");
        var version = new Option<string?>("--version") { Description = "Only of this version: 3 or v3. Deleted ones are known too." };
        return new Command("transitions", "The ledger of stages: who moved which version when, newest first.") { name, version }.Runs(async (parse, context, cancellationToken) =>
        {
            var filter = parse.GetValue(version) is { } v ? $"?version={Uri.EscapeDataString(v)}" : "";
            var items = await context.Api.ListAsync($"{Path(parse.GetValue(name)!)}/transitions{filter}", ContractsJson.Default.PageTransitionInfo, cancellationToken).ToListAsync(cancellationToken);
            context.WriteTable(
                new Page<TransitionInfo>(items, null), ContractsJson.Default.PageTransitionInfo, "No version has changed its stage yet.", ["AT", "VERSION", "FROM", "TO", "BY", "NOTE"],
                t => [CommandContext.Time(t.At), $"v{t.Version}", t.From, t.To ?? "deleted", t.By, t.Note]);
            return ExitCode.Done;
        });
    }

    private static Command StageAt()
    {
        var (name, stage) = (new Argument<string>("NAME"), new Argument<string>("STAGE") { Description = "Staging, Production or Archived." });
        var at = new Option<string?>("--at") { Description = "A time such as 2026-11-21T12:00:00Z; now if left out." };
        return new Command("stage-at", "Which versions were in a stage at a time: slipway models stage-at churn Production --at 2026-11-21T12:00:00Z") { name, stage, at }
            .Runs(async (parse, context, cancellationToken) =>
            {
                var when = parse.GetValue(at) is { } t ? $"?at={Uri.EscapeDataString(t)}" : "";
                var found = await context.Api.GetAsync(
                    $"{Path(parse.GetValue(name)!)}/stages/{Uri.EscapeDataString(parse.GetValue(stage)!)}{when}", ContractsJson.Default.StageAtInfo, cancellationToken);
                if (context.Json)
                {
                    context.Write(found, ContractsJson.Default.StageAtInfo, _ => { });
                    return ExitCode.Done;
                }

                context.WriteTable(
                    new Page<StageHolderInfo>(found.Versions, null), null!, $"No version was in {found.Stage} then.", ["VERSION", "SINCE", "UNTIL", "BY", "APPROVED BY", "NOTE"],
                    v => [$"v{v.Version}{(v.Deleted ? " (deleted since)" : "")}", CommandContext.Time(v.Since), v.Until is null ? "now" : CommandContext.Time(v.Until), v.By, v.ApprovedBy, v.Note]);
                return ExitCode.Done;
            });
    }

    private static Command Lineage()
    {
        var name = new Argument<string>("NAME");
        return new Command("lineage", "What each version of a model came from, and what was made of it, as trees.") { name }.Runs(async (parse, context, cancellationToken) =>
        {
            var found = await context.Api.GetAsync($"{Path(parse.GetValue(name)!)}/lineage", ContractsJson.Default.LineageInfo, cancellationToken);
            context.Write(found, ContractsJson.Default.LineageInfo, LineageTree.Write);
            return ExitCode.Done;
        });
    }

    private static Command Deployments()
    {
        var name = new Argument<string>("NAME");
        return new Command("deployments", "Where versions of a model are, and were, deployed.") { name }.Runs(async (parse, context, cancellationToken) =>
        {
            var page = await context.Api.GetAsync($"{Path(parse.GetValue(name)!)}/deployments", ContractsJson.Default.PageModelDeploymentInfo, cancellationToken);
            context.WriteTable(
                page, ContractsJson.Default.PageModelDeploymentInfo, "No version of it was deployed yet.", ["DEPLOYMENT", "VERSION", "USE", "REVISION", "STATUS"],
                d => [$"{d.Deployment.Environment}/{d.Deployment.Name}", $"v{d.Version}", d.Deployment.Use.Replace('_', ' '), $"{d.Deployment.Revision}", d.Deployment.Status]);
            return ExitCode.Done;
        });
    }

    private static Command Delete()
    {
        var name = new Argument<string>("NAME");
        var yes = new Option<bool>("--yes") { Description = "Do not ask." };
        var dryRun = new Option<bool>("--dry-run") { Description = "Only list what would go." };
        return new Command("delete", "Delete a model with all its versions, for good.") { name, yes, dryRun }.Runs(async (parse, context, cancellationToken) =>
        {
            if (parse.GetValue(dryRun))
            {
                return await Deletions.PreviewAsync(context, Path(parse.GetValue(name)!), cancellationToken);
            }

            await Deletions.ConfirmAsync(context, parse.GetValue(yes), Path(parse.GetValue(name)!), parse.GetValue(name)!, cancellationToken);
            await context.Api.CallAsync(HttpMethod.Delete, $"/api/v1/models/{Uri.EscapeDataString(parse.GetValue(name)!)}", cancellationToken);
            return ExitCode.Done;
        });
    }
}
