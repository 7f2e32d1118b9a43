using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Slipway.Server.Platform;
using Slipway.Server.Runtimes;

namespace Slipway.Server.Replicas;

/// <summary>
/// Which operating-system user model code runs as. As root the server gives each deployment a user of its own and opens, below the data folder, exactly the paths
/// that this user must read; the files directly in it are closed to others. Whether that user really gets there is tried, never assumed.
/// </summary>
internal sealed partial class Isolation(
    IOptions<ServerOptions> server, IOptions<RuntimesOptions> runtimes, ReplicaFolders folders, OnnxProcesses onnx, ILogger<Isolation> logger)
{
    public const string NotContained = "Model code runs as the server's own user and is not contained.";

    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private const UnixFileMode Pass = UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private readonly ConcurrentDictionary<(int User, string Launch), string?> problems = [];
    private readonly string data = Path.GetFullPath(server.Value.DataFolder);
    private string? lastProblem;

    private bool IsWanted => runtimes.Value.OwnUsers && Spawn.CanChangeUser;

    /// <summary>Which isolation is in force for model code, in words.</summary>
    public string Sentence => (IsWanted, Volatile.Read(ref lastProblem)) switch
    {
        (false, _) => NotContained,
        (true, null) => "Model code runs as an unprivileged user of its own per deployment, without a way to gain privileges.",
        (true, var problem) => $"Model code of at least one deployment runs as the server's own user and is not contained: {problem}",
    };

    /// <summary>The user for a start of this set; null: the server's own, because it cannot be otherwise here.</summary>
    public Task<SpawnUser?> UserForAsync(ReplicaSetSpec spec, int userId, string runner, CancellationToken cancellationToken)
    {
        string[] needed = [runner, spec.Launch.PackageFolder, .. spec.Launch.SitePackages];
        return TryAsync(
            spec.Deployment, userId, spec.Launch.Digest, [.. needed, Path.GetDirectoryName(spec.Launch.Interpreter)!],
            () => spec.Launch.Runtime == BaseImages.Onnx ? onnx.Trial(spec.Launch, userId) : PythonTrial(spec.Launch.Interpreter, needed, userId), cancellationToken);
    }

    /// <summary>The same for a job of a schedule, which runs in a folder of its own below <paramref name="folder"/>.</summary>
    public Task<SpawnUser?> UserForJobAsync(
        string schedule, int userId, string interpreter, string runner, string? sdk, string folder, CancellationToken cancellationToken)
    {
        string[] needed = sdk is null ? [runner] : [runner, sdk];
        return TryAsync(
            $"schedule {schedule}", userId, $"job {interpreter}", [.. needed, folder, Path.GetDirectoryName(interpreter)!], () => PythonTrial(interpreter, needed, userId), cancellationToken);
    }

    /// <summary>A free user id for a schedule; the range of schedules lies behind that of deployments.</summary>
    public int ChooseForJobs(Guid schedule, IReadOnlySet<int> taken) => Choose(runtimes.Value.FirstUserId + runtimes.Value.UserIds, schedule, taken);

    /// <summary>A free user id for a deployment: the place of its id in the range, or the next that no other deployment has.</summary>
    public int Choose(Guid deployment, IReadOnlySet<int> taken) => Choose(runtimes.Value.FirstUserId, deployment, taken);

    private int Choose(int first, Guid owner, IReadOnlySet<int> taken)
    {
        var count = runtimes.Value.UserIds;
        var start = (int)(BitConverter.ToUInt32(owner.ToByteArray(), 12) % (uint)count);
        var free = Enumerable.Range(0, count).Select(i => first + ((start + i) % count)).FirstOrDefault(id => !taken.Contains(id));
        return free == 0 ? first + start : free;
    }

    private async Task<SpawnUser?> TryAsync(
        string name, int userId, string launch, IReadOnlyList<string> paths, Func<SpawnRequest> trial, CancellationToken cancellationToken)
    {
        if (!IsWanted)
        {
            return null;
        }

        Open(paths);
        var key = (userId, launch);
        if (!problems.TryGetValue(key, out var problem))
        {
            problem = problems[key] = await TryAsync(trial(), cancellationToken);
            if (problem is not null)
            {
                Volatile.Write(ref lastProblem, problem);
                LogNotContained(name, problem);
            }
        }

        return problem is null ? new SpawnUser(userId, userId) : null;
    }

    /// <summary>
    /// Lets others pass through the folders that lead to <paramref name="paths"/>, and closes the files that lie directly in the data folder (the database). What is
    /// secret in its folders is closed by those who make them.
    /// </summary>
    private void Open(IEnumerable<string> paths)
    {
        folders.EnsureRoot();
        var inside = paths.Append(folders.Root).Append(Path.Combine(data, "logs")).Select(Path.GetFullPath)
            .Where(p => p.StartsWith(data + Path.DirectorySeparatorChar, StringComparison.Ordinal)).ToList();
        foreach (var file in Directory.EnumerateFiles(data).ToList())
        {
            ChangeMode(file, mode => mode & ~Others);
        }

        foreach (var folder in inside.SelectMany(Steps).Distinct().Where(Directory.Exists).ToList())
        {
            ChangeMode(folder, mode => mode | Pass);
        }
    }

    /// <summary>The data folder itself, each folder between, and the path.</summary>
    private IEnumerable<string> Steps(string path)
    {
        yield return data;
        var current = data;
        foreach (var name in Path.GetRelativePath(data, path).Split(Path.DirectorySeparatorChar))
        {
            yield return current = Path.Combine(current, name);
        }
    }

    private static void ChangeMode(string path, Func<UnixFileMode, UnixFileMode> change)
    {
        try
        {
            var mode = File.GetUnixFileMode(path);
            if (change(mode) is var wanted && wanted != mode)
            {
                File.SetUnixFileMode(path, wanted);
            }
        }
        catch (FileNotFoundException)
        {
            // a temporary file that has gone meanwhile
        }
    }

    /// <summary>Lets that user import the runner and read the package, as a replica will.</summary>
    private static SpawnRequest PythonTrial(string interpreter, string[] needed, int userId)
    {
        const string code = """
            import os, sys
            def reach(path):
                for folder, _, files in os.walk(path, onerror=lambda e: sys.exit("cannot list a folder that it needs")):
                    for file in files:
                        if not os.access(os.path.join(folder, file), os.R_OK):
                            sys.exit("cannot read a file that it needs")
            if not os.access(sys.executable, os.R_OK | os.X_OK):   # setpriv starts it even so
                sys.exit("cannot reach the interpreter")
            for path in sys.argv[1:3]:
                reach(path)
            for path in sys.argv[3:]:
                os.listdir(path)
            sys.path.insert(0, sys.argv[1])
            import slipway_runner.replica
            """;
        return new SpawnRequest
        {
            Program = interpreter, Arguments = ["-s", "-B", "-c", code, .. needed], WorkingFolder = "/", User = new SpawnUser(userId, userId),
        };
    }

    /// <returns>Null, or a sentence that says what the user cannot reach.</returns>
    /// <exception cref="ReplicaStartException">It could not be found out.</exception>
    private static async Task<string?> TryAsync(SpawnRequest request, CancellationToken cancellationToken)
    {
        try
        {
            var result = await Spawn.RunAsync(request, TimeSpan.FromSeconds(30), cancellationToken);
            if (result.TimedOut)
            {
                throw new ReplicaStartException("Whether an unprivileged user can run the package could not be found out in time.");   // never a reason to give it more rights
            }

            return result.Succeeded ? null : $"an unprivileged user cannot run it here ({LastLine(result.Error)})";
        }
        catch (IOException)
        {
            return "an unprivileged user cannot run the interpreter";
        }
    }

    private static string LastLine(string text) => ExitReason.Short(text.TrimEnd().Split('\n')[^1].Trim()) is { Length: > 0 } line ? line : "no reason given";

    [LoggerMessage(LogLevel.Warning, "Model code of {Deployment} is not contained: {Problem}")]
    private partial void LogNotContained(string deployment, string problem);
}
