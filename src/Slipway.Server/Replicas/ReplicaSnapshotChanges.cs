namespace Slipway.Server.Replicas;

/// <summary>Which deployments pages and loops should look at again: measurements alone are no change.</summary>
internal static class ReplicaSnapshotChanges
{
    public static IReadOnlySet<Guid> Between(ReplicaSnapshot before, ReplicaSnapshot after)
    {
        if (ReferenceEquals(before, after))
        {
            return new HashSet<Guid>();
        }

        return before.Sets.Keys.Union(after.Sets.Keys)
            .Where(key => !Same(before.Sets.GetValueOrDefault(key), after.Sets.GetValueOrDefault(key))).Select(key => key.DeploymentId).ToHashSet();
    }

    private static bool Same(ReplicaSetStatus? one, ReplicaSetStatus? other) =>
        one is not null && other is not null
        && (one.Desired, one.ConsecutiveFailures, one.LastExit, one.IsRemoving) == (other.Desired, other.ConsecutiveFailures, other.LastExit, other.IsRemoving)
        && one.Replicas.Select(Essence).SequenceEqual(other.Replicas.Select(Essence));

    private static (Guid Id, ReplicaState State, int? Pid, int Restarts, ReplicaExit? LastExit, string Socket) Essence(ReplicaStatus replica) =>
        (replica.Id, replica.State, replica.Pid, replica.Restarts, replica.LastExit, replica.Socket);
}
