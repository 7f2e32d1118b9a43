using System.Security.Cryptography;
using System.Text;

namespace Slipway.Server.Runtimes;

/// <summary>
/// A Python package of ours, copied to <c>DATA/runtime/DIGEST</c>: readable for the users of model code wherever the program itself lies, and unchanged below
/// running processes when the program is replaced.
/// </summary>
internal static class PythonCode
{
    private const UnixFileMode ReadableFile = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode ReadableFolder = ReadableFile | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <param name="package">Name of the package: a folder of <paramref name="source"/>.</param>
    /// <returns>The folder for <c>PYTHONPATH</c>, and the digest of the code.</returns>
    /// <exception cref="IOException">There is no space.</exception>
    public static (string Folder, string Digest) Copy(string source, string package, string dataFolder)
    {
        var files = Directory.EnumerateFiles(Path.Combine(source, package), "*.py").Order(StringComparer.Ordinal).Select(f => (Path.GetFileName(f), File.ReadAllBytes(f))).ToList();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (name, content) in files)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{name}\0{content.Length}\0"));
            hash.AppendData(content);
        }

        var digest = Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
        var runtime = Path.Combine(Path.GetFullPath(dataFolder), "runtime");
        var folder = Path.Combine(runtime, digest);
        if (!Directory.Exists(folder))
        {
            var draft = Path.Combine(runtime, $".{Guid.NewGuid():n}");
            Directory.CreateDirectory(Path.Combine(draft, package));
            foreach (var made in new[] { runtime, draft, Path.Combine(draft, package) })
            {
                File.SetUnixFileMode(made, ReadableFolder);
            }

            foreach (var (name, content) in files)
            {
                var target = Path.Combine(draft, package, name);
                File.WriteAllBytes(target, content);
                File.SetUnixFileMode(target, ReadableFile);
            }

            Directory.Move(draft, folder);
        }

        return (folder, digest);
    }

    /// <summary>Looks beside the program, and above it in the source tree.</summary>
    /// <returns>The folder that holds the package; null: not found.</returns>
    public static string? FindBesideProgram(string relative, string package)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (Path.Combine(folder.FullName, relative) is var found && Has(found, package))
            {
                return found;
            }
        }

        return null;
    }

    public static bool Has(string folder, string package) => File.Exists(Path.Combine(folder, package, "__init__.py"));
}
