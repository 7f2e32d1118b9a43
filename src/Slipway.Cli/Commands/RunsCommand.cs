using System.Globalization;
using System.Security.Cryptography;
using Slipway.Contracts;

namespace Slipway.Cli.Commands;

/// <summary><c>slipway runs …</c></summary>
internal static class RunsCommand
{
    public static Command Create() => new("runs", "Training executions: list, search, show, metrics, compare, artifacts, download, note, alerts, alert, unalert, finish, resume, delete, restore.")
    {
        List(), Search(), Show(), Metrics(), Compare(), Artifacts(), Download(), RunNotesCommands.Note(), RunNotesCommands.Alerts(), RunNotesCommands.Alert(), RunNotesCommands.Unalert(),
        Finish(), Resume(), Delete(), Restore(),
    };

    public static string Path(string run) => $"/api/v1/runs/{Uri.EscapeDataString(run)}";

    public static Argument<string> Run() => new("RUN") { Description = "32 hexadecimal digits." };

    private static Command List()
    {
        var experiment = new Argument<string>("EXPERIMENT") { Description = "Id or name." };
        return new Command("list", "Runs of an experiment, the latest first.") { experiment }.Runs((parse, context, cancellationToken) =>
            WriteAsync(context, Queries.Of([("experiment", parse.GetValue(experiment))]), int.MaxValue, cancellationToken));
    }

    private static Command Search()
    {
        var filter = new Argument<string>("FILTER") { Description = "metrics.loss < 0.1 and params.optimizer = 'adam' and tags.team LIKE '%nlp%'" };
        var experiments = new Option<string[]>("--experiment") { Description = "Id or name; may be repeated. Left out: all that are not archived." };
        var order = new Option<string[]>("--order-by") { Description = "Such as \"metrics.loss ASC\"; may be repeated." };
        var view = new Option<string?>("--view") { Description = "active, deleted or all." };
        var most = new Option<int>("--most") { Description = "How many at most.", DefaultValueFactory = _ => 100 };
        return new Command("search", "Runs by a filter: slipway runs search \"metrics.accuracy > 0.9 and params.depth = '3'\" --order-by \"metrics.accuracy DESC\"") { filter, experiments, order, view, most }
            .Runs((parse, context, cancellationToken) => WriteAsync(
                context,
                Queries.Of([
                    ("filter", parse.GetValue(filter)), ("view", parse.GetValue(view)), .. (parse.GetValue(experiments) ?? []).Select(e => ("experiment", (string?)e)),
                    .. (parse.GetValue(order) ?? []).Select(o => ("order_by", (string?)o))]),
                parse.GetValue(most), cancellationToken));
    }

    private static async Task<int> WriteAsync(CommandContext context, string query, int most, CancellationToken cancellationToken)
    {
        var items = await context.Api.ListAsync($"/api/v1/runs{query}", ContractsJson.Default.PageRunInfo, cancellationToken, most).ToListAsync(cancellationToken);
        context.WriteTable(
            new Page<RunInfo>(items, null), ContractsJson.Default.PageRunInfo, "No runs.", ["RUN", "NAME", "STATUS", "USER", "STARTED", "DURATION", "METRICS", "PARAMETERS"],
            r => [
                r.Id, r.Name, r.Status, r.User, CommandContext.Time(r.StartedAt), Duration(r), string.Join(' ', r.Metrics.Take(4).Select(m => $"{m.Key}={Number(m.Value.Value)}")),
                string.Join(' ', r.Parameters.Take(4).Select(p => $"{p.Key}={Short(p.Value)}"))]);
        return ExitCode.Done;
    }

    private static Command Show()
    {
        var run = Run();
        return new Command("show", "One run with all that it logged.") { run }.Runs(async (parse, context, cancellationToken) =>
        {
            var found = await context.Api.GetAsync(Path(parse.GetValue(run)!), ContractsJson.Default.RunDetail, cancellationToken);
            context.Write(found, ContractsJson.Default.RunDetail, d => CommandContext.WriteFacts([
                ("run", d.Run.Id), ("name", d.Run.Name), ("experiment", $"{d.Run.ExperimentId} {d.Run.ExperimentName}"),
                ("status", d.Run.StatusReason is null ? d.Run.Status : $"{d.Run.Status}: {d.Run.StatusReason}"), ("user", d.Run.User),
                ("started", CommandContext.Time(d.Run.StartedAt)), ("ended", d.Run.EndedAt is null ? null : $"{CommandContext.Time(d.Run.EndedAt)}, after {Duration(d.Run)}"),
                ("parent", d.Run.ParentRunId), ("child runs", d.ChildCount > 0 ? $"{d.ChildCount}" : null), ("deleted", d.Run.DeletedAt is null ? null : CommandContext.Time(d.Run.DeletedAt)),
                .. d.Run.Parameters.Select(p => ("parameter", (string?)$"{p.Key} = {p.Value}")),
                .. d.Run.Metrics.Select(m => ("metric", (string?)$"{m.Key} = {Number(m.Value.Value)} (step {m.Value.Step})")),
                .. d.Run.Tags.Select(t => ("tag", (string?)$"{t.Key}: {t.Value}")),
                .. d.DataSets.Select(s => ("data set", (string?)$"{s.Name}  {s.Path}{(s.Digest is null ? "" : $"  {s.Digest}")}")),
                .. d.Alerts.Select(a => ("alert", (string?)$"{a.Condition}: {(a.IsMet ? "met" : "not met")}, told {a.FiredCount} times")),
                ("artifacts", d.ArtifactCount > 0 ? $"{d.ArtifactCount} files, {d.ArtifactBytes} B" : null), ("notes", d.Notes)]));
            return ExitCode.Done;
        });
    }

