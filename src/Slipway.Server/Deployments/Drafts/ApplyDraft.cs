using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Slipway.Server.Packages.Drafts;
using Slipway.Server.Platform;
using Slipway.Server.Replicas;
using Slipway.Serving;

namespace Slipway.Server.Deployments.Drafts;

/// <summary>Brings the newest files of a draft to its replica: into the running process, or into what the next one starts with. Does it twice without harm.</summary>
internal sealed class ApplyDraft(FindDraft find, DraftPackages packages, IReplicaSets sets, Writes writes, TimeProvider time)
{
    /// <summary>Longest wait for import and load.</summary>
    private static readonly TimeSpan LoadLimit = TimeSpan.FromMinutes(2);

    private readonly ConcurrentDictionary<Guid, SemaphoreSlim> turns = new();
    private readonly ConcurrentDictionary<Guid, (Guid Replica, string Token, string Hash)> confirmed = new();
    private readonly ConcurrentDictionary<Guid, (string Token, string Hash)> lost = new();   // attempts whose answer never came

    /// <summary>Whether the ready replica is known to answer with what should answer.</summary>
    public bool IsConfirmed(LiveDraft draft, ReplicaStatus? replica) =>
        replica is null || (confirmed.TryGetValue(draft.DeploymentId, out var last) && last == (replica.Id, replica.Token, draft.RunningHash));

    /// <param name="started">Timestamp of the patch, where it is measured; null: it is not.</param>
    public async Task RunAsync(Guid deployment, long? started, CancellationToken cancellationToken)
    {
        using var turn = await TurnAsync(deployment, cancellationToken);
        var found = await find.OfAsync(deployment, cancellationToken);
        if (!found.IsRefused)
        {
            await ApplyAsync(found.Value, started, cancellationToken);
        }
    }

    /// <summary>One at a time stores files of a draft, applies them, or forgets those that nobody needs.</summary>
    public async Task<IDisposable> TurnAsync(Guid deployment, CancellationToken cancellationToken)
    {
        var turn = turns.GetOrAdd(deployment, _ => new SemaphoreSlim(1, 1));
        await turn.WaitAsync(cancellationToken);
        return new Held(turn);
    }

    private async Task ApplyAsync(FoundDraft found, long? started, CancellationToken cancellationToken)
    {
        var draft = found.Draft;
        var content = found.Newest;
        if (draft.Outcome == DraftOutcome.Failed)
        {
            // The newest files were tried; what should answer are those before.
            var running = draft.RunningHash == draft.BaseHash
                ? await packages.OfVersionAsync(found.Base.Default.ModelVersionId, cancellationToken)
                : await packages.FindAsync(draft.DeploymentId, draft.RunningHash, cancellationToken);
            if (running is null)
            {
                return;
            }

            content = running;
        }

        var folder = await packages.FolderAsync(content, draft.LoadedHash, cancellationToken);
        var set = sets.Current.Find(draft.DeploymentId, found.Set);
        var result = HasCrashed(draft, set, content.Digest)
            ? Crashed
            : set?.Replicas.FirstOrDefault(r => r.State == ReplicaState.Ready) is { } ready
            ? await ReloadAsync(draft, ready, folder, content, started, cancellationToken)
            : set is { IsRemoving: false } && set.Replicas.Any(r => r.State is ReplicaState.Starting or ReplicaState.Loading or ReplicaState.Unresponsive)
                ? new DraftResult(DraftOutcome.Pending)
                : new DraftResult(DraftOutcome.Stored);
        if (result.Outcome is DraftOutcome.Applied or DraftOutcome.Stored)
        {
            await sets.RepackageAsync(draft.DeploymentId, found.Set, folder, content.Model, cancellationToken);
            if (set is { ConsecutiveFailures: > 0 } && result.Outcome == DraftOutcome.Stored)
            {
                await sets.RetryAsync(draft.DeploymentId, found.Set, cancellationToken);   // new files deserve a new start
            }
        }

        if (result.Code == ReloadReplica.TimedOut)
        {
            // It may still load them, and answer with them later.
            confirmed.TryRemove(draft.DeploymentId, out _);
            await sets.RestartAsync(draft.DeploymentId, found.Set, cancellationToken);
        }

        if (draft.Outcome != DraftOutcome.Failed && result.Outcome != DraftOutcome.Pending)
        {
            lost.TryRemove(draft.DeploymentId, out _);
            await StoreAsync(found, result, cancellationToken);
        }
    }

    private static DraftResult Crashed { get; } = new(
        DraftOutcome.Failed, Code: "crashed", Message: "The process ended while it loaded the new files, and the next one runs the files before; its log says more. Repair them and save again.");

    /// <summary>Whether the process that was to load these files is gone without having answered. They are not tried again: another one would end in the same way.</summary>
    private bool HasCrashed(LiveDraft draft, ReplicaSetStatus? set, string hash) =>
        draft.Outcome != DraftOutcome.Failed && lost.TryGetValue(draft.DeploymentId, out var tried) && tried.Hash == hash
        && set?.Replicas.Any(r => r.Token == tried.Token && r.State is ReplicaState.Ready or ReplicaState.Unresponsive or ReplicaState.Draining) != true;

    private async Task<DraftResult> ReloadAsync(
        LiveDraft draft, ReplicaStatus replica, string folder, DraftContent content, long? started, CancellationToken cancellationToken)
    {
        var answer = await sets.ReloadAsync(replica.Id, new ReplicaReload(folder, content.Model), LoadLimit, cancellationToken);
        if (answer is null)
        {
            if (sets.Current.Find(draft.DeploymentId, replica.SetHash)?.Replicas.Any(r => r.Id == replica.Id && r.State == ReplicaState.Draining) != true)
            {
                lost[draft.DeploymentId] = (replica.Token, content.Digest);   // one that was told to end has not crashed
            }

            return new DraftResult(DraftOutcome.Pending);
        }

        if (answer.Outcome != ReplicaReloaded.Applied)
        {
            var code = answer.Outcome == ReplicaReloaded.FullPushRequired ? ReplicaReloaded.FullPushRequired : answer.Code ?? Reasons.LoadFailed;
            var message = code == ReplicaReloaded.FullPushRequired ? $"A full push is required: {answer.Message}." : answer.Message;
            return new DraftResult(DraftOutcome.Failed, null, code, message, answer.Traceback);
        }

        confirmed[draft.DeploymentId] = (replica.Id, replica.Token, content.Digest);
        return new DraftResult(
            DraftOutcome.Applied, answer.Ms is null ? draft.KeptState : answer.KeptState, Ms: started is { } at ? time.GetElapsedTime(at).TotalMilliseconds : draft.AppliedMs);
    }

    private Task StoreAsync(FoundDraft found, DraftResult result, CancellationToken cancellationToken) => writes.RunAsync(
        async (db, token) =>
        {
            var row = await db.Set<LiveDraft>().SingleOrDefaultAsync(d => d.DeploymentId == found.Draft.DeploymentId && d.RevisionId == found.Base.Id, token);
            if (row is not null)
            {
                row.Became(found.Draft.Hash, result);
                await DraftPackages.KeepAsync(db, row.DeploymentId, row.Needed, token);
                db.Changed("draft", found.Deployment.Resource);
                db.Changed("deployment", found.Deployment.Resource);
            }

            return Result.Done;
        },
        cancellationToken);

    private sealed class Held(SemaphoreSlim turn) : IDisposable
    {
        public void Dispose() => turn.Release();
    }
}
