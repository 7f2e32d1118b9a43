namespace Slipway.Server.Replicas;

/// <summary>Asked before a silent replica is killed; the folder that hears from the gateways answers.</summary>
internal interface IReplicaUse
{
    /// <summary>Requests in flight at this replica whose deadline has not passed; null: not known now, and nothing is decided.</summary>
    int? InsideDeadline(Guid replicaId);
}

/// <summary>The answer while there is no gateway.</summary>
internal sealed class UnusedReplicas : IReplicaUse
{
    public int? InsideDeadline(Guid replicaId) => 0;
}