    private static Command Metrics()
    {
        var (run, key) = (Run(), new Argument<string>("METRIC"));
        return new Command("metrics", "Every value of a metric over steps.") { run, key }.Runs(async (parse, context, cancellationToken) =>
        {
            var path = $"{Path(parse.GetValue(run)!)}/metrics{Queries.Of([("key", parse.GetValue(key)), ("limit", "500")])}";
            var items = await context.Api.ListAsync(path, ContractsJson.Default.PageMetricPoint, cancellationToken).ToListAsync(cancellationToken);
            context.WriteTable(
                new Page<MetricPoint>(items, null), ContractsJson.Default.PageMetricPoint, "No values.", ["STEP", "VALUE", "AT"],
                p => [$"{p.Step}", Number(p.Value), p.Timestamp < 253_402_300_800_000 ? CommandContext.Time(DateTimeOffset.FromUnixTimeMilliseconds(p.Timestamp)) : $"{p.Timestamp}"]);
            return ExitCode.Done;
        });
    }

    private static Command Compare()
    {
        var runs = new Argument<string[]>("RUN") { Description = "Two or more.", Arity = new ArgumentArity(2, 20) };
        return new Command("compare", "Runs side by side: parameters that differ, and metrics. As JSON: the runs.") { runs }.Runs(async (parse, context, cancellationToken) =>
        {
            var found = new List<RunInfo>();
            foreach (var run in parse.GetValue(runs)!)
            {
                found.Add((await context.Api.GetAsync(Path(run), ContractsJson.Default.RunDetail, cancellationToken)).Run);
            }

            var lines = Lines(found).ToList();
            if (context.Json)
            {
                context.Write(new Page<RunInfo>(found, null), ContractsJson.Default.PageRunInfo, _ => { });
                return ExitCode.Done;
            }

            context.WriteTable(
                new Page<string[]>(lines, null), null!, "They logged nothing that could be compared.", ["", .. found.Select(r => r.Name ?? r.Id[^8..])], line => line);
            return ExitCode.Done;
        });
    }

    private static IEnumerable<string[]> Lines(List<RunInfo> runs)
    {
        foreach (var key in runs.SelectMany(r => r.Parameters.Keys).Distinct().Order(StringComparer.Ordinal))
        {
            var values = runs.Select(r => r.Parameters.TryGetValue(key, out var value) ? Short(value) : "–").ToArray();
            if (values.Distinct().Skip(1).Any())
            {
                yield return [$"params.{key}", .. values];
            }
        }

        foreach (var key in runs.SelectMany(r => r.Metrics.Keys).Distinct().Order(StringComparer.Ordinal))
        {
            yield return [$"metrics.{key}", .. runs.Select(r => r.Metrics.TryGetValue(key, out var point) ? Number(point.Value) : "–")];
        }
    }

    private static Command Artifacts()
    {
        var run = Run();
        return new Command("artifacts", "Files of a run.") { run }.Runs(async (parse, context, cancellationToken) =>
        {
            var items = await context.Api.ListAsync($"{Path(parse.GetValue(run)!)}/artifacts", ContractsJson.Default.PageRunArtifactInfo, cancellationToken).ToListAsync(cancellationToken);
            context.WriteTable(
                new Page<RunArtifactInfo>(items, null), ContractsJson.Default.PageRunArtifactInfo, "No files.", ["PATH", "SIZE", "SHA256", "STORED"],
                f => [f.Path, $"{f.SizeBytes} B", f.Sha256[..12], CommandContext.Time(f.StoredAt)]);
            return ExitCode.Done;
        });
    }

    private static Command Download()
    {
        var run = Run();
        var path = new Option<string?>("--path") { Description = "One file or folder; left out: all." };
        var to = new Option<string>("--to") { Description = "Folder to write to.", DefaultValueFactory = _ => "." };
        return new Command("download", "Write files of a run below a folder, each checked against its digest.") { run, path, to }.Runs(async (parse, context, cancellationToken) =>
        {
            var (id, wanted, folder) = (parse.GetValue(run)!, parse.GetValue(path)?.Trim('/'), System.IO.Path.GetFullPath(parse.GetValue(to)!));
            var count = 0;
            await foreach (var file in context.Api.ListAsync($"{Path(id)}/artifacts", ContractsJson.Default.PageRunArtifactInfo, cancellationToken))
            {
                if (string.IsNullOrEmpty(wanted) || file.Path == wanted || file.Path.StartsWith(wanted + "/", StringComparison.Ordinal))
                {
                    await DownloadAsync(context, id, file, folder, cancellationToken);
                    count++;
                }
            }

            if (count == 0)
            {
                throw new CliException(ExitCode.NotFound, "The run has no such files. List them with: slipway runs artifacts RUN");
            }

            CommandContext.Say($"{count} {(count == 1 ? "file" : "files")} written to {folder}");
            return ExitCode.Done;
        });
    }

