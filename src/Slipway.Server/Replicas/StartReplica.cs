using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Slipway.Server.Platform;
using Slipway.Server.Runtimes;

namespace Slipway.Server.Replicas;

/// <summary>
/// Brings a stored replica to a running process, or finds the one that an earlier server has started. Steps, each of which may be the last one that a dying server
/// takes: 1 take over or abandon what is in the folder, 2 open its secrets, store folder and user, 3 make the folder, 4 start it (a Python replica by its warm parent), 5 put it under its limits,
/// 6 store pid and start time.
/// </summary>
internal sealed class StartReplica(GpuDevices devices, 
    Writes writes, ReplicaFolders folders, ReplicaLogFiles logs, Isolation isolation, WarmParents parents, OnnxProcesses onnx, HostedReplicas hosted, Cgroups cgroups,
    PythonRunner runner, IReplicaSecrets secrets, IReplicaHealth health,
    IOptions<ReplicasOptions> options)
{
    /// <param name="isNew">This server has made the row and this is its first start: there is no folder, and the name of it that is stored can be used.</param>
    /// <exception cref="ReplicaStartException">It could not be started; nothing of it is left.</exception>
    public async Task RunAsync(ReplicaSetRow set, ReplicaSetSpec spec, ReplicaRow replica, bool isNew, CancellationToken cancellationToken)
    {
        if (spec.Hosted)
        {
            hosted.Start(replica.Id, spec, logs.Prepare(spec.DeploymentId, replica.Id, user: null));
            return;
        }

        // 1
        if (!isNew)
        {
            if (folders.FindProcess(replica.Folder, replica.UserId) is { } earlier)
            {
                await AttachAsync(replica, spec, earlier, cancellationToken);
                return;
            }

            folders.Abandon(replica.Folder, replica.UserId);
        }

        // 2
        var values = await secrets.OpenAsync(spec, cancellationToken);
        var runnerFolder = await EnsureRunnerAsync(spec, cancellationToken);
        var user = await isolation.UserForAsync(spec, set.UserId, runnerFolder, cancellationToken);
        if (!isNew || replica.UserId != user?.UserId)
        {
            (replica.Folder, replica.UserId) = (ReplicaFolders.NewName('r'), user?.UserId);
            await UpdateAsync(
                replica.Id, row =>
                {
                    row.Folder = replica.Folder;
                    row.UserId = replica.UserId;
                },
                cancellationToken);
        }

        replica.Gpus = await devices.TakeAsync(replica.Id, spec, cancellationToken);
        try
        {
            // 3
            var folder = folders.Make(replica.Folder, user);
            var log = logs.Prepare(spec.DeploymentId, replica.Id, user);
            folders.Write(replica.Folder, "spec.json", Specification(spec, replica, log), ReplicasJson.Default.ReplicaSpecFile, user);

            // 4
            var process = spec.Launch.Runtime == BaseImages.Onnx
                ? await onnx.StartAsync(user, replica.Folder, log, cancellationToken)
                : await parents.SpawnAsync(spec, user, replica.Folder, values, cancellationToken);
            Failpoints.Pass("replicas.after_spawn");
            if (!process.IsAlive || (user is { } owner && process.UserId != owner.UserId))
            {
                throw new ReplicaStartException("The process ended as soon as it was started.");
            }

            // 5, 6
            await AttachAsync(replica, spec, process, cancellationToken);
        }
        catch (Exception exception) when (exception is ReplicaStartException or IOException or UnauthorizedAccessException)
        {
            var exit = folders.Read(replica.Folder, "exit.json", ReplicasJson.Default.ExitFile);
            folders.Abandon(replica.Folder, replica.UserId);
            throw exit?.Message is { } said ? new ReplicaStartException(said) : exception as ReplicaStartException ?? new ReplicaStartException(exception.Message);
        }
        catch (OperationCanceledException)
        {
            throw;   // the server ends; what was begun is found by step 1 of the next one
        }
    }

    /// <returns>The folder of the runtime's own program.</returns>
    private async Task<string> EnsureRunnerAsync(ReplicaSetSpec spec, CancellationToken cancellationToken)
    {
        try
        {
            return spec.Launch.Runtime == BaseImages.Onnx ? onnx.Ensure() : (await runner.EnsureAsync(spec.Launch.Interpreter, cancellationToken)).Folder;
        }
        catch (IOException exception)
        {
            throw new ReplicaStartException(exception.Message);
        }
    }

    /// <exception cref="ReplicaStartException">There was no room to store it; it is killed.</exception>
    private async Task AttachAsync(ReplicaRow replica, ReplicaSetSpec spec, SpawnedProcess process, CancellationToken cancellationToken)
    {
        cgroups.Place(replica.Id, cgroups.Limits(spec), process.Pid);
        try
        {
            await UpdateAsync(
                replica.Id, row =>
                {
                    row.Pid = process.Pid;
                    row.StartTimeTicks = process.StartTimeTicks;
                },
                cancellationToken);
        }
        catch (Exception exception) when (StorageFaults.IsFull(exception))
        {
            // It may be what fills the disk. Tried again without an end it would fill it again, for ever.
            process.Signal(SpawnPosix.SigKill);
            throw new ReplicaStartException("The server's disk was full when it had started (No space left on device).");
        }
    }

    private ReplicaSpecFile Specification(ReplicaSetSpec spec, ReplicaRow replica, string log)
    {
        var memory = (long)spec.MemoryMib << 20;
        return new ReplicaSpecFile(
            replica.Id.ToString(), replica.Token, folders.SocketOf(replica.Folder), log, spec.Launch.PackageFolder, spec.Launch.Runtime, spec.Launch.SitePackages,
            spec.Launch.MaxBatch, spec.Launch.PredictConcurrency, options.Value.NoServerTimeout.TotalSeconds, memory,
            cgroups.EnforcesMemory ? null : memory + (1L << 30),   // address space is more than memory: libraries, stacks, arenas
            spec.CpuCores, devices.Variables(spec.Variables, replica.Gpus), spec.Deployment, new ReplicaContext(spec.Environment), spec.Launch.Model,
            ProgramHealth.Of(spec, health.Of(spec.DeploymentId)));
    }

    private Task UpdateAsync(Guid id, Action<ReplicaRow> change, CancellationToken cancellationToken) => writes.RunAsync(
        async (db, token) =>
        {
            change(await db.Set<ReplicaRow>().SingleAsync(r => r.Id == id, token));
            return Result.Done;
        },
        cancellationToken);
}
