using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Slipway.Contracts;

namespace Slipway.Cli.Pushing;

/// <summary>The files of a package on this machine.</summary>
/// <param name="Root">The folder; or the folder of the one file.</param>
internal sealed partial record PackageFiles(string Root, IReadOnlyList<UploadFile> Files)
{
    private static readonly HashSet<string> Left = new(StringComparer.Ordinal) { ".git", "__pycache__", ".venv", "venv", "node_modules", ".pytest_cache", ".mypy_cache", ".DS_Store" };

    /// <summary>Lists and hashes what a push sends: everything but caches, environments and version control.</summary>
    /// <param name="known">Files that were read before, by their full path: those that have the same size and time are not read again. Null: all are read.</param>
    public static async Task<PackageFiles> ReadAsync(
        string path, CancellationToken cancellationToken, Dictionary<string, (long Size, DateTime WrittenAt, UploadFile File)>? known = null)
    {
        if (File.Exists(path))
        {
            var file = new FileInfo(path);
            return new PackageFiles(file.DirectoryName!, [await DescribeAsync(file, file.Name, known, cancellationToken)]);
        }

        if (!Directory.Exists(path))
        {
            throw new CliException(ExitCode.Usage, $"There is no file or folder '{path}'.");
        }

        var root = Path.GetFullPath(path);
        var files = new List<UploadFile>();
        foreach (var file in Walk(new DirectoryInfo(root)).OrderBy(f => f.FullName, StringComparer.Ordinal))
        {
            files.Add(await DescribeAsync(file, Path.GetRelativePath(root, file.FullName).Replace(Path.DirectorySeparatorChar, '/'), known, cancellationToken));
        }

        return files.Count > 0 ? new PackageFiles(root, files) : throw new CliException(ExitCode.Usage, $"The folder '{path}' holds no files to push.");
    }

    /// <summary>Names of files and folders that are never part of a package: caches, version control, and what editors leave beside a file while it is edited.</summary>
    public static bool IsLeftOut(string name) =>
        Left.Contains(name) || name.EndsWith('~') || name.EndsWith(".pyc", StringComparison.Ordinal) || name == "4913" || Temporary().IsMatch(name);

    /// <summary>Absolute path of one of the files.</summary>
    public string FullPath(UploadFile file) => Path.Combine(Root, file.Path);

    /// <summary>The name to push under when none is given: <c>model_name</c> of config.yaml, else the file's or folder's own.</summary>
    public string DefaultName()
    {
        var config = Path.Combine(Root, "config.yaml");
        if (Files.Any(f => f.Path == "config.yaml") && ModelName().Match(File.ReadAllText(config)) is { Success: true } match)
        {
            return match.Groups["name"].Value;
        }

        return Files is [{ Path: var single }] && !single.Contains('/') ? Path.GetFileNameWithoutExtension(single) : new DirectoryInfo(Root).Name;
    }

    private static IEnumerable<FileInfo> Walk(DirectoryInfo folder)
    {
        foreach (var entry in folder.EnumerateFileSystemInfos())
        {
            if (IsLeftOut(entry.Name))
            {
                continue;
            }

            if (entry.LinkTarget is not null)
            {
                throw new CliException(ExitCode.Usage, $"'{entry.FullName}' is a link; packages hold files and folders only. Copy what it points to, or leave it out.");
            }

            if (entry is DirectoryInfo inner)
            {
                foreach (var file in Walk(inner))
                {
                    yield return file;
                }
            }
            else
            {
                yield return (FileInfo)entry;
            }
        }
    }

    private static async Task<UploadFile> DescribeAsync(
        FileInfo file, string path, Dictionary<string, (long Size, DateTime WrittenAt, UploadFile File)>? known, CancellationToken cancellationToken)
    {
        file.Refresh();
        var (size, writtenAt) = (file.Length, file.LastWriteTimeUtc);
        if (known?.TryGetValue(file.FullName, out var before) == true && before.Size == size && before.WrittenAt == writtenAt)
        {
            return before.File;
        }

        await using var stream = file.OpenRead();
        var digest = await SHA256.HashDataAsync(stream, cancellationToken);
        var described = new UploadFile(path, stream.Length, Convert.ToHexStringLower(digest));
        known?[file.FullName] = (size, writtenAt, described);
        return described;
    }

    [GeneratedRegex(@"^(\..*\.sw[a-p]|\.#.*|#.*#|\.goutputstream-.*|.*___jb_(tmp|old)___)$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Temporary();

    [GeneratedRegex("""^model_name:\s*["']?(?<name>[^"'#\r\n]+?)["']?\s*(#.*)?$""", RegexOptions.Multiline | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ModelName();
}
