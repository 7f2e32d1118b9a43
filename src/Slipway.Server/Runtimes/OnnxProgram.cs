using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;
using Slipway.Server.Platform;

namespace Slipway.Server.Runtimes;

/// <summary>
/// The program of ONNX replicas and the library that it loads, copied to <c>DATA/runtime/onnx-DIGEST</c>: readable for the users of model code wherever the originals lie,
/// and unchanged below running replicas when they are replaced.
/// </summary>
internal sealed class OnnxProgram(IOptions<ServerOptions> server, IOptions<RuntimesOptions> options)
{
    public const string LibraryName = "libonnxruntime.so.1";

    private const string Program = "slipway-replica.dll";
    private const UnixFileMode ReadableFile = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode ReadableFolder = ReadableFile | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private readonly Lock gate = new();
    private OnnxInstallation? copied;

    /// <summary>Looks for the program and the library where they are installed; copies and starts nothing.</summary>
    /// <returns>The library's path, and its version where a package.json beside it tells.</returns>
    /// <exception cref="IOException">Something is missing; the message says what and how to get it.</exception>
    public (string Library, string? Version) Find()
    {
        _ = SourceFolder();
        _ = Host();
        var library = Library();
        var package = Path.Combine(Path.GetDirectoryName(library)!, "package.json");
        return (library, File.Exists(package) ? JsonNode.Parse(File.ReadAllBytes(package))?["version"]?.GetValue<string>() : null);
    }

    /// <summary>Makes sure that the copy is there.</summary>
    /// <exception cref="IOException">Something is missing (the message says what and how to get it), or there is no space.</exception>
    public OnnxInstallation Ensure()
    {
        lock (gate)
        {
            return copied is { } there && Directory.Exists(there.Folder) ? there : (copied = Copy(SourceFolder(), Library())).Value;
        }
    }

    private OnnxInstallation Copy(string source, string library)
    {
        var files = Directory.EnumerateFiles(source).Where(f => Path.GetExtension(f) is ".dll" || f.EndsWith(".runtimeconfig.json", StringComparison.Ordinal) || f.EndsWith(".deps.json", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal).ToList();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in files)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{Path.GetFileName(file)}\0"));
            hash.AppendData(File.ReadAllBytes(file));
        }

        // Of the library its size and time: reading 45 MB at each start would cost more than it tells.
        var facts = new FileInfo(library);
        hash.AppendData(Encoding.UTF8.GetBytes($"{facts.Length}\0{facts.LastWriteTimeUtc.Ticks}"));
        var digest = Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
        var runtime = Path.Combine(Path.GetFullPath(server.Value.DataFolder), "runtime");
        var folder = Path.Combine(runtime, $"onnx-{digest}");
        if (!Directory.Exists(folder))
        {
            var draft = Path.Combine(runtime, $".{Guid.NewGuid():n}");
            Directory.CreateDirectory(draft);
            File.SetUnixFileMode(runtime, ReadableFolder);
            File.SetUnixFileMode(draft, ReadableFolder);
            foreach (var file in files.Append(library))
            {
                // The library is linked where it can be: an update replaces its file and does not write into it.
                var target = Path.Combine(draft, Path.GetFileName(file));
                if (file != library || !SpawnPosix.Link(file, target))
                {
                    File.Copy(file, target);
                }

                File.SetUnixFileMode(target, ReadableFile);
            }

            Directory.Move(draft, folder);
        }

        return new OnnxInstallation(folder, Host(), Path.Combine(folder, Program), Path.Combine(folder, Path.GetFileName(library)), digest);
    }

    private string SourceFolder()
    {
        if (server.Value.ReplicaFolder is { } configured)
        {
            return File.Exists(Path.Combine(configured, Program)) ? configured : throw new IOException("The configured ReplicaFolder does not hold the program of ONNX replicas.");
        }

        // Beside the program, or where the solution builds it: …/src/Slipway.Replica/bin/CONFIGURATION/net10.0.
        var own = new DirectoryInfo(AppContext.BaseDirectory);
        var built = Path.Combine("src", "Slipway.Replica", "bin", own.Parent?.Name ?? "", own.Name);
        return Upwards("replica", built).FirstOrDefault(f => File.Exists(Path.Combine(f, Program)))
            ?? throw new IOException("The program of ONNX replicas was not found beside the server; set Slipway:ReplicaFolder.");
    }

    private string Library()
    {
        if (options.Value.OnnxLibrary is { } configured)
        {
            return File.Exists(configured) ? configured : throw new IOException($"There is no ONNX Runtime at the configured Slipway:Runtimes:OnnxLibrary.");
        }

        return Upwards("replica", Path.Combine("out", "onnx")).Select(f => Path.Combine(f, LibraryName)).FirstOrDefault(File.Exists)
            ?? throw new IOException("ONNX Runtime's library is not installed. With npm (Node 20) on the PATH, runtimes/onnx/install fetches it; ./slipway up does so by itself.");
    }

    private static IEnumerable<string> Upwards(params string[] places)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            foreach (var place in places)
            {
                yield return Path.Combine(folder.FullName, place);
            }
        }
    }

    /// <summary>The program <c>dotnet</c> of the runtime that the server itself runs on.</summary>
    private static string Host()
    {
        var root = new DirectoryInfo(RuntimeEnvironment.GetRuntimeDirectory()).Parent?.Parent?.Parent?.FullName ?? "";
        var host = Path.Combine(root, "dotnet");
        return File.Exists(host) ? host : throw new IOException("The .NET runtime that ONNX replicas run on was not found.");
    }
}

/// <summary>Where ONNX replicas are started from.</summary>
/// <param name="Folder">Holds all of it but the host.</param>
/// <param name="Host">Absolute path of <c>dotnet</c>.</param>
/// <param name="Program">Absolute path of the replica's assembly.</param>
/// <param name="Library">Absolute path of ONNX Runtime.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct OnnxInstallation(string Folder, string Host, string Program, string Library, string Digest)
{
    /// <summary>
    /// What a process of it needs in its environment: no diagnostics port, no instrumented tier, and code pages that are mapped once: mapping them twice wants a file of 2 GB (which a
    /// limit on files forbids) and time at the start.
    /// </summary>
    public static IReadOnlyDictionary<string, string> Environment { get; } = new Dictionary<string, string>
    {
        ["DOTNET_EnableDiagnostics"] = "0", ["DOTNET_EnableWriteXorExecute"] = "0", ["DOTNET_TieredPGO"] = "0", ["DOTNET_NOLOGO"] = "1", ["DOTNET_SYSTEM_GLOBALIZATION_INVARIANT"] = "1",
    };

    public SpawnRequest Request(string workingFolder, SpawnUser? user, params string[] arguments) => new()
    {
        Program = Host, Arguments = [Program, .. arguments], WorkingFolder = workingFolder, User = user, Environment = Environment,
    };
}
