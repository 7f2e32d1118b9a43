using Slipway.Contracts;

namespace Slipway.Cli.Commands;

/// <summary><c>slipway protections …</c></summary>
internal static class ProtectionsCommand
{
    public static Command Create() => new("protections", "Stages that versions enter and leave by approval only: list, set, delete.") { List(), Set(), Delete() };

    private static Option<string?> Model() => new("--model") { Description = "Only of this model; left out: of every model without a rule of its own." };

    private static string Path(string? model, string stage) =>
        (model is null ? "/api/v1/stage-protections" : $"/api/v1/models/{Uri.EscapeDataString(model)}/protection") + $"/{Uri.EscapeDataString(stage)}";

    private static Command List()
    {
        var model = new Option<string?>("--model") { Description = "The rules that this model is under." };
        return new Command("list", "Protected stages.") { model }.Runs(async (parse, context, cancellationToken) =>
        {
            var path = parse.GetValue(model) is { } one ? $"/api/v1/models/{Uri.EscapeDataString(one)}/protection" : "/api/v1/stage-protections";
            var items = await context.Api.ListAsync(path, ContractsJson.Default.PageStageProtectionInfo, cancellationToken).ToListAsync(cancellationToken);
            context.WriteTable(
                new Page<StageProtectionInfo>(items, null), ContractsJson.Default.PageStageProtectionInfo,
                "No stage is protected. Protect one with: slipway protections set Production --reviewers NAME,NAME", ["MODEL", "STAGE", "REVIEWERS", "SET BY", "AT"],
                p => [p.Model ?? "every model", p.Stage, string.Join(", ", p.Reviewers), p.UpdatedBy, CommandContext.Time(p.UpdatedAt)]);
            return ExitCode.Done;
        });
    }

    private static Command Set()
    {
        var (stage, model) = (new Argument<string>("STAGE") { Description = "Staging or Production." }, Model());
        var reviewers = new Option<string>("--reviewers") { Description = "Users who may approve, by commas.", Required = true };
        return new Command("set", "Protect a stage, or name other reviewers: slipway protections set Production --model churn --reviewers rev,boss") { stage, model, reviewers }
            .Runs(async (parse, context, cancellationToken) =>
            {
                var request = new ProtectStageRequest(parse.GetValue(reviewers)!.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
                var set = await context.Api.PutAsync(
                    Path(parse.GetValue(model), parse.GetValue(stage)!), request, ContractsJson.Default.ProtectStageRequest, ContractsJson.Default.StageProtectionInfo, cancellationToken);
                context.Write(set, ContractsJson.Default.StageProtectionInfo, p => Console.Out.WriteLine($"{p.Model ?? "every model"}: {p.Stage} is protected; {string.Join(", ", p.Reviewers)} review"));
                return ExitCode.Done;
            });
    }

    private static Command Delete()
    {
        var (stage, model) = (new Argument<string>("STAGE"), Model());
        return new Command("delete", "Take a rule away; what waits for its reviewers is closed or goes to those of the other rule.") { stage, model }.Runs(async (parse, context, cancellationToken) =>
        {
            await context.Api.CallAsync(HttpMethod.Delete, Path(parse.GetValue(model), parse.GetValue(stage)!), cancellationToken);
            return ExitCode.Done;
        });
    }
}
