using System.Diagnostics;
using Microsoft.Extensions.Options;
using Slipway.Server.Platform;
using Slipway.Server.Runtimes;

namespace Slipway.Server.Replicas;

/// <summary>
/// Starts ONNX replicas: each is a process of its own, without a parent that has loaded something before. Their parent is this server, and does what a warm parent does: it writes the exit
/// file of one that could not (a signal ended it). Of a replica that a later server has adopted nobody can know.
/// </summary>
internal sealed class OnnxProcesses(OnnxProgram program, ReplicaFolders folders, ReplicaWake wake, IOptions<ReplicasOptions> options, TimeProvider time)
{
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(3);

    /// <returns>The folder of the program.</returns>
    /// <exception cref="IOException">Something of it is missing.</exception>
    public string Ensure() => program.Ensure().Folder;

    /// <summary>What shows whether a user can run this: the library is loaded and the package read.</summary>
    public SpawnRequest Trial(RuntimeLaunch launch, int userId)
    {
        var installation = program.Ensure();
        return installation.Request("/", new SpawnUser(userId, userId), "version", "--library", installation.Library, "--reads", launch.PackageFolder);
    }

    /// <summary>Starts a replica in its prepared folder and waits until it listens.</summary>
    /// <exception cref="ReplicaStartException">With the reason. Whatever was started may still be there; the caller abandons the folder.</exception>
    public async Task<SpawnedProcess> StartAsync(SpawnUser? user, string folder, string log, CancellationToken cancellationToken)
    {
        var installation = program.Ensure();
        var path = folders.PathOf(folder);
        var (process, ended) = await Spawn.StartChildAsync(installation.Request(path, user, "replica", "--folder", path, "--library", installation.Library), log, cancellationToken);
        _ = ended.ContinueWith(code => Ended(folder, code.Result), TaskContinuationOptions.OnlyOnRanToCompletion);
        var waited = Stopwatch.StartNew();
        while (process.IsAlive)
        {
            if (folders.FindProcess(folder, user?.UserId) is { } listening)
            {
                return listening;
            }

            if (waited.Elapsed > options.Value.SpawnTimeout)
            {
                throw new ReplicaStartException($"The replica did not listen within {options.Value.SpawnTimeout.TotalSeconds:0} s.");
            }

            await Task.Delay(Pace, cancellationToken);
        }

        throw new ReplicaStartException("The process ended as soon as it was started.");
    }

    private void Ended(string folder, int code)
    {
        if (folders.Exists(folder) && folders.Read(folder, "exit.json", ReplicasJson.Default.ExitFile) is null)
        {
            var bySignal = code > 128;
            folders.WriteExit(folder, new ExitFile(bySignal ? "signal" : "crashed", bySignal ? null : code, bySignal ? code - 128 : null, time.GetUtcNow(), null));
        }

        wake.Set();
    }
}
