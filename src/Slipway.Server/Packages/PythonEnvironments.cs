using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;
using Slipway.Server.Platform;
using Slipway.Server.Runtimes;

namespace Slipway.Server.Packages;

/// <param name="Interpreter">Absolute path of the interpreter that sees the environment.</param>
/// <param name="Lock">Sorted <c>name==version</c> lines.</param>
internal sealed record PythonEnvironment(string Interpreter, string Lock);

/// <summary>
/// Makes Python environments (venv): requirements are resolved to a lock, and equal locks on equal interpreters share one folder. Wheels only: nothing of a
/// package runs while it is installed, unless an administrator allowed source builds.
/// </summary>
internal sealed partial class PythonEnvironments(SystemRequirements system, DataFolders folders, IOptions<PackagesOptions> options)
{
    private int making;

    /// <summary>Whether none is being made now: what lies half made was then left by a crash.</summary>
    public bool IsIdle => Volatile.Read(ref making) == 0;

    /// <param name="resolved">The lock of an earlier run of the same build, which then holds; null: resolve.</param>
    /// <returns>The environment, or a failure that names the requirement.</returns>
    public async Task<Result<PythonEnvironment>> EnsureAsync(
        BaseImage image, IReadOnlyList<string> requirements, string? resolved, BuildLog log, CancellationToken cancellationToken)
    {
        if (requirements.FirstOrDefault(r => !Requirements.IsNamed(r)) is { } odd)
        {
            return EnvironmentRefusals.NotNamed(odd);
        }

        if (image.SeesSystemPackages)
        {
            await log.WriteAsync(requirements.Count == 0 ? "No requirements." : $"Checking {requirements.Count} requirements against what this machine has.");
            var check = await system.CheckAsync(image, requirements, cancellationToken);
            return check.Refusal is { } refusal ? refusal : new PythonEnvironment(image.Interpreter!, check.Value);
        }

        if (requirements.Count == 0)
        {
            resolved = "";
        }

        if (resolved is not null && Path.Combine(folders.Environments, KeyOf(image, resolved)) is var known && Directory.Exists(known))
        {
            await log.WriteAsync("The environment is there already.");
            return new PythonEnvironment(InterpreterIn(known), resolved);
        }

        return await MakeAsync(image, requirements, resolved, log, cancellationToken);
    }

    private async Task<Result<PythonEnvironment>> MakeAsync(
        BaseImage image, IReadOnlyList<string> requirements, string? resolved, BuildLog log, CancellationToken cancellationToken)
    {
        var staged = Path.Combine(folders.Environments, $".make-{Guid.NewGuid():N}");
        Interlocked.Increment(ref making);
        try
        {
            PackageFiles.CreateReadable(staged);
            var venv = await RunAsync(image, ["-I", "-m", "venv", "--without-pip", staged], log, cancellationToken);
            if (!venv.Succeeded)
            {
                return EnvironmentRefusals.Failed($"The interpreter of base image {image.Name} could not make an environment (module venv); the log says why.");
            }

            var (install, lines) = (new List<string>(), resolved);
            if (lines is null)
            {
                var resolution = await ResolveAsync(image, staged, requirements, log, cancellationToken);
                if (resolution.Refusal is { } refusal)
                {
                    return refusal;
                }

                install.AddRange(resolution.Value.Select(p => p.Pinned));
                lines = string.Join('\n', resolution.Value.Select(p => p.Line));
            }
            else
            {
                install.AddRange(lines.Split('\n', StringSplitOptions.RemoveEmptyEntries));
            }

            var folder = Path.Combine(folders.Environments, KeyOf(image, lines));
            if (Directory.Exists(folder))
            {
                await log.WriteAsync("The environment is there already.");
                return new PythonEnvironment(InterpreterIn(folder), lines);
            }

            if (install.Count > 0 && (await InstallAsync(image, staged, install, log, cancellationToken)).Refusal is { } failed)
            {
                return failed;
            }

            Place(staged, folder);
            return new PythonEnvironment(InterpreterIn(folder), lines);
        }
        finally
        {
            if (Directory.Exists(staged))
            {
                Directory.Delete(staged, recursive: true);
            }

            Interlocked.Decrement(ref making);
        }
    }

    private async Task<Result<List<(string Line, string Pinned)>>> ResolveAsync(
        BaseImage image, string venv, IReadOnlyList<string> requirements, BuildLog log, CancellationToken cancellationToken)
    {
        await log.WriteAsync($"Resolving {requirements.Count} requirements.");
        var (wanted, report) = (Path.Combine(venv, "requirements.txt"), Path.Combine(venv, "report.json"));
        await File.WriteAllLinesAsync(wanted, requirements, cancellationToken);
        var start = log.Length;
        var pip = await RunAsync(image, [.. Pip(venv), "install", "--dry-run", "--ignore-installed", "--report", report, .. Sources(), "-r", wanted], log, cancellationToken);
        if (!pip.Succeeded)
        {
            return Explain(pip, await log.SinceAsync(start, cancellationToken), requirements);
        }

        await using var stream = File.OpenRead(report);
        var found = (await JsonSerializer.DeserializeAsync(stream, PythonPackagesJson.Default.PipReport, cancellationToken))!;
        return found.Install.OrderBy(i => Canonical(i.Metadata.Name), StringComparer.Ordinal).Select(i =>
        {
            var line = $"{Canonical(i.Metadata.Name)}=={i.Metadata.Version}";
            return (line, i.DownloadInfo.ArchiveInfo?.Hash is { } hash ? $"{line} --hash={hash.Replace('=', ':')}" : line);
        }).ToList();
    }

