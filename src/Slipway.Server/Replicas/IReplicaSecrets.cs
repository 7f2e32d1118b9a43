namespace Slipway.Server.Replicas;

/// <summary>Asked for the values of a set's secrets at each start of a process, and never before; the folder that keeps them answers.</summary>
internal interface IReplicaSecrets
{
    /// <returns>Name to value, for the process alone: they are not stored, logged or shown.</returns>
    /// <exception cref="ReplicaStartException">One of them is not there.</exception>
    Task<IReadOnlyDictionary<string, string>> OpenAsync(ReplicaSetSpec spec, CancellationToken cancellationToken);
}

/// <summary>The answer while nobody keeps secrets.</summary>
internal sealed class NoSecrets : IReplicaSecrets
{
    public Task<IReadOnlyDictionary<string, string>> OpenAsync(ReplicaSetSpec spec, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyDictionary<string, string>>(new Dictionary<string, string>());
}
