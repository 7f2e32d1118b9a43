using Slipway.Contracts;

namespace Slipway.Cli.Commands;

/// <summary><c>slipway versions …</c></summary>
internal static class VersionsCommand
{
    public static Command Create() => new("versions", "Versions of a model: list, show, create, transition, update, tag, untag, metrics, log-metrics, compare, lineage, download, delete.")
    {
        List(), Show(), VersionContentCommands.Create(), Transition(), Update(), Tag(), Untag(), VersionRecordCommands.Metrics(), VersionRecordCommands.LogMetrics(),
        VersionRecordCommands.Compare(), VersionRecordCommands.Lineage(), VersionContentCommands.Download(), Delete(),
    };

    public static string Path(string model, string? version = null) =>
        $"/api/v1/models/{Uri.EscapeDataString(model)}/versions" + (version is null ? "" : $"/{Uri.EscapeDataString(version)}");

    private static Command List()
    {
        var model = new Argument<string>("MODEL");
        var search = new Option<string?>("--search") { Description = "Beginning of a number, or part of a label or alias." };
        var stage = new Option<string?>("--stage") { Description = "Only versions in this stage." };
        return new Command("list", "Versions of a model, newest first: slipway versions list churn --stage Production") { model, search, stage }.Runs(async (parse, context, cancellationToken) =>
        {
            var path = Path(parse.GetValue(model)!) + Queries.Of([("q", parse.GetValue(search)), ("stage", parse.GetValue(stage))]);
            var items = await context.Api.ListAsync(path, ContractsJson.Default.PageModelVersionInfo, cancellationToken).ToListAsync(cancellationToken);
            context.WriteTable(
                new Page<ModelVersionInfo>(items, null), ContractsJson.Default.PageModelVersionInfo, "No versions yet.", ["VERSION", "LABEL", "STAGE", "STATUS", "DETECTED", "SIZE", "BY", "CREATED"],
                v => [$"v{v.Version}", v.Label, v.Stage, v.Status, v.Detected, $"{v.SizeBytes} B", v.CreatedBy, CommandContext.Time(v.CreatedAt)]);
            return ExitCode.Done;
        });
    }

    private static Command Show()
    {
        var (model, version) = (new Argument<string>("MODEL"), new Argument<string>("VERSION") { Description = "3, v3, a label or @alias." });
        return new Command("show", "One version with its files and builds.") { model, version }.Runs(async (parse, context, cancellationToken) =>
        {
            var found = await context.Api.GetAsync(Path(parse.GetValue(model)!, parse.GetValue(version)), ContractsJson.Default.ModelVersionInfo, cancellationToken);
            context.Write(found, ContractsJson.Default.ModelVersionInfo, v => CommandContext.WriteFacts([
                ("version", $"{v.Model} v{v.Version}{(v.Label is null ? "" : $" ({v.Label})")}"), ("status", v.Status), ("stage", v.Stage), ("aliases", v.Aliases.Count > 0 ? string.Join(", ", v.Aliases) : null), ("description", v.Description), ("source", v.Source ?? "an upload"), ("parent", v.Parent is { } parent ? $"{parent.Model} v{parent.Version}{(parent.Deleted ? ", deleted" : "")}" : null), ("detected", v.Detected),
                ("runnable", v.Runnable ? "yes" : v.NotRunnableReason), ("created", $"{CommandContext.Time(v.CreatedAt)} by {v.CreatedBy}"), ("digest", v.Digest),
                ("requirements", v.Requirements.Count > 0 ? string.Join('\n', v.Requirements) : null),
                .. v.Signature?.Inputs.Select(t => ("input", (string?)Tensor(t))) ?? [],
                .. v.Signature?.Outputs.Select(t => ("output", (string?)Tensor(t))) ?? [],
                ("producer", v.Signature is { Producer.Length: > 0 } s ? $"{s.Producer} {s.ProducerVersion}".TrimEnd() : null),
                ("opsets", v.Signature is { } o ? string.Join(", ", o.Opsets.Select(p => $"{p.Key} {p.Value}")) : null),
                .. v.Signature?.Metadata.Select(m => ("model metadata", (string?)$"{m.Key}: {m.Value}")) ?? [],
                .. v.Metrics?.Select(m => ("metric", (string?)$"{m.Key}: {VersionRecordCommands.Number(m.Value)}")) ?? [],
                .. v.ValidationMetrics?.Select(m => ("validation metric", (string?)$"{m.Key}: {VersionRecordCommands.Number(m.Value)}")) ?? [],
                .. v.Parameters?.Select(m => ("parameter", (string?)$"{m.Key}: {m.Value}")) ?? [],
                .. v.Datasets?.Select(d => ("data set", (string?)$"{d.Name}{(d.Uri is null ? "" : $", {d.Uri}")}")) ?? [],
                .. v.Tags.Select(t => ("tag", (string?)$"{t.Key}: {t.Value}")),
                .. v.Files.Select(f => ("file", (string?)$"{f.Path}  {f.SizeBytes} B  {f.Sha256[..12]}")),
                .. v.Builds.Select(b => ("build", (string?)$"{b.BaseImage}: {b.Status}{(b.Error is null ? "" : $", {b.Error}")}"))]));
            return ExitCode.Done;
        });
    }

    /// <summary><c>image FP32 [batch, 64]</c></summary>
    private static string Tensor(TensorInfo tensor) =>
        $"{tensor.Name} {tensor.Structure ?? tensor.Datatype} [{string.Join(", ", tensor.Shape.Select((size, i) => size < 0 ? tensor.Dimensions[i] ?? "any" : $"{size}"))}]";

