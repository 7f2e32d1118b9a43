using Slipway.Contracts;

namespace Slipway.Cli.Commands;

/// <summary><c>slipway models …</c></summary>
internal static class ModelsCommand
{
    public static Command Create() => new("models", "Registered models: list, show, register, delete.") { List(), Show(), Register(), Delete() };

    private static Command List()
    {
        var search = new Option<string?>("--search") { Description = "Part of a name or description." };
        return new Command("list", "All models.") { search }.Runs(async (parse, context, cancellationToken) =>
        {
            var filter = parse.GetValue(search) is { } q ? $"?q={Uri.EscapeDataString(q)}" : "";
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
                ("model", m.Name), ("description", m.Description), ("tags", m.Tags.Count > 0 ? string.Join(", ", m.Tags) : null), ("latest", m.LatestVersion is { } v ? $"v{v}" : "no version yet"),
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

    private static Command Delete()
    {
        var name = new Argument<string>("NAME");
        var yes = new Option<bool>("--yes") { Description = "Do not ask." };
        return new Command("delete", "Delete a model with all its versions, for good.") { name, yes }.Runs(async (parse, context, cancellationToken) =>
        {
            Confirm.Deletion(parse.GetValue(yes), parse.GetValue(name)!);
            await context.Api.CallAsync(HttpMethod.Delete, $"/api/v1/models/{Uri.EscapeDataString(parse.GetValue(name)!)}", cancellationToken);
            return ExitCode.Done;
        });
    }
}
