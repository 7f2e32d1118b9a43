using Slipway.Contracts;

namespace Slipway.Cli.Commands;

/// <summary><c>slipway environments …</c></summary>
internal static class EnvironmentsCommand
{
    public static Command Create() => new("environments", "Where deployments live: list, show, create, update, delete.") { List(), Show(), New(), Update(), Delete() };

    private static string Path(string name) => $"/api/v1/environments/{Uri.EscapeDataString(name)}";

    private static Command List() => new Command("list", "All environments, in the order of promotion.").Runs(async (_, context, cancellationToken) =>
    {
        var page = await context.Api.GetAsync("/api/v1/environments", ContractsJson.Default.PageEnvironmentInfo, cancellationToken);
        context.WriteTable(
            page, ContractsJson.Default.PageEnvironmentInfo, "No environments.", ["NAME", "PROTECTION", "DEPLOYMENTS", "REPLICAS", "PROMOTION"],
            e => [e.Name, Protection(e), e.Deployments.ToString(), $"{e.MinReplicas} to {e.MaxReplicas}", e.Promotion.Strategy]);
        return ExitCode.Done;
    });

    private static Command Show()
    {
        var name = new Argument<string>("NAME");
        return new Command("show", "One environment with its settings.") { name }.Runs(async (parse, context, cancellationToken) =>
        {
            var found = await context.Api.GetAsync(Path(parse.GetValue(name)!), ContractsJson.Default.EnvironmentInfo, cancellationToken);
            context.Write(found, ContractsJson.Default.EnvironmentInfo, Describe);
            return ExitCode.Done;
        });
    }

    private static Command New()
    {
        var name = new Argument<string>("NAME") { Description = "1 to 40 lower-case letters, digits and hyphens." };
        var options = new EnvironmentOptions();
        return options.AddTo(new Command("create", "Make an environment. Example: slipway environments create qa --after staging") { name }).Runs(async (parse, context, cancellationToken) =>
        {
            var o = options.Read(parse);
            var made = await context.Api.PostAsync(
                "/api/v1/environments",
                new CreateEnvironmentRequest(parse.GetValue(name)!, o.After, o.Protected, o.Approval, o.Reviewers, o.RequiresStage, o.MinReplicas, o.MaxReplicas, o.Promotion, o.Autoscaling),
                ContractsJson.Default.CreateEnvironmentRequest, ContractsJson.Default.EnvironmentInfo, cancellationToken);
            context.Write(made, ContractsJson.Default.EnvironmentInfo, Describe);
            return ExitCode.Done;
        });
    }

    private static Command Update()
    {
        var name = new Argument<string>("NAME");
        var options = new EnvironmentOptions();
        return options.AddTo(new Command("update", "Change settings; what is not named stays. Example: slipway environments update production --approval true --reviewers grace") { name })
            .Runs(async (parse, context, cancellationToken) =>
        {
            var changed = await context.Api.PatchAsync(
                Path(parse.GetValue(name)!), options.Read(parse), ContractsJson.Default.UpdateEnvironmentRequest, ContractsJson.Default.EnvironmentInfo, cancellationToken);
            context.Write(changed, ContractsJson.Default.EnvironmentInfo, Describe);
            return ExitCode.Done;
        });
    }

    private static Command Delete()
    {
        var name = new Argument<string>("NAME");
        var yes = new Option<bool>("--yes") { Description = "Do not ask." };
        return new Command("delete", "Delete an environment that has no deployments.") { name, yes }.Runs(async (parse, context, cancellationToken) =>
        {
            Confirm.Deletion(parse.GetValue(yes), parse.GetValue(name)!);
            await context.Api.CallAsync(HttpMethod.Delete, Path(parse.GetValue(name)!), cancellationToken);
            return ExitCode.Done;
        });
    }

    private static string Protection(EnvironmentInfo e) => !e.Protected ? "–"
        : string.Join(", ", new[] { "protected", e.Approval ? "approval" : null, e.RequiresStage is { } stage ? $"stage {stage}" : null }.OfType<string>());

    private static void Describe(EnvironmentInfo e)
    {
        var p = e.Promotion;
        CommandContext.WriteFacts(
            ("environment", e.Name),
            ("place", $"{e.Order + 1}"),
            ("protection", Protection(e)),
            ("reviewers", e.Reviewers.Count == 0 ? null : string.Join(", ", e.Reviewers)),
            ("deployments", $"{e.Deployments}"),
            ("replicas", $"{e.MinReplicas} to {e.MaxReplicas}, of a deployment that does not say"),
            ("autoscaling", e.Autoscaling is not { } scaling ? null : scaling.Enabled ? $"{scaling.ConcurrencyTarget} at a time a replica, another at {scaling.TargetUtilizationPercentage} % of that" : "off"),
            ("promotion", p.Strategy switch
            {
                "rolling" => p.MaxUnavailablePercent > 0
                    ? $"rolling, {p.MaxUnavailablePercent} % may be missing, {p.StabilizationSeconds} s between shifts"
                    : $"rolling, {p.MaxSurgePercent} % surge, {p.OverheadPercent} % overhead, {p.StabilizationSeconds} s between shifts",
                "canary" => $"canary, {(p.Steps is { } steps ? string.Join(" % ", steps) + " %" : "ten equal steps")} over {p.WindowSeconds} s",
                _ => p.Strategy,
            }),
            ("watched at 100 %", p.BakeSeconds == 0 ? null : $"{p.BakeSeconds} s"),
            ("gate", GateOptions.Words(p.Gate)),
            ("replaced revision", p.PreviousCleanup),
            ("source of a promotion", p.SourceAfterPromotion));
    }
}