    private async Task<Result> InstallAsync(BaseImage image, string venv, List<string> pinned, BuildLog log, CancellationToken cancellationToken)
    {
        await log.WriteAsync($"Installing {pinned.Count} packages.");
        var wanted = Path.Combine(venv, "lock.txt");
        var hashed = pinned.TrueForAll(p => p.Contains("--hash=", StringComparison.Ordinal));
        await File.WriteAllLinesAsync(wanted, hashed ? pinned : pinned.Select(p => p.Split(' ')[0]), cancellationToken);
        var start = log.Length;
        var pip = await RunAsync(
            image, [.. Pip(venv), "install", "--no-deps", .. Sources(), .. hashed ? new[] { "--require-hashes" } : [], "-r", wanted], log, cancellationToken);
        return pip.Succeeded ? Result.Done : Explain(pip, await log.SinceAsync(start, cancellationToken), pinned);
    }

    private void Place(string staged, string folder)
    {
        foreach (var file in new[] { "requirements.txt", "report.json", "lock.txt" })
        {
            File.Delete(Path.Combine(staged, file));
        }

        FolderSync.FlushTree(staged);
        try
        {
            Directory.Move(staged, folder);
        }
        catch (IOException) when (Directory.Exists(folder))
        {
            return;   // another build with an equal lock was first
        }

        FolderSync.Flush(folders.Environments);
    }

    private Task<ToolResult> RunAsync(BaseImage image, IReadOnlyList<string> arguments, BuildLog log, CancellationToken cancellationToken) => Spawn.RunToLogAsync(
        new SpawnRequest
        {
            Program = image.Interpreter!, Arguments = arguments, WorkingFolder = folders.Environments,
            Environment = options.Value.PipVariables.Select(name => (Name: name, Value: Environment.GetEnvironmentVariable(name)))
                .Where(v => v.Value is not null).ToDictionary(v => v.Name, v => v.Value!),
        },
        log.File, options.Value.BuildTimeout, cancellationToken);

    private string[] Pip(string venv) =>
    [
        "-m", "pip", "--python", InterpreterIn(venv), "--disable-pip-version-check", "--no-input", "--no-color", "--retries", "1", "--timeout", "15",
        "--cache-dir", Path.Combine(folders.Environments, DataFolders.PipCache),
    ];

    private IEnumerable<string> Sources()
    {
        var settings = options.Value;
        string[] binary = settings.AllowSourceBuilds ? [] : ["--only-binary=:all:"];
        string[] index = settings.IndexUrl is { } url ? ["--index-url", url] : settings.NoIndex ? ["--no-index"] : [];
        string[] links = settings.FindLinks is { } folder ? ["--find-links", folder] : [];
        return [.. binary, .. index, .. links, .. settings.PipArguments];
    }

    private static Refusal Explain(ToolResult pip, string said, IReadOnlyList<string> requirements)
    {
        if (pip.TimedOut)
        {
            return EnvironmentRefusals.Failed($"Installing {string.Join(", ", requirements.Take(5))} took longer than this server allows.");
        }

        var unreachable = Unreachable().IsMatch(said);
        if (NoVersion().Match(said) is { Success: true } none)
        {
            var (requirement, versions) = (none.Groups["requirement"].Value, none.Groups["versions"].Value);
            return unreachable && versions is "none" or "" ? EnvironmentRefusals.NoIndex(requirement) : EnvironmentRefusals.NotFound(requirement, versions);
        }

        if (unreachable)
        {
            return EnvironmentRefusals.NoIndex(string.Join(", ", requirements.Take(5)));
        }

        var error = Error().Match(said) is { Success: true } match ? match.Groups["text"].Value.Trim() : $"pip ended with code {pip.ExitCode}";
        return EnvironmentRefusals.Failed(
            error.Contains("No module named pip", StringComparison.Ordinal)
                ? "The interpreter of this base image has no pip (on Debian: python3-pip); install it, or use --base-image python-system."
                : $"The requirements ({string.Join(", ", requirements.Take(5))}{(requirements.Count > 5 ? ", …" : "")}) could not be installed: {error}");
    }

    /// <summary>What an environment depends on: the lock, the interpreter and its version.</summary>
    private static string KeyOf(BaseImage image, string lines) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{image.Interpreter}\n{image.Version}\n{lines}")))[..32];

    private static string InterpreterIn(string venv) => Path.Combine(venv, "bin", "python");

    private static string Canonical(string name) => Separators().Replace(name, "-").ToLowerInvariant();

    [GeneratedRegex(@"[-_.]+", RegexOptions.NonBacktracking)]
    private static partial Regex Separators();

    [GeneratedRegex(@"Could not find a version that satisfies the requirement (?<requirement>.+?) \(from versions: (?<versions>[^)]*)\)", RegexOptions.NonBacktracking)]
    private static partial Regex NoVersion();

    [GeneratedRegex("Failed to establish a new connection|Retrying \\(Retry|Network is unreachable|Cannot connect to proxy|ConnectTimeoutError|Read timed out", RegexOptions.NonBacktracking)]
    private static partial Regex Unreachable();

    [GeneratedRegex(@"(^|\n)(ERROR: )?(?<text>(Cannot install|Invalid requirement|No matching distribution|[^\n]*No module named pip|Could not install|THESE PACKAGES DO NOT MATCH)[^\n]*)", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Error();
}

/// <summary>The parts of pip's installation report (pip's documentation, "Installation Report", version 1) that are used.</summary>
internal sealed record PipReport(IReadOnlyList<PipReport.Item> Install)
{
    internal sealed record Item(Meta Metadata, Source DownloadInfo);

    internal sealed record Meta(string Name, string Version);

    internal sealed record Source(Archive? ArchiveInfo);

    /// <param name="Hash"><c>sha256=…</c>.</param>
    internal sealed record Archive(string? Hash);
}
