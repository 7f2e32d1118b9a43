using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Slipway.Server.Platform;
using Slipway.Serving;

namespace Slipway.Server.Replicas;

/// <summary>The effects of the loop's decisions on what is stored, and on processes that only have to be ended.</summary>
internal sealed class ReplicaSteps(Writes writes, ReplicaFolders folders, Cgroups cgroups, IOptions<ReplicasOptions> options, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, string> unstored = new();   // reasons of kills by folder, where there was no room to store them

    public static ReplicaExit? Parse(string? exit) => exit is null ? null : JsonSerializer.Deserialize(exit, ReplicasJson.Default.ReplicaExit);

    /// <summary>Stores a replica that is to be started.</summary>
    /// <param name="userId">Whom it will run as, as far as is known; null: the server's user.</param>
    /// <returns>Its id.</returns>
    public async Task<Guid> CreateAsync(ReplicaSetRow set, int? userId, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var id = Guid.CreateVersion7(now);
        await writes.RunAsync(
            (db, _) =>
            {
                db.Add(new ReplicaRow
                {
                    Id = id, SetId = set.Id, State = ReplicaState.Starting, Folder = ReplicaFolders.NewName('r'), UserId = userId, Token = NewToken(), CreatedAt = now,
                    StartedAt = now,
                });
                return Task.FromResult(Result.Done);
            },
            cancellationToken);
        return id;
    }

    public Task MarkDrainingAsync(Guid replica, CancellationToken cancellationToken) => ChangeAsync(
        replica, (_, row) =>
        {
            if (row.State == ReplicaState.BackingOff)
            {
                row.Pid = null;   // it has ended
            }

            (row.State, row.DrainingSince) = (ReplicaState.Draining, time.GetUtcNow());
        },
        cancellationToken);

    public Task MarkLoadingAsync(Guid replica, CancellationToken cancellationToken) =>
        ChangeAsync(replica, (_, row) => row.State = ReplicaState.Loading, cancellationToken);

    public Task MarkReadyAsync(Guid set, Guid replica, ReplicaLoaded loaded, CancellationToken cancellationToken) => ChangeAsync(
        replica, (owner, row) =>
        {
            (row.State, row.ReadyAt) = (ReplicaState.Ready, time.GetUtcNow());
            (row.Concurrency, row.Batch, row.MaxBatch) = (Math.Max(1, loaded.Concurrency), loaded.Batch, Math.Max(1, loaded.MaxBatch));
            owner.ConsecutiveFailures = 0;
        },
        cancellationToken);

    /// <summary>Stores why, then kills. On a full disk it kills all the same: the process may be what fills it. Why is then known to this server alone.</summary>
    public async Task KillAsync(ReplicaRow replica, string reason, CancellationToken cancellationToken)
    {
        if (replica.KillReason != reason)
        {
            try
            {
                await ChangeAsync(replica.Id, (_, row) => row.KillReason = reason, cancellationToken);
            }
            catch (Exception exception) when (StorageFaults.IsFull(exception))
            {
                unstored[replica.Folder] = reason;
            }
        }

        ReplicaWatch.ProcessOf(replica)?.Signal(SpawnPosix.SigKill);
    }

    /// <summary>Why a process that has gone has gone.</summary>
    /// <param name="said">What a hosted one would have left in its exit file; null: there is a folder to look into.</param>
    public ReplicaExit ExitOf(ReplicaRow replica, ReplicaSetSpec spec, LinkSeen? seen, ExitFile? said = null) => ExitReason.Of(
        said ?? folders.Read(replica.Folder, "exit.json", ReplicasJson.Default.ExitFile), replica.KillReason ?? unstored.GetValueOrDefault(replica.Folder), cgroups.WasOutOfMemory(replica.Id), seen?.FailureCode,
        seen?.FailureMessage, spec.MemoryMib, time.GetUtcNow(), spec.StorageGb);

    /// <summary>
    /// Stores the end of a start: a replica that was told to end is forgotten, any other backs off. Steps: 1 what it left on the disk goes, which may be what fills it, 2 why it ended is in its
    /// folder, for the next server, 3 the end is stored, 4 folder and groups go.
    /// </summary>
    public async Task EndAsync(ReplicaRow replica, ReplicaExit exit, CancellationToken cancellationToken)
    {
        // 1
        folders.Empty(replica.Folder);

        // 2
        if (folders.Read(replica.Folder, "exit.json", ReplicasJson.Default.ExitFile) is null)
        {
            folders.WriteExit(replica.Folder, new ExitFile(exit.Reason, exit.ExitCode, exit.Signal, exit.At, exit.Detail));
        }

        // 3
        Failpoints.Pass("replicas.before_end");
        await ChangeAsync(
            replica.Id, (owner, row, db) =>
            {
                var now = time.GetUtcNow();
                var text = JsonSerializer.Serialize(exit with { WasReady = row.ReadyAt is not null }, ReplicasJson.Default.ReplicaExit);
                owner.LastExit = text;
                if (row.State == ReplicaState.Draining)
                {
                    db.Remove(row);
                    return;
                }

                var neverReady = row.ReadyAt is null;
                owner.ConsecutiveFailures += neverReady ? 1 : 0;
                row.Failures = neverReady || now - row.ReadyAt < options.Value.BackOffReset ? row.Failures + 1 : 1;
                (row.State, row.LastExit, row.KillReason, row.Pid, row.StartTimeTicks) = (ReplicaState.BackingOff, text, null, null, null);
                row.RetryAt = exit.Reason == "no_server" ? now : now + ReplicaDecision.BackOff(row.Failures, options.Value);
            },
            cancellationToken);

        // 4
        unstored.TryRemove(replica.Folder, out _);
        folders.Abandon(replica.Folder, replica.UserId);
        cgroups.Remove(replica.Id);
    }

    /// <summary>A new start of the same replica: new token, new folder.</summary>
    public Task RestartAsync(ReplicaRow replica, CancellationToken cancellationToken) => ChangeAsync(
        replica.Id, (_, row) =>
        {
            (row.State, row.Restarts, row.StartedAt, row.ReadyAt, row.RetryAt) = (ReplicaState.Starting, row.Restarts + 1, time.GetUtcNow(), null, null);
            (row.Folder, row.Token, row.Pid, row.StartTimeTicks, row.KillReason) = (ReplicaFolders.NewName('r'), NewToken(), null, null, null);
        },
        cancellationToken);

    /// <summary>Forgets a replica without a known process, and whatever an earlier server may have begun for it.</summary>
    public async Task ForgetAsync(ReplicaRow replica, CancellationToken cancellationToken)
    {
        folders.Abandon(replica.Folder, replica.UserId);
        cgroups.Remove(replica.Id);
        await ChangeAsync(replica.Id, (_, row, db) => db.Remove(row), cancellationToken);
    }

    public Task ForgetSetAsync(ReplicaSetRow set, CancellationToken cancellationToken) => writes.RunAsync(
        async (db, token) =>
        {
            // Asked again inside the write: somebody may have applied the set anew.
            if (await db.Set<ReplicaSetRow>().SingleOrDefaultAsync(s => s.Id == set.Id && s.Removing, token) is { } row)
            {
                db.Remove(row);
            }

            return Result.Done;
        },
        cancellationToken);

    private static string NewToken() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));

    private Task ChangeAsync(Guid replica, Action<ReplicaSetRow, ReplicaRow> change, CancellationToken cancellationToken) =>
        ChangeAsync(replica, (owner, row, _) => change(owner, row), cancellationToken);

    private Task ChangeAsync(Guid replica, Action<ReplicaSetRow, ReplicaRow, SlipwayDbContext> change, CancellationToken cancellationToken) => writes.RunAsync(
        async (db, token) =>
        {
            if (await db.Set<ReplicaRow>().SingleOrDefaultAsync(r => r.Id == replica, token) is { } row)
            {
                change(await db.Set<ReplicaSetRow>().SingleAsync(s => s.Id == row.SetId, token), row, db);
            }

            return Result.Done;
        },
        cancellationToken);
}
