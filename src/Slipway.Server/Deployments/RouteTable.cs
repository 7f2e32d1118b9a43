using System.Collections.Frozen;
using System.Collections.Immutable;
using Slipway.Server.Identity;
using Slipway.Server.Routing;

namespace Slipway.Server.Deployments;

/// <summary>
/// The contract from control to gateway, version 1: all that the request path needs, immutable, swapped whole. The gateway goes on answering from the last one
/// when the database is gone.
/// </summary>
/// <param name="Version">Rises with every table.</param>
/// <param name="Deployments">By (scope, name). An environment's scope holds its deployments; a user's scope holds that user's: development if it is live there, else staging.</param>
/// <param name="Keys">By the lower-case hex SHA-256 of the key's text.</param>
internal sealed record RouteTable(
    long Version, FrozenDictionary<RouteKey, DeploymentRoute> Deployments, FrozenDictionary<string, KeyRoute> Keys)
{
    public static RouteTable Empty { get; } = new(
        0, FrozenDictionary<RouteKey, DeploymentRoute>.Empty, FrozenDictionary<string, KeyRoute>.Empty);
}

/// <param name="Scope">Environment or user name, lower case.</param>
internal readonly record struct RouteKey(string Scope, string Name);

/// <summary>Whether a deployment takes requests.</summary>
internal enum RouteState
{
    /// <summary>Requests are admitted; they may wait for a replica up to their deadline.</summary>
    Serving,

    /// <summary>Nothing was ever live, or all failed: 503 at once with Retry-After.</summary>
    NotReady,

    /// <summary>Stopped by a person: 404.</summary>
    Stopped,
}

internal enum LoadBalancing
{
    RoundRobin,
    LeastConnections,

    /// <summary>The same caller's address, the same replica: consistent, so that few move when one goes.</summary>
    IpHash,
}

/// <summary>One deployment on the request path.</summary>
/// <param name="OwnerId">Who may read what it recorded.</param>
/// <param name="Revisions">Those with weight above 0, and others that are live (asked for by number). Weights sum to 10,000 while serving.</param>
/// <param name="Idempotent">Whether a request that may have begun may be tried again.</param>
/// <param name="Timeout">Default and longest deadline of a request.</param>
/// <param name="MaxQueue">Requests that may wait for a replica; one more is 429.</param>
/// <param name="RecordBodies">Whether inputs and outputs go to history.</param>
/// <param name="Balancer">Stickiness and ejection; null: neither.</param>
internal sealed record DeploymentRoute(
    Guid DeploymentId, string Environment, string Name, Guid OwnerId, string Owner, RouteState State, ImmutableArray<RevisionRoute> Revisions,
    LoadBalancing LoadBalancing, bool Idempotent, TimeSpan Timeout, int MaxQueue, bool RecordBodies, BalancerSettings? Balancer = null);

/// <param name="Weight">0 to 10,000.</param>
/// <param name="Variants">The default first.</param>
/// <param name="Router">Chooses among them; null: the default answers.</param>
internal sealed record RevisionRoute(Guid RevisionId, int Number, int Weight, ImmutableArray<VariantRoute> Variants, Router? Router = null)
{
    public VariantRoute Default => Variants.First(v => v.IsDefault);
}

/// <param name="Set">What answers.</param>
/// <param name="Fallback">Name of the variant that answers when this one fails.</param>
/// <param name="Draft"><c>draft@</c> and digits of what answers instead of the version; null: the version does.</param>
/// <param name="Retries">Further tries on this one before that; null: as everywhere.</param>
internal sealed record VariantRoute(
    string Name, bool IsDefault, string Model, int ModelVersion, string Runtime, ReplicaSetRoute Set, VersionRoute Version, string? Fallback = null, int? Retries = null,
    string? Draft = null)
{
    /// <summary>What answers and history call it.</summary>
    public string Answers => Draft ?? Name;
}

/// <summary>What a variant's model version is called, and what it speaks.</summary>
/// <param name="Aliases">That point to it now, without their sign, in order.</param>
/// <param name="IsEstimator">A bare estimator: it reads MLflow's bodies.</param>
/// <param name="TakesTensors">It declares tensors, so Open Inference reaches it.</param>
/// <param name="Signature">Its inputs and outputs as JSON; null: not known.</param>
internal sealed record VersionRoute(string? Label, ImmutableArray<string> Aliases, bool IsEstimator, bool TakesTensors, string? Signature)
{
    /// <summary>A version of which nothing of this is known.</summary>
    public static VersionRoute Plain { get; } = new(null, [], false, false, null);
}

/// <summary>A replica set with its reachable replicas. Two tables name the same set by (deployment, hash).</summary>
/// <param name="PredictConcurrency">Calls at a time and replica.</param>
/// <param name="Batch">A batching replica is handed up to twice <paramref name="MaxBatch"/> requests.</param>
/// <param name="Parks">Requests may wait though no replica is there: the set is at zero or waking, and a waiting request wakes it.</param>
internal sealed record ReplicaSetRoute(
    Guid DeploymentId, string Hash, int PredictConcurrency, bool Batch, int MaxBatch, ImmutableArray<ReplicaRoute> Replicas, bool Parks = false);

/// <param name="Socket">Empty of a hosted one.</param>
/// <param name="Ready">Takes new requests. Not ready: being drained; what it has in flight ends there.</param>
/// <param name="Hosted">It lives in the gateway's own process.</param>
internal sealed record ReplicaRoute(Guid ReplicaId, string Socket, string Token, bool Ready, bool Hosted = false);

/// <summary>An API key on the request path.</summary>
/// <param name="CanPredict">Whether role and scopes allow predictions.</param>
/// <param name="ExpiresAt">Null: never.</param>
internal sealed record KeyRoute(Guid KeyId, Guid UserId, string User, Role Role, bool CanPredict, string? DefaultEnvironment, DateTimeOffset? ExpiresAt);

/// <summary>Holds the newest table. Deployments publishes, the gateway reads.</summary>
internal sealed class RouteTableFeed
{
    private RouteTable current = RouteTable.Empty;
    private RouteTable inForce = RouteTable.Empty;
    private TaskCompletionSource taken = NewTaken();

    /// <summary>The newest table; one read, kept by a request to its end.</summary>
    public RouteTable Current => Volatile.Read(ref current);

    /// <summary>Raised on the publisher's thread after the swap. Handlers return at once, with the table in force.</summary>
    public event Action<RouteTable>? Swapped;

    public void Publish(RouteTable table)
    {
        Volatile.Write(ref current, table);
        try
        {
            Swapped?.Invoke(table);
        }
        finally
        {
            Volatile.Write(ref inForce, table);
            Interlocked.Exchange(ref taken, NewTaken()).SetResult();
        }
    }

    /// <summary>Waits until what <paramref name="holds"/> says is true of the table that new requests meet.</summary>
    /// <param name="patience">In real time; false when it is over.</param>
    public async Task<bool> UntilAsync(Func<RouteTable, bool> holds, TimeSpan patience, CancellationToken cancellationToken)
    {
        if (holds(Volatile.Read(ref inForce)))
        {
            return true;
        }

        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        over.CancelAfter(patience);
        try
        {
            while (true)
            {
                var next = Volatile.Read(ref taken).Task;   // before the look, so that no table falls between
                if (holds(Volatile.Read(ref inForce)))
                {
                    return true;
                }

                await next.WaitAsync(over.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private static TaskCompletionSource NewTaken() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
