using System.Globalization;
using Slipway.Contracts;

namespace Slipway.Cli.Commands;

/// <summary>The commands of <c>slipway versions</c> about metrics, comparison and lineage.</summary>
internal static class VersionRecordCommands
{
    public static Command Metrics()
    {
        var (model, version) = (new Argument<string>("MODEL"), new Argument<string>("VERSION"));
        return new Command("metrics", "Training and validation metrics of a version.") { model, version }.Runs(async (parse, context, cancellationToken) =>
        {
            var page = await context.Api.GetAsync(VersionsCommand.Path(parse.GetValue(model)!, parse.GetValue(version)) + "/metrics", ContractsJson.Default.PageVersionMetricInfo, cancellationToken);
            context.WriteTable(
                page, ContractsJson.Default.PageVersionMetricInfo, "No metrics yet. Add some with: slipway versions log-metrics MODEL VERSION accuracy=0.94", ["NAMESPACE", "METRIC", "VALUE", "STEP", "VALUES", "AT"],
                m => [m.Namespace, m.Key, Number(m.Value), $"{m.Step}", $"{Math.Max(1, m.Points.Count)}", CommandContext.Time(m.At)]);
            return ExitCode.Done;
        });
    }

    public static Command LogMetrics()
    {
        var (model, version) = (new Argument<string>("MODEL"), new Argument<string>("VERSION"));
        var metrics = new Argument<string[]>("METRIC=VALUE") { Arity = ArgumentArity.OneOrMore };
        var step = new Option<long>("--step") { Description = "0 where a metric has one value only." };
        return new Command("log-metrics", "Add validation metrics: slipway versions log-metrics churn 3 accuracy=0.94 loss=0.21") { model, version, metrics, step }
            .Runs(async (parse, context, cancellationToken) =>
            {
                var changed = await context.Api.PutAsync(
                    VersionsCommand.Path(parse.GetValue(model)!, parse.GetValue(version)) + "/metrics", new LogVersionMetricsRequest(Parse(parse.GetValue(metrics)!), parse.GetValue(step)),
                    ContractsJson.Default.LogVersionMetricsRequest, ContractsJson.Default.ModelVersionInfo, cancellationToken);
                context.Write(changed, ContractsJson.Default.ModelVersionInfo, v => Console.Out.WriteLine($"{v.Model} v{v.Version}"));
                return ExitCode.Done;
            });
    }

    public static Command Compare()
    {
        var model = new Argument<string>("MODEL");
        var versions = new Argument<string[]>("VERSION") { Arity = new ArgumentArity(2, 10), Description = "Two to ten; the first is what the others are compared with." };
        var lower = new Option<string[]>("--lower-is-better") { Description = "Of this metric less is better, whatever its name says." };
        var higher = new Option<string[]>("--higher-is-better") { Description = "Of this metric more is better." };
        var all = new Option<bool>("--all") { Description = "Also what is the same in all of them." };
        return new Command("compare", "Versions side by side: slipway versions compare churn 3 4") { model, versions, lower, higher, all }.Runs(async (parse, context, cancellationToken) =>
        {
            (string Name, string Value)[] query =
            [
                .. parse.GetValue(versions)!.Select(v => ("version", v)), .. (parse.GetValue(lower) ?? []).Select(m => ("lower_is_better", m)),
                .. (parse.GetValue(higher) ?? []).Select(m => ("higher_is_better", m)),
            ];
            var found = await context.Api.GetAsync(
                $"/api/v1/models/{Uri.EscapeDataString(parse.GetValue(model)!)}/comparison?{string.Join('&', query.Select(q => $"{q.Name}={Uri.EscapeDataString(q.Value)}"))}",
                ContractsJson.Default.VersionComparison, cancellationToken);
            context.Write(found, ContractsJson.Default.VersionComparison, c => Write(c, parse.GetValue(all)));
            return ExitCode.Done;
        });
    }

