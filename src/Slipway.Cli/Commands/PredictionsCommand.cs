using System.Globalization;
using Slipway.Contracts;

namespace Slipway.Cli.Commands;

/// <summary><c>slipway predictions …</c>: the history.</summary>
internal static class PredictionsCommand
{
    public static Command Create() => new("predictions", "Recorded requests: list, show.") { List(), Show() };

    private static Command List()
    {
        var name = new Argument<string?>("NAME") { Description = "Deployment; without it all.", Arity = ArgumentArity.ZeroOrOne };
        var environment = DeploymentNames.EnvironmentOption();
        var status = new Option<string?>("--status") { Description = "2xx, 3xx, 4xx, 5xx." };
        var from = new Option<DateTimeOffset?>("--from") { Description = "Not older: 2026-11-28T06:00:00Z." };
        var to = new Option<DateTimeOffset?>("--to") { Description = "Older than this." };
        var version = new Option<string?>("--version") { Description = "Only of this version of the model: 3 or v3." };
        var variant = new Option<string?>("--variant") { Description = "Only what this variant answered." };
        var routing = new Option<string?>("--routing") { Description = "matched or default_matched." };
        var fallback = new Option<bool>("--fallback") { Description = "Only what a fallback answered." };
        var limit = new Option<int>("--limit", "-n") { DefaultValueFactory = _ => 50, Description = "Newest records to show." };
        return new Command("list", "Newest first. Example: slipway predictions list iris --status 5xx --version 3 --from 2026-11-28T06:00:00Z")
        {
            name, environment, status, from, to, version, variant, routing, fallback, limit,
        }.Runs(async (parse, context, cancellationToken) =>
        {
            var (scope, deployment) = parse.GetValue(name) is { } given
                ? await DeploymentNames.ResolveAsync(context.Api, given, parse.GetValue(environment), cancellationToken)
                : (null, null);
            var query = "/api/v1/predictions" + Queries.Of([
                ("limit", $"{Math.Min(parse.GetValue(limit), 500)}"), ("environment", scope), ("deployment", deployment), ("status", parse.GetValue(status)),
                ("from", Instant(parse.GetValue(from))), ("to", Instant(parse.GetValue(to))), ("version", Number(parse.GetValue(version))), ("variant", parse.GetValue(variant)),
                ("routing", parse.GetValue(routing)), ("fallback", parse.GetValue(fallback) ? "true" : null)]);
            var items = await context.Api.ListAsync(query, ContractsJson.Default.PagePredictionInfo, cancellationToken, parse.GetValue(limit)).ToListAsync(cancellationToken);
            context.WriteTable(
                new Page<PredictionInfo>(items, null), ContractsJson.Default.PagePredictionInfo, "Nothing recorded.", ["TIME", "ID", "DEPLOYMENT", "VERSION", "STATUS", "LATENCY", "ORIGIN", "ERROR"],
                p => [CommandContext.Time(p.At), p.Id, $"{p.Environment}/{p.Deployment}", $"v{p.ModelVersion}", p.Status?.ToString() ?? p.State, p.LatencyMs is { } ms ? $"{ms:0.0} ms" : null, p.Origin, p.ErrorCode ?? ""]);
            return ExitCode.Done;
        });
    }

    private static string? Instant(DateTimeOffset? at) => at?.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);

    /// <summary>History knows versions by their number alone: it outlives labels and aliases.</summary>
    private static string? Number(string? version) => version is null || int.TryParse(version.TrimStart('v'), NumberStyles.None, CultureInfo.InvariantCulture, out _)
        ? version?.TrimStart('v')
        : throw new CliException(ExitCode.Usage, $"'{version}' is no number of a version; give 3 or v3.");

    private static string? Variant(PredictionDetail d)
    {
        var p = d.Prediction;
        var why = p.Routing switch { "matched" => $": row {p.Row} matched{(d.RoutingNote?.Values is { } values ? $", {values}" : "")}", "default_matched" => ": no row matched", _ => "" };
        return $"{p.Variant}{why}{(p.FallbackFrom is { } from ? $"; in place of {from} ({d.RoutingNote?.FallbackReason})" : "")}";
    }

    private static Command Show()
    {
        var id = new Argument<string>("ID");
        return new Command("show", "One record with input and output.") { id }.Runs(async (parse, context, cancellationToken) =>
        {
            var found = await context.Api.GetAsync($"/api/v1/predictions/{Uri.EscapeDataString(parse.GetValue(id)!)}", ContractsJson.Default.PredictionDetail, cancellationToken);
            context.Write(found, ContractsJson.Default.PredictionDetail, d => CommandContext.WriteFacts(
                ("id", d.Prediction.Id), ("time", CommandContext.Time(d.Prediction.At)), ("deployment", $"{d.Prediction.Environment}/{d.Prediction.Deployment} revision {d.Prediction.Revision}"),
                ("model", $"{d.Prediction.Model} v{d.Prediction.ModelVersion}"), ("variant", Variant(d)), ("status", d.Prediction.Status?.ToString() ?? d.Prediction.State), ("error", d.Prediction.ErrorCode),
                ("latency", $"{d.Prediction.LatencyMs:0.00} ms (queue {d.Prediction.QueueMs:0.00}, replica {d.Prediction.ReplicaMs:0.00})"),
                ("input", d.Input?.Text ?? d.Input?.Base64), ("output", d.Output?.Text ?? d.Output?.Base64)));
            return ExitCode.Done;
        });
    }
}