    private static Command Transition()
    {
        var (model, version, stage) = (new Argument<string>("MODEL"), new Argument<string>("VERSION"), new Argument<string>("STAGE") { Description = "None, Staging, Production or Archived." });
        var note = new Option<string?>("--note") { Description = "Why; kept in the ledger." };
        var keep = new Option<bool>("--keep-existing") { Description = "Leave the versions that are in the stage now (Production archives them otherwise)." };
        var archive = new Option<bool>("--archive-existing") { Description = "Archive the versions that are in the stage now (Staging leaves them otherwise)." };
        return new Command("transition", "Move a version to another stage, or ask for it where the stage is protected: slipway versions transition churn 3 Production --note \"better recall\"") { model, version, stage, note, keep, archive }
            .Runs(async (parse, context, cancellationToken) =>
            {
                bool? archives = (parse.GetValue(keep), parse.GetValue(archive)) switch
                {
                    (true, true) => throw new CliException(ExitCode.Usage, "Say --keep-existing or --archive-existing, not both."),
                    (true, _) => false,
                    (_, true) => true,
                    _ => null,
                };
                var changed = await context.Api.PostAsync(
                    $"{Path(parse.GetValue(model)!, parse.GetValue(version))}/stage", new TransitionStageRequest(parse.GetValue(stage)!, archives, parse.GetValue(note)),
                    ContractsJson.Default.TransitionStageRequest, ContractsJson.Default.StageChangeInfo, cancellationToken);
                context.Write(changed, ContractsJson.Default.StageChangeInfo, c =>
                {
                    foreach (var made in c.Transitions)
                    {
                        Console.Out.WriteLine($"v{made.Version}: {made.From} to {made.To}");
                    }
                });
                return ExitCode.Done;
            });
    }

    private static Command Update()
    {
        var (model, version) = (new Argument<string>("MODEL"), new Argument<string>("VERSION"));
        var (description, label) = (new Option<string?>("--description"), new Option<string?>("--label") { Description = "Unique in the model; empty takes it away." });
        var parent = new Option<string?>("--parent") { Description = "What it was fine-tuned from: base@3, base@champion; empty takes it away." };
        return new Command("update", "Change a version's description, label or parent.") { model, version, description, label, parent }.Runs(async (parse, context, cancellationToken) =>
        {
            var changed = await context.Api.PatchAsync(
                Path(parse.GetValue(model)!, parse.GetValue(version)), new UpdateVersionRequest(parse.GetValue(description), parse.GetValue(label), parse.GetValue(parent)),
                ContractsJson.Default.UpdateVersionRequest, ContractsJson.Default.ModelVersionInfo, cancellationToken);
            context.Write(changed, ContractsJson.Default.ModelVersionInfo, v => Console.Out.WriteLine($"{v.Model} v{v.Version}"));
            return ExitCode.Done;
        });
    }

    private static Command Tag()
    {
        var (model, version) = (new Argument<string>("MODEL"), new Argument<string>("VERSION"));
        var (key, value) = (new Argument<string>("KEY"), new Argument<string>("VALUE"));
        return new Command("tag", "Set a tag of a version: slipway versions tag churn 3 validated_by ml-team") { model, version, key, value }.Runs(async (parse, context, cancellationToken) =>
        {
            var changed = await context.Api.PutAsync(
                $"{Path(parse.GetValue(model)!, parse.GetValue(version))}/tags", new SetTagRequest(parse.GetValue(key)!, parse.GetValue(value)!),
                ContractsJson.Default.SetTagRequest, ContractsJson.Default.ModelVersionInfo, cancellationToken);
            context.Write(changed, ContractsJson.Default.ModelVersionInfo, v => Console.Out.WriteLine($"{v.Model} v{v.Version}"));
            return ExitCode.Done;
        });
    }

    private static Command Untag()
    {
        var (model, version, key) = (new Argument<string>("MODEL"), new Argument<string>("VERSION"), new Argument<string>("KEY"));
        return new Command("untag", "Take a tag away.") { model, version, key }.Runs(async (parse, context, cancellationToken) =>
        {
            await context.Api.CallAsync(
                HttpMethod.Delete, $"{Path(parse.GetValue(model)!, parse.GetValue(version))}/tags?key={Uri.EscapeDataString(parse.GetValue(key)!)}", cancellationToken);
            return ExitCode.Done;
        });
    }

    private static Command Delete()
    {
        var (model, version) = (new Argument<string>("MODEL"), new Argument<string>("VERSION"));
        var yes = new Option<bool>("--yes") { Description = "Do not ask." };
        var dryRun = new Option<bool>("--dry-run") { Description = "Only list what would go." };
        return new Command("delete", "Delete a version; its number is never used again.") { model, version, yes, dryRun }.Runs(async (parse, context, cancellationToken) =>
        {
            if (parse.GetValue(dryRun))
            {
                return await Deletions.PreviewAsync(context, Path(parse.GetValue(model)!, parse.GetValue(version)), cancellationToken);
            }

            await Deletions.ConfirmAsync(
                context, parse.GetValue(yes), Path(parse.GetValue(model)!, parse.GetValue(version)), $"{parse.GetValue(model)}/{parse.GetValue(version)}", cancellationToken);
            await context.Api.CallAsync(HttpMethod.Delete, Path(parse.GetValue(model)!, parse.GetValue(version)), cancellationToken);
            return ExitCode.Done;
        });
    }
}
