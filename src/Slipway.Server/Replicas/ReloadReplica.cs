using Slipway.Serving;

namespace Slipway.Server.Replicas;

/// <summary>Lets a running replica answer with the model of another folder, without a restart.</summary>
internal sealed class ReloadReplica(ReplicaWatch watch, TimeProvider time)
{
    /// <summary>Code of a load that did not end in time; the process may go on with it, and answer with the new model later.</summary>
    public const string TimedOut = "load_timeout";

    /// <param name="limit">Longest wait for import and load.</param>
    /// <returns>What came of it; null when the replica is not there, or its connection was lost before it answered.</returns>
    public async Task<ReplicaReloaded?> RunAsync(Guid replica, ReplicaReload what, TimeSpan limit, CancellationToken cancellationToken)
    {
        if (watch.Find(replica) is not { } link)
        {
            return null;
        }

        using var patience = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            return await link.ReloadAsync(what, either.Token);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return new ReplicaReloaded(ReplicaReloaded.Failed, Code: TimedOut, Message: $"The new model was not loaded within {limit.TotalSeconds:0} seconds.");
        }
    }
}
