using Slipway.Contracts;

namespace Slipway.Cli.Commands;

/// <summary><c>slipway deployments diff NAME</c>: a draft against the version that it began from, as a unified diff.</summary>
internal static class DraftDiffCommand
{
    public static Command Create()
    {
        var name = DeploymentNames.NameArgument();
        var context = new Option<int?>("--context") { Description = "Equal lines around what differs. Default: 3." };
        var stat = new Option<bool>("--stat") { Description = "Only the files, with how many lines each has more and less." };
        return new Command("diff", "What a live deployment's newest files have that the version they began from has not. Example: slipway deployments diff iris --stat")
        {
            name, context, stat,
        }.Runs(async (parse, command, cancellationToken) =>
        {
            var (environment, deployment) = await DeploymentNames.ResolveAsync(command.Api, parse.GetValue(name)!, "development", cancellationToken);
            var query = parse.GetValue(context) is { } lines ? $"?context={lines}" : "";
            var diff = await command.Api.GetAsync(DeploymentNames.Path(environment, deployment) + $"/draft/diff{query}", ContractsJson.Default.DraftDiffInfo, cancellationToken);
            command.Write(diff, ContractsJson.Default.DraftDiffInfo, d =>
            {
                if (d.Files.Count == 0)
                {
                    CommandContext.Say($"The draft is just {d.Model} v{d.BaseVersion}.");
                }
                else if (parse.GetValue(stat))
                {
                    WriteStat(d);
                }
                else
                {
                    WriteUnified(d);
                }
            });
            return ExitCode.Done;
        });
    }

    private static void WriteStat(DraftDiffInfo diff)
    {
        var width = diff.Files.Max(f => f.Path.Length);
        foreach (var file in diff.Files)
        {
            Console.Out.WriteLine($"{file.Change,-7}  {file.Path.PadRight(width)}  {(file.Added is null ? Omitted(file) : $"+{file.Added} -{file.Removed}")}");
        }

        Console.Out.WriteLine($"{diff.Files.Count} {(diff.Files.Count == 1 ? "file" : "files")} since {diff.Model} v{diff.BaseVersion}, +{diff.Added} -{diff.Removed}");
    }

    private static void WriteUnified(DraftDiffInfo diff)
    {
        var cut = false;
        foreach (var file in diff.Files)
        {
            Console.Out.WriteLine($"--- {(file.Change == "added" ? "/dev/null" : $"a/{file.Path}")}");
            Console.Out.WriteLine($"+++ {(file.Change == "removed" ? "/dev/null" : $"b/{file.Path}")}");
            if (file.Omitted is not null)
            {
                Console.Out.WriteLine($"# {Omitted(file)}");
            }

            foreach (var hunk in file.Hunks)
            {
                Console.Out.WriteLine($"@@ -{hunk.OldStart},{hunk.OldLines} +{hunk.NewStart},{hunk.NewLines} @@");
                foreach (var line in hunk.Lines)
                {
                    Console.Out.WriteLine($"{(line.Kind switch { "added" => '+', "removed" => '-', _ => ' ' })}{line.Text}{(line.Cut ? "…" : "")}{(line.NoNewline ? "\n\\ No newline at end of file" : "")}");
                    cut |= line.Cut;
                }
            }
        }

        if (cut)
        {
            CommandContext.Say("Note: long lines are cut at …; read such a file whole where it is edited.");
        }
    }

    private static string Omitted(FileDiffInfo file) => file.Omitted switch
    {
        "binary" => $"binary, {Size(file)}",
        "too_large" => $"too large to be compared by line, {Size(file)}",
        _ => $"+{file.Added} -{file.Removed}, not shown: the diff as a whole is too long",
    };

    private static string Size(FileDiffInfo file) => (file.OldSizeBytes, file.NewSizeBytes) switch
    {
        (null, { } now) => $"{now} bytes",
        ({ } old, null) => $"{old} bytes",
        var (old, now) => $"{old} to {now} bytes",
    };
}
