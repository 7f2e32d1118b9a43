using System.Text.Json;
using Slipway.Server.Replicas;
using Slipway.Serving;

namespace Slipway.Server.Deployments;

/// <summary>The processes, as this folder sees them: a process boundary, so that rules are tested without one. See <see cref="ReplicaSets"/>.</summary>
internal interface IReplicaSets
{
    ReplicaSnapshot Current { get; }

    Task ApplyAsync(ReplicaSetSpec spec, int desired, CancellationToken cancellationToken);

    Task RemoveAsync(Guid deploymentId, string hash, CancellationToken cancellationToken);

    Task RestartAsync(Guid deploymentId, string hash, CancellationToken cancellationToken);

    Task RetryAsync(Guid deploymentId, string hash, CancellationToken cancellationToken);

    Task RepackageAsync(Guid deploymentId, string hash, string packageFolder, JsonElement model, CancellationToken cancellationToken);

    /// <inheritdoc cref="ReloadReplica.RunAsync"/>
    Task<ReplicaReloaded?> ReloadAsync(Guid replica, ReplicaReload what, TimeSpan limit, CancellationToken cancellationToken);
}

internal sealed class EngineReplicaSets(ReplicaSets sets, ReloadReplica reload) : IReplicaSets
{
    public ReplicaSnapshot Current => sets.Current;

    public Task ApplyAsync(ReplicaSetSpec spec, int desired, CancellationToken cancellationToken) => sets.ApplyAsync(spec, desired, cancellationToken);

    public Task RemoveAsync(Guid deploymentId, string hash, CancellationToken cancellationToken) => sets.RemoveAsync(deploymentId, hash, cancellationToken);

    public Task RestartAsync(Guid deploymentId, string hash, CancellationToken cancellationToken) => sets.RestartAsync(deploymentId, hash, cancellationToken);

    public Task RetryAsync(Guid deploymentId, string hash, CancellationToken cancellationToken) => sets.RetryAsync(deploymentId, hash, cancellationToken);

    public Task RepackageAsync(Guid deploymentId, string hash, string packageFolder, JsonElement model, CancellationToken cancellationToken) =>
        sets.RepackageAsync(deploymentId, hash, packageFolder, model, cancellationToken);

    public Task<ReplicaReloaded?> ReloadAsync(Guid replica, ReplicaReload what, TimeSpan limit, CancellationToken cancellationToken) =>
        reload.RunAsync(replica, what, limit, cancellationToken);
}
