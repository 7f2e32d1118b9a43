using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Slipway.Server.Packages;
using Slipway.Server.Platform;
using Slipway.Server.Replicas.Jobs;
using Slipway.Server.Runtimes;

namespace Slipway.Server.Schedules;

/// <summary>
/// The Python environments of jobs, made as those of models are: requirements resolve once to a lock, which every later execution runs on. Made when the package comes, so that
/// a requirement that cannot be met is known by day, and looked for again before each start.
/// </summary>
internal sealed class JobEnvironments(
    Database database, Writes writes, BaseImages images, PythonEnvironments environments, JobFolders folders, TimeProvider time)
{
    private readonly ConcurrentDictionary<Guid, SemaphoreSlim> gates = [];

    /// <summary>Makes what is new, one after the other.</summary>
    public async Task MakeQueuedAsync(CancellationToken cancellationToken)
    {
        List<Guid> queued;
        await using (var db = database.Read())
        {
            queued = await db.Set<JobPackage>().Where(p => p.Status == JobPackageStatus.Queued).OrderBy(p => p.CreatedAt).Select(p => p.Id).ToListAsync(cancellationToken);
        }

        foreach (var id in queued)
        {
            await EnsureAsync(id, new BuildLog(folders.PrepareLog(id), time), cancellationToken);
        }
    }

    /// <returns>The environment, or a failure that names the requirement.</returns>
    public async Task<Result<PythonEnvironment>> EnsureAsync(Guid packageId, BuildLog log, CancellationToken cancellationToken)
    {
        var gate = gates.GetOrAdd(packageId, _ => new SemaphoreSlim(1));
        await gate.WaitAsync(cancellationToken);
        try
        {
            JobPackage? package;
            await using (var db = database.Read())
            {
                package = await db.Set<JobPackage>().SingleOrDefaultAsync(p => p.Id == packageId, cancellationToken);
            }

            if (package is null)
            {
                return EnvironmentRefusals.Failed("The package is gone.");
            }

            var made = await MakeAsync(package, log, cancellationToken);
            await SaveAsync(package, made, cancellationToken);
            return made;
        }
        finally
        {
            gate.Release();
        }
    }

    private async Task<Result<PythonEnvironment>> MakeAsync(JobPackage package, BuildLog log, CancellationToken cancellationToken)
    {
        if (await images.FindAsync(package.BaseImage, cancellationToken) is not { Usable: true, Interpreter: not null } image)
        {
            return EnvironmentRefusals.Failed($"The base image {package.BaseImage} can no longer be used on this machine; give the schedule its package again with another one.");
        }

        try
        {
            return await environments.EnsureAsync(image, package.Requirements, package.Lock, log, cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException && !cancellationToken.IsCancellationRequested)
        {
            return EnvironmentRefusals.Failed($"Its environment could not be written: {Replicas.ExitReason.Short(exception.Message)}");
        }
    }

    private async Task SaveAsync(JobPackage package, Result<PythonEnvironment> made, CancellationToken cancellationToken)
    {
        if (made.IsRefused ? package.Error == made.Refusal!.Detail : package.Status == JobPackageStatus.Ready && package.Lock == made.Value.Lock)
        {
            return;   // it is stored so already
        }

        await writes.RunAsync(
            async (db, token) =>
            {
                var row = await db.Set<JobPackage>().SingleOrDefaultAsync(p => p.Id == package.Id, token);
                if (made.Refusal is { } refusal)
                {
                    row?.Fail(refusal.Detail);
                }
                else
                {
                    row?.Finish(made.Value.Lock);
                }

                if (await db.Set<Schedule>().Where(s => s.Id == package.ScheduleId).Select(s => s.Name).SingleOrDefaultAsync(token) is { } name)
                {
                    db.Changed("schedule", Schedule.ResourceOf(name));
                }

                return Result.Done;
            },
            cancellationToken);
    }
}