    public static Command Lineage()
    {
        var (model, version) = (new Argument<string>("MODEL"), new Argument<string>("VERSION"));
        return new Command("lineage", "What a version came from, and what was made of it, as a tree.") { model, version }.Runs(async (parse, context, cancellationToken) =>
        {
            var found = await context.Api.GetAsync(VersionsCommand.Path(parse.GetValue(model)!, parse.GetValue(version)) + "/lineage", ContractsJson.Default.LineageInfo, cancellationToken);
            context.Write(found, ContractsJson.Default.LineageInfo, LineageTree.Write);
            return ExitCode.Done;
        });
    }

    public static string Number(double value) => value.ToString("0.######", CultureInfo.InvariantCulture);

    private static Dictionary<string, double> Parse(string[] pairs)
    {
        var metrics = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var pair in pairs)
        {
            var at = pair.LastIndexOf('=');
            if (at < 1 || !double.TryParse(pair.AsSpan(at + 1), NumberStyles.Float, CultureInfo.InvariantCulture, out var value))
            {
                throw new CliException(ExitCode.Usage, $"'{pair}' is not METRIC=NUMBER, such as accuracy=0.94; NaN and Infinity are numbers too.");
            }

            metrics[pair[..at]] = value;
        }

        return metrics;
    }

    private static void Write(VersionComparison found, bool all)
    {
        string[] heads = [.. found.Versions.Select(v => $"v{v.Version}")];
        Table("", [("stage", [.. found.Versions.Select(v => v.Stage)]), ("deployed", [.. found.Versions.Select(v => Deployed(v))]), ("created", [.. found.Versions.Select(v => CommandContext.Time(v.CreatedAt))])]);
        Table("METRICS (* best, against the first)", [.. found.Metrics.Select(m => ($"{m.Key}{(m.Namespace == "training" ? "" : $" ({m.Namespace})")}{(m.LowerIsBetter ? " ↓" : " ↑")}", m.Cells.Select(Cell).ToArray()))]);
        Table("PARAMETERS", Rows(found.Parameters));
        Table("SIGNATURE", Rows(found.Signature));
        Table("REQUIREMENTS", Rows(found.Requirements));
        Table("FILES", [.. found.Files.Where(f => all || f.Changes.Any(c => c != "same")).Select(f => (f.Path, f.Files.Select((file, i) => file is null ? "–" : $"{file.SizeBytes} B{Mark(f.Changes[i], i)}").ToArray()))]);

        (string, string[])[] Rows(IReadOnlyList<ValueComparison> rows) =>
            [.. rows.Where(r => all || r.Changes.Any(c => c != "same")).Select(r => (r.Key, r.Values.Select((v, i) => v is null ? "–" : v + Mark(r.Changes[i], i)).ToArray()))];

        void Table(string title, (string Name, string[] Cells)[] rows)
        {
            if (rows.Length == 0)
            {
                return;
            }

            List<string[]> lines = [[title, .. heads], .. rows.Select(r => (string[])[r.Name, .. r.Cells])];
            var widths = Enumerable.Range(0, heads.Length + 1).Select(i => lines.Max(l => l[i].Length)).ToArray();
            lines.ForEach(line => Console.Out.WriteLine(string.Join("  ", line.Select((cell, i) => cell.PadRight(widths[i]))).TrimEnd()));
            Console.Out.WriteLine();
        }
    }

    private static string Deployed(ComparedVersion version) =>
        string.Join(", ", version.Deployments.Where(d => d.Use != "earlier").Select(d => $"{d.Environment}/{d.Name}")) is { Length: > 0 } where ? where : "–";

    private static string Cell(MetricCell? cell) => cell is null
        ? "–"
        : $"{Number(cell.Value)}{(cell.Delta is { } delta ? $" ({(delta >= 0 ? "+" : "")}{Number(delta)})" : "")}{(cell.Best ? " *" : "")}";

    private static string Mark(string change, int at) => at == 0 || change == "same" ? "" : $" [{change}]";
}
