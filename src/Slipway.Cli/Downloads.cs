using System.Net;
using System.Security.Cryptography;
using Slipway.Contracts;

namespace Slipway.Cli;

/// <summary>Brings files of a version or a schedule here. A file gets its name only when it is whole; one that is here already is not fetched again, and a broken one is gone on with.</summary>
internal sealed class Downloads(ApiClient api)
{
    private const int MostTries = 5;
    private const int BufferBytes = 1 << 17;

    /// <param name="owner">Path of the version or schedule below the server's address; the files are below it.</param>
    /// <param name="root">Absolute folder, made when it is missing.</param>
    /// <returns>How many files were fetched; the others were here.</returns>
    public async Task<int> RunAsync(string owner, IReadOnlyList<VersionFileInfo> files, string root, CancellationToken cancellationToken)
    {
        var targets = files.Select(f => (File: f, Target: TargetOf(root, f.Path))).ToList();
        if (!CommandContext.IsWatched)
        {
            return await EachAsync(_ => { });
        }

        var fetched = 0;
        await Spectre.Console.ProgressExtensions.AutoClear(Spectre.Console.AnsiConsoleExtensions.Progress(CommandContext.Messages), true).StartAsync(async progress =>
        {
            var task = progress.AddTask($"Fetching {files.Count} files", maxValue: Math.Max(1, files.Sum(f => f.SizeBytes)));
            fetched = await EachAsync(bytes => task.Increment(bytes));
        });
        return fetched;

        async Task<int> EachAsync(Action<long> moved)
        {
            var count = 0;
            foreach (var (file, target) in targets)
            {
                count += await OneAsync(owner, file, target, moved, cancellationToken) ? 1 : 0;
            }

            return count;
        }
    }

    /// <summary>The files that are named, or are in a folder that is; all of them where nothing is named.</summary>
    /// <param name="what">Whose they are, as a sentence begins.</param>
    public static List<VersionFileInfo> Chosen(IReadOnlyList<VersionFileInfo> files, string[] wanted, string what)
    {
        if (wanted.FirstOrDefault(w => !files.Any(f => IsIn(f, w))) is { } nothing)
        {
            throw new CliException(ExitCode.NotFound, $"{what} has no file or folder {nothing}.");
        }

        return [.. files.Where(f => wanted.Length == 0 || wanted.Any(w => IsIn(f, w)))];
    }

    private static bool IsIn(VersionFileInfo file, string wanted) => file.Path == wanted || file.Path.StartsWith($"{wanted.TrimEnd('/')}/", StringComparison.Ordinal);

    private static string TargetOf(string root, string path)
    {
        var target = Path.GetFullPath(Path.Combine(root, path));
        return target.StartsWith(Path.TrimEndingDirectorySeparator(root) + Path.DirectorySeparatorChar, StringComparison.Ordinal)
            ? target
            : throw new CliException(ExitCode.Failed, $"The server named a file outside of the folder: {path}");
    }

    private async Task<bool> OneAsync(string owner, VersionFileInfo file, string target, Action<long> moved, CancellationToken cancellationToken)
    {
        if (File.Exists(target) && new FileInfo(target).Length == file.SizeBytes && await DigestAsync(target, cancellationToken) == file.Sha256)
        {
            moved(file.SizeBytes);
            return false;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        var part = $"{target}.{file.Sha256[..12]}.part";
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await FetchAsync($"{owner}/files/{string.Join('/', file.Path.Split('/').Select(Uri.EscapeDataString))}", file, part, moved, cancellationToken);
                break;
            }
            catch (Exception exception) when (exception is IOException or HttpRequestException && attempt < MostTries)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200 * attempt), cancellationToken);
            }
        }

        if (await DigestAsync(part, cancellationToken) != file.Sha256)
        {
            File.Delete(part);
            throw new CliException(ExitCode.Failed, $"{file.Path} did not arrive as it is registered; try again, and run 'slipway verify' on the server if it stays so.");
        }

        File.Move(part, target, overwrite: true);
        return true;
    }

    /// <summary>Goes on at the end of what is there.</summary>
    private async Task FetchAsync(string path, VersionFileInfo file, string part, Action<long> moved, CancellationToken cancellationToken)
    {
        await using var output = new FileStream(part, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None);
        if (output.Length > file.SizeBytes)
        {
            output.SetLength(0);
        }

        output.Position = output.Length;
        if (output.Position == file.SizeBytes && file.SizeBytes > 0)
        {
            return;
        }

        using var response = await api.DownloadAsync(path, output.Position, $"\"{file.Sha256}\"", cancellationToken);
        if (response.StatusCode != HttpStatusCode.PartialContent)
        {
            output.SetLength(0);
        }

        await using var content = await response.Content.ReadAsStreamAsync(cancellationToken);
        var buffer = new byte[BufferBytes];
        int read;
        while ((read = await content.ReadAsync(buffer, cancellationToken)) > 0)
        {
            await output.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            moved(read);
        }
    }

    private static async Task<string> DigestAsync(string file, CancellationToken cancellationToken)
    {
        await using var stream = File.OpenRead(file);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellationToken));
    }
}
