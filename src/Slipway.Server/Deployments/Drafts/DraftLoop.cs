using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Slipway.Server.Platform;
using Slipway.Server.Replicas;

namespace Slipway.Server.Deployments.Drafts;

/// <summary>Brings drafts to replicas that do not answer with them yet: after a restart of the server or of a replica, or when the answer to a patch was lost.</summary>
internal sealed partial class DraftLoop(
    Database database, ApplyDraft apply, IReplicaSets sets, Changes changes, IOptions<DeploymentOptions> options, TimeProvider time, ILogger<DraftLoop> logger) : HostedLoop
{
    /// <summary>One that loads for long does not stop the others.</summary>
    private readonly Dictionary<Guid, Task> applying = [];

    protected override async Task LoopAsync(CancellationToken stoppingToken)
    {
        using var subscription = changes.Subscribe(c => c.Kind is "draft" or "replica");
        try
        {
            while (!stoppingToken.IsCancellationRequested)
            {
                await PassAsync(stoppingToken);
                await subscription.WaitAsync(options.Value.Pace, time, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
        finally
        {
            await Task.WhenAll(applying.Values);
        }
    }

    private async Task PassAsync(CancellationToken cancellationToken)
    {
        try
        {
            foreach (var (done, _) in applying.Where(a => a.Value.IsCompleted).ToList())
            {
                applying.Remove(done);
            }

            foreach (var (draft, set, path) in await OpenAsync(cancellationToken))
            {
                var replica = sets.Current.Find(draft.DeploymentId, set)?.Replicas.FirstOrDefault(r => r.State == ReplicaState.Ready);
                var isOpen = !draft.IsSettled ? replica is not null || draft.Outcome == DraftOutcome.Pending : !apply.IsConfirmed(draft, replica);
                if (isOpen && !applying.ContainsKey(draft.DeploymentId))
                {
                    applying[draft.DeploymentId] = ApplyAsync(draft.DeploymentId, path, cancellationToken);
                }
            }
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            LogPassFailed(exception);
        }
    }

    private async Task ApplyAsync(Guid deployment, string path, CancellationToken cancellationToken)
    {
        try
        {
            await apply.RunAsync(deployment, null, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
        catch (Exception exception)
        {
            LogApplyFailed(exception, path);   // one failure never stops the others
        }
    }

    private async Task<List<(LiveDraft Draft, string Set, string Path)>> OpenAsync(CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        var rows = await (
            from draft in db.Set<LiveDraft>().AsNoTracking()
            join deployment in db.Set<Deployment>().Include(d => d.Environment) on draft.DeploymentId equals deployment.Id
            join variant in db.Set<Variant>() on draft.RevisionId equals variant.RevisionId
            where deployment.LiveRevisionId == draft.RevisionId && deployment.State == RunState.Running && variant.IsDefault && variant.ReplicaSetHash != null
            select new { draft, variant.ReplicaSetHash, deployment.Name }).ToListAsync(cancellationToken);
        return rows.ConvertAll(r => (r.draft, r.ReplicaSetHash!, r.Name));
    }

    [LoggerMessage(LogLevel.Error, "The draft of {Deployment} could not be applied; next try at the next tick")]
    private partial void LogApplyFailed(Exception exception, string deployment);

    [LoggerMessage(LogLevel.Error, "Looking for drafts failed; next try at the next tick")]
    private partial void LogPassFailed(Exception exception);
}
