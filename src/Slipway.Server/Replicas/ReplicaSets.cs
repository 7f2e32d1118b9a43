namespace Slipway.Server.Replicas;

/// <summary>
/// The desired state of processes, and what is there. Deployments says how many replicas of which set it wants; this folder's loop makes it so and
/// publishes a <see cref="ReplicaSnapshot"/> after each change (change kind <c>replica</c>).
/// </summary>
internal sealed class ReplicaSets
{
    private ReplicaSnapshot current = ReplicaSnapshot.Empty;

    /// <summary>What is there now. One read, no lock.</summary>
    public ReplicaSnapshot Current => Volatile.Read(ref current);

    /// <summary>Stores that a set should have <paramref name="desired"/> replicas; the loop follows. The same call again changes nothing.</summary>
    public Task ApplyAsync(ReplicaSetSpec spec, int desired, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Stores that a set should go: drained, ended, and forgotten once its last replica has ended.</summary>
    public Task RemoveAsync(Guid deploymentId, string hash, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Replaces the replicas of a set one by one: a new one is ready before an old one drains.</summary>
    public Task RestartAsync(Guid deploymentId, string hash, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Forgets back-off and failure counts, so that a failed set tries again at once.</summary>
    public Task RetryAsync(Guid deploymentId, string hash, CancellationToken cancellationToken) => throw new NotImplementedException();
}
