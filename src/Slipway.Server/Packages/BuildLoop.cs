using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Slipway.Server.Packages.Drafts;
using Slipway.Server.Platform;
using Slipway.Server.Registry;

namespace Slipway.Server.Packages;

/// <summary>
/// Runs what is queued, and again what a killed server left running: a build is steps that can each be repeated. Ready builds whose folders are gone are made
/// anew from their lock. Folders that no version needs are removed.
/// </summary>
internal sealed partial class BuildLoop(
    Database database, Writes writes, BuildPackage build, PythonEnvironments environments, BuildSignal signal, DataFolders folders, TimeProvider time, IOptions<PackagesOptions> options, ILogger<BuildLoop> logger)
    : HostedLoop
{
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LeftoverAge = TimeSpan.FromMinutes(10);
    private readonly ConcurrentDictionary<Guid, Task> running = new();

    protected override async Task LoopAsync(CancellationToken stoppingToken)
    {
        try
        {
            await GuardedAsync(RequeueLostAsync, stoppingToken);
            var sweepAt = DateTimeOffset.MinValue;
            while (!stoppingToken.IsCancellationRequested)
            {
                await GuardedAsync(StartQueuedAsync, stoppingToken);
                if (time.GetUtcNow() >= sweepAt)
                {
                    await GuardedAsync(SweepAsync, stoppingToken);
                    sweepAt = time.GetUtcNow() + TimeSpan.FromMinutes(1);
                }

                await signal.WaitAsync(Pace, stoppingToken);
            }
        }
        finally
        {
            await Task.WhenAll(running.Values);
        }
    }

    /// <summary>Removes unpacked packages of deleted versions, and what interrupted steps left.</summary>
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        var before = time.GetUtcNow() - LeftoverAge;
        foreach (var leftover in new[] { folders.Packages, folders.Environments }.SelectMany(f => new DirectoryInfo(f).EnumerateDirectories(".*"))
            .Where(d => d.Name != DataFolders.PipCache && new DateTimeOffset(d.LastWriteTimeUtc) < before).ToList())
        {
            if (running.IsEmpty && environments.IsIdle)
            {
                leftover.Delete(recursive: true);
            }
        }

        await using var db = database.Read();
        foreach (var package in new DirectoryInfo(folders.Packages).EnumerateDirectories().Where(d => d.Name[0] != '.' && new DateTimeOffset(d.LastWriteTimeUtc) < before).ToList())
        {
            if (!await db.Set<ModelVersion>().AnyAsync(v => v.Digest == package.Name, cancellationToken)
                && !await db.Set<PackageDraft>().AnyAsync(d => d.Digest == package.Name, cancellationToken))
            {
                package.Delete(recursive: true);
            }
        }

        foreach (var log in new DirectoryInfo(folders.Builds).EnumerateFiles("*.log").Where(f => new DateTimeOffset(f.LastWriteTimeUtc) < before).ToList())
        {
            if (Guid.TryParse(Path.GetFileNameWithoutExtension(log.Name), out var id) && !await db.Set<PackageBuild>().AnyAsync(b => b.Id == id, cancellationToken))
            {
                log.Delete();
            }
        }
    }

    private async Task RequeueLostAsync(CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        var ready = await db.Set<PackageBuild>().Where(b => b.Status == BuildStatus.Ready).ToListAsync(cancellationToken);
        var lost = ready.Where(b => b.State.Launch is { } launch && (!Directory.Exists(launch.PackageFolder) || !File.Exists(launch.Interpreter))).Select(b => b.Id).ToList();
        foreach (var id in lost)
        {
            await writes.RunAsync(
                async (unit, token) =>
                {
                    if (await unit.Set<PackageBuild>().SingleOrDefaultAsync(b => b.Id == id, token) is { } build)
                    {
                        build.Requeue();
                        if (await PackageBuilds.NamedAsync(unit, build.VersionId, token) is { } version)
                        {
                            unit.Changed("build", PackageBuilds.ResourceOf(version, id));
                        }
                    }

                    return Result.Done;
                },
                cancellationToken);
        }
    }

    private async Task StartQueuedAsync(CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        var waiting = await db.Set<PackageBuild>().Where(b => b.Status == BuildStatus.Queued || b.Status == BuildStatus.Running)
            .OrderBy(b => b.CreatedAt).Select(b => b.Id).ToListAsync(cancellationToken);
        foreach (var id in waiting.Where(id => !running.ContainsKey(id)).Take(Math.Max(0, options.Value.ConcurrentBuilds - running.Count)))
        {
            running[id] = RunAsync(id, cancellationToken);
        }
    }

    private async Task RunAsync(Guid id, CancellationToken cancellationToken)
    {
        await Task.Yield();
        try
        {
            await build.RunAsync(id, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return;   // it stays as it is stored, and the next start goes on with it
        }
        catch (Exception exception)
        {
            LogBuildFailed(exception, id);
        }
        finally
        {
            running.TryRemove(id, out _);
        }

        signal.Raise();   // a place is free
    }

    private async Task GuardedAsync(Func<CancellationToken, Task> step, CancellationToken cancellationToken)
    {
        try
        {
            await step(cancellationToken);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            LogStepFailed(exception);
        }
    }

    [LoggerMessage(LogLevel.Error, "Build {Build} could not be carried out; next try at the next pass")]
    private partial void LogBuildFailed(Exception exception, Guid build);

    [LoggerMessage(LogLevel.Error, "Looking for builds failed; next try at the next pass")]
    private partial void LogStepFailed(Exception exception);
}
