using Slipway.Contracts;

namespace Slipway.Cli.Commands;

/// <summary>The part of <c>slipway schedules …</c> that is about the files of the package that a schedule runs now.</summary>
internal static class ScheduleFilesCommands
{
    public static Command List()
    {
        var name = Name();
        return new Command("files", "Files of the package that it runs.") { name }.Runs(async (parse, context, cancellationToken) =>
        {
            var found = await FindAsync(context, parse.GetValue(name)!, cancellationToken);
            context.WriteTable(
                new Page<VersionFileInfo>(found.Package.Files, null), ContractsJson.Default.PageVersionFileInfo, "No files.", ["PATH", "BYTES", "SHA-256"],
                f => [f.Path, f.SizeBytes.ToString(System.Globalization.CultureInfo.InvariantCulture), f.Sha256]);
            return ExitCode.Done;
        });
    }

    public static Command Download()
    {
        var name = Name();
        var to = new Option<string>("--to") { Description = "Folder to write them to; what is here already is not fetched again.", Required = true };
        var file = new Option<string[]>("--file") { Description = "Only this file or folder; may be repeated." };
        return new Command("download", "Fetch the files of the package that it runs, digests checked. Example: slipway schedules download nightly --to nightly-now --file train.py") { name, to, file }.Runs(async (parse, context, cancellationToken) =>
        {
            var found = await FindAsync(context, parse.GetValue(name)!, cancellationToken);
            var root = System.IO.Path.GetFullPath(parse.GetValue(to)!);
            var files = Downloads.Chosen(found.Package.Files, parse.GetValue(file) ?? [], "The package of the schedule");
            var fetched = await new Downloads(context.Api).RunAsync(SchedulesCommand.Path(found.Name), files, root, cancellationToken);
            CommandContext.Say($"{files.Count} {(files.Count == 1 ? "file" : "files")} in {root}{(fetched < files.Count ? $", {files.Count - fetched} of them were there" : "")}.");
            return ExitCode.Done;
        });
    }

    private static Argument<string> Name() => new("NAME") { Description = "Name of the schedule." };

    private static Task<ScheduleInfo> FindAsync(CommandContext context, string name, CancellationToken cancellationToken) =>
        context.Api.GetAsync(SchedulesCommand.Path(name), ContractsJson.Default.ScheduleInfo, cancellationToken);
}
