using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using Slipway.Server.Platform;

namespace Slipway.Server.Runtimes;

/// <summary>
/// The Python runner's code, copied to <c>DATA/runtime/DIGEST</c>: readable for the users of model code wherever the program itself lies, and unchanged below
/// running replicas when the program is replaced.
/// </summary>
internal sealed class PythonRunner(IOptions<ServerOptions> server)
{
    private const string Package = "slipway_runner";
    private const UnixFileMode ReadableFile = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode ReadableFolder = ReadableFile | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private readonly SemaphoreSlim gate = new(1);
    private readonly HashSet<string> compiled = [];
    private (string Folder, string Digest)? copied;

    /// <summary>Makes sure that the copy is there, and compiled for this interpreter.</summary>
    /// <returns>The folder for <c>PYTHONPATH</c>, and the digest of the code.</returns>
    /// <exception cref="IOException">The runner was not found, or there is no space.</exception>
    public async Task<(string Folder, string Digest)> EnsureAsync(string interpreter, CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken);
        try
        {
            copied ??= Copy(Source());
            if (compiled.Add(interpreter))
            {
                var request = new SpawnRequest { Program = interpreter, Arguments = ["-s", "-m", "compileall", "-q", copied.Value.Folder], WorkingFolder = "/" };
                await Spawn.RunAsync(request, TimeSpan.FromMinutes(1), cancellationToken);   // without it the runner works, and starts more slowly
            }

            return copied.Value;
        }
        finally
        {
            gate.Release();
        }
    }

    private (string Folder, string Digest) Copy(string source)
    {
        var files = Directory.EnumerateFiles(Path.Combine(source, Package), "*.py").Order(StringComparer.Ordinal).Select(f => (Path.GetFileName(f), File.ReadAllBytes(f))).ToList();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (name, content) in files)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{name}\0{content.Length}\0"));
            hash.AppendData(content);
        }

        var digest = Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
        var runtime = Path.Combine(Path.GetFullPath(server.Value.DataFolder), "runtime");
        var folder = Path.Combine(runtime, digest);
        if (!Directory.Exists(folder))
        {
            var draft = Path.Combine(runtime, $".{Guid.NewGuid():n}");
            Directory.CreateDirectory(Path.Combine(draft, Package));
            foreach (var made in new[] { runtime, draft, Path.Combine(draft, Package) })
            {
                File.SetUnixFileMode(made, ReadableFolder);
            }

            foreach (var (name, content) in files)
            {
                var target = Path.Combine(draft, Package, name);
                File.WriteAllBytes(target, content);
                File.SetUnixFileMode(target, ReadableFile);
            }

            Directory.Move(draft, folder);
        }

        return (folder, digest);
    }

    private string Source()
    {
        if (server.Value.RunnerFolder is { } configured)
        {
            return Has(configured) ? configured : throw new IOException("The configured RunnerFolder does not hold the Python runner.");
        }

        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (Path.Combine(folder.FullName, "runtimes", "python") is var found && Has(found))
            {
                return found;
            }
        }

        throw new IOException("The Python runner was not found beside the program; set Slipway:RunnerFolder.");
    }

    private static bool Has(string folder) => File.Exists(Path.Combine(folder, Package, "__main__.py"));
}
