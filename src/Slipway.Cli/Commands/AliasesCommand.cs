using Slipway.Contracts;

namespace Slipway.Cli.Commands;

/// <summary><c>slipway aliases …</c></summary>
internal static class AliasesCommand
{
    public static Command Create() => new("aliases", "Movable names of versions, MODEL@ALIAS: list, set, delete, history.") { List(), Set(), Delete(), History() };

    private static string Path(string model, string? alias = null) =>
        $"/api/v1/models/{Uri.EscapeDataString(model)}/aliases" + (alias is null ? "" : $"/{Uri.EscapeDataString(alias)}");

    private static Command List()
    {
        var model = new Argument<string>("MODEL");
        return new Command("list", "Aliases of a model.") { model }.Runs(async (parse, context, cancellationToken) =>
        {
            var items = await context.Api.ListAsync(Path(parse.GetValue(model)!), ContractsJson.Default.PageAliasInfo, cancellationToken).ToListAsync(cancellationToken);
            context.WriteTable(
                new Page<AliasInfo>(items, null), ContractsJson.Default.PageAliasInfo, "No aliases yet. Set one with: slipway aliases set MODEL ALIAS VERSION", ["ALIAS", "VERSION", "MOVED", "BY"],
                a => [a.Alias, $"v{a.Version}", CommandContext.Time(a.MovedAt), a.MovedBy]);
            return ExitCode.Done;
        });
    }

    private static Command Set()
    {
        var (model, alias, version) = (new Argument<string>("MODEL"), new Argument<string>("ALIAS"), new Argument<string>("VERSION") { Description = "3, v3, a label or @alias." });
        return new Command("set", "Make an alias, or move it: slipway aliases set churn champion 3") { model, alias, version }.Runs(async (parse, context, cancellationToken) =>
        {
            var set = await context.Api.PutAsync(
                Path(parse.GetValue(model)!, parse.GetValue(alias)), new SetAliasRequest(parse.GetValue(version)!), ContractsJson.Default.SetAliasRequest, ContractsJson.Default.AliasInfo, cancellationToken);
            context.Write(set, ContractsJson.Default.AliasInfo, a => Console.Out.WriteLine($"{a.Alias}: v{a.Version}"));
            return ExitCode.Done;
        });
    }

    private static Command Delete()
    {
        var (model, alias) = (new Argument<string>("MODEL"), new Argument<string>("ALIAS"));
        return new Command("delete", "Delete an alias; its history stays.") { model, alias }.Runs(async (parse, context, cancellationToken) =>
        {
            await context.Api.CallAsync(HttpMethod.Delete, Path(parse.GetValue(model)!, parse.GetValue(alias)), cancellationToken);
            return ExitCode.Done;
        });
    }

    private static Command History()
    {
        var model = new Argument<string>("MODEL");
        var alias = new Option<string?>("--alias") { Description = "Only of this one." };
        return new Command("history", "Moves of a model's aliases, newest first.") { model, alias }.Runs(async (parse, context, cancellationToken) =>
        {
            var filter = parse.GetValue(alias) is { } a ? $"?alias={Uri.EscapeDataString(a)}" : "";
            var items = await context.Api.ListAsync(
                $"/api/v1/models/{Uri.EscapeDataString(parse.GetValue(model)!)}/alias-moves{filter}", ContractsJson.Default.PageAliasMoveInfo, cancellationToken).ToListAsync(cancellationToken);
            context.WriteTable(
                new Page<AliasMoveInfo>(items, null), ContractsJson.Default.PageAliasMoveInfo, "No alias has moved yet.", ["AT", "ALIAS", "FROM", "TO", "BY"],
                m => [CommandContext.Time(m.At), m.Alias, m.FromVersion is { } from ? $"v{from}" : "–", m.ToVersion is { } to ? $"v{to}" : "deleted", m.By]);
            return ExitCode.Done;
        });
    }
}
