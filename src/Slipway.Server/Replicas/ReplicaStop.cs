using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Slipway.Server.Platform;

namespace Slipway.Server.Replicas;

/// <summary>The clean stop of the server: drains all replicas, kills what has not ended in time, and ends the warm parents. Desired state stays.</summary>
internal sealed class ReplicaStop(
    Database database, Writes writes, ReplicaFolders folders, WarmParents parents, HostedReplicas hosted, Cgroups cgroups, IOptions<ReplicasOptions> options, TimeProvider time)
{
    public async Task RunAsync(ReplicaWatch watch, CancellationToken cancellationToken)
    {
        List<ReplicaRow> rows;
        await using (var db = database.Read())
        {
            rows = await db.Set<ReplicaRow>().ToListAsync(CancellationToken.None);
        }

        foreach (var row in rows.Where(r => r.State != ReplicaState.BackingOff))
        {
            if (watch.Find(row.Id) is { Seen.Phase: LinkPhase.Connected or LinkPhase.Loaded } link)
            {
                link.Drain();
            }
            else
            {
                ReplicaWatch.ProcessOf(row)?.Signal(SpawnPosix.SigTerm);
            }
        }

        var hostedEnd = hosted.StopAsync(options.Value.StopTimeout);
        var started = time.GetTimestamp();
        var running = rows.Select(ReplicaWatch.ProcessOf).OfType<SpawnedProcess>().ToList();
        while (running.Exists(p => p.IsAlive) && time.GetElapsedTime(started) < options.Value.StopTimeout && !cancellationToken.IsCancellationRequested)
        {
            await Task.Delay(50, CancellationToken.None);
        }

        await hostedEnd;
        running.ForEach(p => p.Signal(SpawnPosix.SigKill));
        foreach (var row in rows)
        {
            folders.Abandon(row.Folder, row.UserId);
        }

        await parents.EndAllAsync(CancellationToken.None);
        foreach (var row in rows)
        {
            cgroups.Remove(row.Id);
        }

        cgroups.Sweep(new HashSet<Guid>());
        await writes.RunAsync(
            async (db, token) =>
            {
                await db.Set<ReplicaRow>().ExecuteDeleteAsync(token);
                return Result.Done;
            },
            CancellationToken.None);
    }
}
