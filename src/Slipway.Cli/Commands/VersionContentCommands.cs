using Slipway.Cli.Pushing;
using Slipway.Contracts;

namespace Slipway.Cli.Commands;

/// <summary>The commands of <c>slipway versions</c> that make a version and bring its content back.</summary>
internal static class VersionContentCommands
{
    public static Command Create()
    {
        var model = new Argument<string>("MODEL");
        var path = new Argument<string?>("PATH") { Description = "Package folder or file of this machine; left out with --run.", Arity = ArgumentArity.ZeroOrOne };
        var run = new Option<string?>("--run") { Description = "Make it of an artifact of this run; its metrics, parameters and data sets come along." };
        var artifact = new Option<string?>("--artifact") { Description = "File or folder of the run; everything that it holds if left out." };
        var label = new Option<string?>("--label") { Description = "Unique label, for example v2.1.0." };
        var description = new Option<string?>("--description");
        var parent = new Option<string?>("--parent") { Description = "What it was fine-tuned from: base@3, base@champion." };
        return new Command("create", "Register a version without deploying it: slipway versions create churn ./package --parent base@3") { model, path, run, artifact, label, description, parent }
            .Runs(async (parse, context, cancellationToken) =>
            {
                var options = new VersionOptions(parse.GetValue(label), parse.GetValue(description), Parent: parse.GetValue(parent));
                var push = new Push(context.Api);
                var version = (parse.GetValue(path), parse.GetValue(run)) switch
                {
                    ({ } folder, null) => await push.UploadAsync(folder, parse.GetValue(model), options, cancellationToken),
                    (null, { } source) => await push.FromRunAsync(parse.GetValue(model)!, source, parse.GetValue(artifact) ?? "", options, cancellationToken),
                    _ => throw new CliException(ExitCode.Usage, "Say what becomes the version: PATH, or --run RUN with --artifact PATH."),
                };
                context.Write(version, ContractsJson.Default.ModelVersionInfo, v => Console.Out.WriteLine($"{v.Model} v{v.Version}"));
                if (!version.Runnable)
                {
                    CommandContext.Say($"It cannot be deployed: {version.NotRunnableReason}");
                }

                return ExitCode.Done;
            });
    }

    public static Command Download()
    {
        var (model, version) = (new Argument<string>("MODEL"), new Argument<string>("VERSION") { Description = "3, v3, a label or @alias." });
        var to = new Option<string?>("--to") { Description = "Folder to write the files to; what is here already is not fetched again." };
        var zip = new Option<string?>("--zip") { Description = "Write one zip instead; - for standard output." };
        var file = new Option<string[]>("--file") { Description = "Only this file or folder; may be repeated." };
        return new Command("download", "Fetch its files, digests checked; run again to go on where it broke off.") { model, version, to, zip, file }.Runs(async (parse, context, cancellationToken) =>
        {
            var path = VersionsCommand.Path(parse.GetValue(model)!, parse.GetValue(version));
            var wanted = parse.GetValue(file) ?? [];
            switch (parse.GetValue(to), parse.GetValue(zip))
            {
                case (null, null):
                    throw new CliException(ExitCode.Usage, "Say where to: --to FOLDER, or --zip FILE.");
                case (not null, not null):
                    throw new CliException(ExitCode.Usage, "Say --to or --zip, not both.");
                case (null, { } archive):
                    await ZipAsync(context, path, wanted, archive, cancellationToken);
                    return ExitCode.Done;
                case ({ } folder, _):
                    var found = await context.Api.GetAsync(path, ContractsJson.Default.ModelVersionInfo, cancellationToken);
                    var root = System.IO.Path.GetFullPath(folder);
                    var files = Downloads.Chosen(found.Files, wanted, "The version");
                    var fetched = await new Downloads(context.Api).RunAsync(VersionsCommand.Path(found.Model, $"{found.Version}"), files, root, cancellationToken);
                    CommandContext.Say($"{files.Count} files in {root}{(fetched < files.Count ? $", {files.Count - fetched} of them were there" : "")}.");
                    return ExitCode.Done;
            }
        });
    }

    private static async Task ZipAsync(CommandContext context, string version, string[] wanted, string archive, CancellationToken cancellationToken)
    {
        var query = wanted.Length == 0 ? "" : "?" + string.Join('&', wanted.Select(w => $"path={Uri.EscapeDataString(w)}"));
        using var response = await context.Api.StreamAsync(HttpMethod.Get, $"{version}/archive{query}", null, cancellationToken);
        if (archive == "-")
        {
            await using var output = Console.OpenStandardOutput();
            await response.Content.CopyToAsync(output, cancellationToken);
            return;
        }

        var part = $"{archive}.part";
        try
        {
            await using (var output = File.Create(part))
            {
                await response.Content.CopyToAsync(output, cancellationToken);
            }

            File.Move(part, archive, overwrite: true);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            File.Delete(part);
            throw new CliException(ExitCode.Failed, $"The zip broke off: {exception.Message}");
        }

        CommandContext.Say($"Wrote {archive}.");
    }
}