    private static async Task DownloadAsync(CommandContext context, string run, RunArtifactInfo file, string folder, CancellationToken cancellationToken)
    {
        // The server refuses paths that leave their folder; so does this side, which writes.
        var target = System.IO.Path.GetFullPath(System.IO.Path.Combine(folder, file.Path));
        if (!target.StartsWith(System.IO.Path.TrimEndingDirectorySeparator(folder) + System.IO.Path.DirectorySeparatorChar, StringComparison.Ordinal))
        {
            throw new CliException(ExitCode.Failed, $"The server named a path outside the folder: {file.Path}");
        }

        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(target)!);
        var part = $"{target}.{Guid.NewGuid():N}.part";
        try
        {
            using var response = await context.Api.StreamAsync(
                HttpMethod.Get, $"{Path(run)}/artifacts/{string.Join('/', file.Path.Split('/').Select(Uri.EscapeDataString))}", null, cancellationToken);
            string found;
            await using (var content = await response.Content.ReadAsStreamAsync(cancellationToken))
            await using (var written = new FileStream(part, FileMode.CreateNew, FileAccess.ReadWrite))
            {
                await content.CopyToAsync(written, cancellationToken);
                written.Position = 0;
                found = Convert.ToHexStringLower(await SHA256.HashDataAsync(written, cancellationToken));
            }

            if (found != file.Sha256)
            {
                throw new CliException(ExitCode.Failed, $"{file.Path} did not arrive as it is stored. Try again; if it stays so, run 'slipway verify'.");
            }

            File.Move(part, target, overwrite: true);
        }
        finally
        {
            File.Delete(part);
        }
    }

    private static Command Finish()
    {
        var run = Run();
        var status = new Option<string>("--status") { Description = "Completed, Failed or Killed.", DefaultValueFactory = _ => "Completed" };
        var reason = new Option<string?>("--reason");
        return new Command("finish", "End a run that its client did not end.") { run, status, reason }.Runs(async (parse, context, cancellationToken) =>
        {
            var ended = await context.Api.PostAsync(
                $"{Path(parse.GetValue(run)!)}/finish", new FinishRunRequest(parse.GetValue(status)!, parse.GetValue(reason)), ContractsJson.Default.FinishRunRequest,
                ContractsJson.Default.RunInfo, cancellationToken);
            context.Write(ended, ContractsJson.Default.RunInfo, r => Console.Out.WriteLine(r.Status));
            return ExitCode.Done;
        });
    }

    private static Command Resume()
    {
        var run = Run();
        return new Command("resume", "Let a run that has ended run again: slipway runs resume RUN. It takes values until 'runs finish' ends it.") { run }.Runs(async (parse, context, cancellationToken) =>
        {
            var resumed = await context.Api.PostAsync($"{Path(parse.GetValue(run)!)}/resume", ContractsJson.Default.RunInfo, cancellationToken);
            context.Write(resumed, ContractsJson.Default.RunInfo, r => Console.Out.WriteLine(r.Status));
            return ExitCode.Done;
        });
    }

    private static Command Delete()
    {
        var run = Run();
        return new Command("delete", "Hide a run; restore brings it back.") { run }.Runs(async (parse, context, cancellationToken) =>
        {
            await context.Api.CallAsync(HttpMethod.Delete, Path(parse.GetValue(run)!), cancellationToken);
            return ExitCode.Done;
        });
    }

    private static Command Restore()
    {
        var run = Run();
        return new Command("restore", "Bring a deleted run back.") { run }.Runs(async (parse, context, cancellationToken) =>
        {
            var restored = await context.Api.PostAsync($"{Path(parse.GetValue(run)!)}/restore", ContractsJson.Default.RunInfo, cancellationToken);
            context.Write(restored, ContractsJson.Default.RunInfo, r => Console.Out.WriteLine(r.Id));
            return ExitCode.Done;
        });
    }

    private static string Number(double value) => value.ToString("G6", CultureInfo.InvariantCulture);

    private static string Short(string value) => value.ReplaceLineEndings(" ") is { Length: > 24 } text ? text[..23] + "…" : value.ReplaceLineEndings(" ");

    private static string Duration(RunInfo run) => (run.EndedAt ?? DateTimeOffset.UtcNow) - run.StartedAt is var taken && taken.TotalHours >= 1
        ? $"{(int)taken.TotalHours} h {taken.Minutes} min"
        : taken.TotalMinutes >= 1 ? $"{taken.Minutes} min {taken.Seconds} s" : string.Create(CultureInfo.InvariantCulture, $"{taken.TotalSeconds:0.0} s");
}
