using System.Diagnostics;
using Microsoft.Extensions.Options;
using Slipway.Server.Platform;
using Slipway.Server.Runtimes;

namespace Slipway.Server.Replicas;

/// <summary>Starts ONNX replicas: each is a process of its own, without a parent that has loaded something before.</summary>
internal sealed class OnnxProcesses(OnnxProgram program, ReplicaFolders folders, IOptions<ReplicasOptions> options)
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
        var process = await Spawn.StartAsync(installation.Request(path, user, "replica", "--folder", path, "--library", installation.Library), log, cancellationToken);
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
}
