using System.Globalization;
using Slipway.Contracts;

namespace Slipway.Cli.Commands;

/// <summary><c>slipway deployments analytics NAME</c>: counts and latency over a range, where <c>metrics</c> is the last minute.</summary>
internal static class AnalyticsCommand
{
    public static Command Create()
    {
        var (name, environment) = (DeploymentNames.NameArgument(), DeploymentNames.EnvironmentOption());
        var range = new Option<string?>("--range") { Description = "1h, 6h, 1d, 7d or 14d, back from now. Default: 1d." };
        var from = new Option<DateTimeOffset?>("--from") { Description = "Instead of a range: 2026-11-28T06:00:00Z." };
        var to = new Option<DateTimeOffset?>("--to") { Description = "Its end. Default: now." };
        var variant = new Option<string?>("--variant") { Description = "Only what this variant answered." };
        var by = new Option<bool>("--by-variant") { Description = "Each variant on its own as well." };
        var buckets = new Option<bool>("--buckets") { Description = "Also how it was over the range, one line a bucket that has requests." };
        return new Command("analytics", "Requests, failures and latency over a range, of a deleted deployment too. Example: slipway deployments analytics iris --environment production --range 7d --by-variant")
        {
            name, environment, range, from, to, variant, by, buckets,
        }.Runs(async (parse, context, cancellationToken) =>
        {
            if (parse.GetValue(range) is not null && (parse.GetValue(from) ?? parse.GetValue(to)) is not null)
            {
                throw new CliException(ExitCode.Usage, "Say --range, or --from and --to, not both.");
            }

            var (scope, deployment) = await DeploymentNames.ResolveAsync(context.Api, parse.GetValue(name)!, parse.GetValue(environment), cancellationToken);
            var query = Queries.Of([
                ("range", parse.GetValue(range)), ("from", Instant(parse.GetValue(from))), ("to", Instant(parse.GetValue(to))), ("variant", parse.GetValue(variant)),
                ("by", parse.GetValue(by) ? "variant" : null)]);
            var found = await context.Api.GetAsync(
                $"/api/v1/analytics/deployments/{Uri.EscapeDataString(scope)}/{Uri.EscapeDataString(deployment)}{query}", ContractsJson.Default.AnalyticsInfo, cancellationToken);
            context.Write(found, ContractsJson.Default.AnalyticsInfo, a => Describe(a, parse.GetValue(buckets)));
            return ExitCode.Done;
        });
    }

    private static void Describe(AnalyticsInfo a, bool buckets)
    {
        CommandContext.WriteFacts(
            ("range", $"{CommandContext.Time(a.From)} to {CommandContext.Time(a.To)}"),
            ("requests", Counts(a.Requests, a.Failures)),
            ("latency", Latency(a.MeanLatencyMs, a.P50Ms, a.P95Ms, a.P99Ms)));
        foreach (var v in a.Variants ?? [])
        {
            Console.Out.WriteLine($"{v.Variant}: {Counts(v.Requests, v.Failures)}{(v.Requests == 0 ? "" : $"; {Latency(v.MeanLatencyMs, v.P50Ms, v.P95Ms, v.P99Ms)}")}");
        }

        foreach (var b in buckets ? a.Buckets.Where(b => b.Requests > 0) : [])
        {
            Console.Out.WriteLine($"{CommandContext.Time(b.At)}  {Counts(b.Requests, b.Failures)}; {Latency(b.MeanLatencyMs, b.P50Ms, b.P95Ms, b.P99Ms)}");
        }
    }

    private static string Counts(long requests, long failures) => requests == 0
        ? "none"
        : string.Create(CultureInfo.InvariantCulture, $"{requests}, {(failures == 0 ? "none failed" : $"{failures} failed ({100.0 * failures / requests:0.##} %)")}");

    private static string? Latency(double? mean, double? p50, double? p95, double? p99) =>
        mean is null ? null : string.Create(CultureInfo.InvariantCulture, $"mean {mean:0.#} ms, p50 {p50:0.#} ms, p95 {p95:0.#} ms, p99 {p99:0.#} ms");

    private static string? Instant(DateTimeOffset? at) => at?.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);
}
