using System.Security.Cryptography;
using Slipway.Contracts;

namespace Slipway.Cli.Commands;

/// <summary><c>slipway versions …</c></summary>
internal static class VersionsCommand
{
    public static Command Create() => new("versions", "Versions of a model: list, show, download, delete.") { List(), Show(), Download(), Delete() };

    private static string Path(string model, string? version = null) =>
        $"/api/v1/models/{Uri.EscapeDataString(model)}/versions" + (version is null ? "" : $"/{Uri.EscapeDataString(version)}");

    private static Command List()
    {
        var model = new Argument<string>("MODEL");
        return new Command("list", "All versions of a model, newest first.") { model }.Runs(async (parse, context, cancellationToken) =>
        {
            var items = await context.Api.ListAsync(Path(parse.GetValue(model)!), ContractsJson.Default.PageModelVersionInfo, cancellationToken).ToListAsync(cancellationToken);
            context.WriteTable(
                new Page<ModelVersionInfo>(items, null), ContractsJson.Default.PageModelVersionInfo, "No versions yet.", ["VERSION", "LABEL", "STAGE", "STATUS", "DETECTED", "SIZE", "BY", "CREATED"],
                v => [$"v{v.Version}", v.Label, v.Stage, v.Status, v.Detected, $"{v.SizeBytes} B", v.CreatedBy, CommandContext.Time(v.CreatedAt)]);
            return ExitCode.Done;
        });
    }

    private static Command Show()
    {
        var (model, version) = (new Argument<string>("MODEL"), new Argument<string>("VERSION") { Description = "3, v3 or a label." });
        return new Command("show", "One version with its files and builds.") { model, version }.Runs(async (parse, context, cancellationToken) =>
        {
            var found = await context.Api.GetAsync(Path(parse.GetValue(model)!, parse.GetValue(version)), ContractsJson.Default.ModelVersionInfo, cancellationToken);
            context.Write(found, ContractsJson.Default.ModelVersionInfo, v => CommandContext.WriteFacts([
                ("version", $"{v.Model} v{v.Version}{(v.Label is null ? "" : $" ({v.Label})")}"), ("status", v.Status), ("stage", v.Stage), ("detected", v.Detected),
                ("runnable", v.Runnable ? "yes" : v.NotRunnableReason), ("created", $"{CommandContext.Time(v.CreatedAt)} by {v.CreatedBy}"), ("digest", v.Digest),
                ("requirements", v.Requirements.Count > 0 ? string.Join('\n', v.Requirements) : null),
                .. v.Files.Select(f => ("file", (string?)$"{f.Path}  {f.SizeBytes} B  {f.Sha256[..12]}")),
                .. v.Builds.Select(b => ("build", (string?)$"{b.BaseImage}: {b.Status}{(b.Error is null ? "" : $", {b.Error}")}"))]));
            return ExitCode.Done;
        });
    }

    private static Command Download()
    {
        var (model, version) = (new Argument<string>("MODEL"), new Argument<string>("VERSION"));
        var to = new Option<string>("--to") { Description = "Folder to make.", Required = true };
        return new Command("download", "Write its files into a folder, digests checked.") { model, version, to }.Runs(async (parse, context, cancellationToken) =>
        {
            var path = Path(parse.GetValue(model)!, parse.GetValue(version));
            var root = System.IO.Path.GetFullPath(parse.GetValue(to)!);
            var found = await context.Api.GetAsync(path, ContractsJson.Default.ModelVersionInfo, cancellationToken);
            foreach (var file in found.Files)
            {
                var target = System.IO.Path.GetFullPath(System.IO.Path.Combine(root, file.Path));
                if (!target.StartsWith(root + System.IO.Path.DirectorySeparatorChar, StringComparison.Ordinal))
                {
                    throw new CliException(ExitCode.Failed, $"The server named a file outside of the folder: {file.Path}");
                }

                Directory.CreateDirectory(System.IO.Path.GetDirectoryName(target)!);
                using var response = await context.Api.StreamAsync(
                    HttpMethod.Get, $"{path}/files/{string.Join('/', file.Path.Split('/').Select(Uri.EscapeDataString))}", null, cancellationToken);
                await using (var output = File.Create(target))
                {
                    await response.Content.CopyToAsync(output, cancellationToken);
                }

                await using var written = File.OpenRead(target);
                if (Convert.ToHexStringLower(await SHA256.HashDataAsync(written, cancellationToken)) != file.Sha256)
                {
                    throw new CliException(ExitCode.Failed, $"{file.Path} did not arrive whole; try again, and run 'slipway verify' on the server if it stays so.");
                }
            }

            CommandContext.Say($"{found.Files.Count} files in {root}");
            return ExitCode.Done;
        });
    }

    private static Command Delete()
    {
        var (model, version) = (new Argument<string>("MODEL"), new Argument<string>("VERSION"));
        var yes = new Option<bool>("--yes") { Description = "Do not ask." };
        return new Command("delete", "Delete a version; its number is never used again.") { model, version, yes }.Runs(async (parse, context, cancellationToken) =>
        {
            Confirm.Deletion(parse.GetValue(yes), $"{parse.GetValue(model)}/{parse.GetValue(version)}");
            await context.Api.CallAsync(HttpMethod.Delete, Path(parse.GetValue(model)!, parse.GetValue(version)), cancellationToken);
            return ExitCode.Done;
        });
    }
}
