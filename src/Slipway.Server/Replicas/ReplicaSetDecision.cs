namespace Slipway.Server.Replicas;

/// <summary>What the loop does next with the number of replicas of a set.</summary>
internal enum ReplicaSetStep
{
    None,
    Create,
    Drain,

    /// <summary>Nothing is left of a set that should go.</summary>
    Forget,
}

/// <param name="Replica">The one to drain.</param>
[System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Auto)]
internal readonly record struct ReplicaSetAction(ReplicaSetStep Step, Guid Replica = default);

/// <summary>One replica as the set's decision sees it.</summary>
[System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Auto)]
internal readonly record struct ReplicaOfSet(Guid Id, ReplicaState State, DateTimeOffset CreatedAt);

/// <summary>How many replicas a set should have, as a function: no clock, no I/O.</summary>
internal static class ReplicaSetDecision
{
    /// <param name="desired">0 or more; 0 for a set that should go.</param>
    /// <param name="replaceBefore">Replicas made before this moment are replaced one by one, the new one ready first (surge one); null: none.</param>
    public static ReplicaSetAction Next(int desired, bool removing, DateTimeOffset? replaceBefore, IReadOnlyList<ReplicaOfSet> replicas)
    {
        if (removing && replicas.Count == 0)
        {
            return new(ReplicaSetStep.Forget);
        }

        ReplicaOfSet[] live = [.. replicas.Where(r => r.State is not (ReplicaState.Draining or ReplicaState.Ended))];
        ReplicaOfSet[] old = [.. live.Where(r => r.CreatedAt < replaceBefore)];
        var replacing = old.Length > 0 && desired > 0;
        if (live.Length < desired + (replacing ? 1 : 0))
        {
            return new(ReplicaSetStep.Create);
        }

        if (live.Length > desired && (!replacing || live.Length > desired + 1 || live.Except(old).All(r => r.State == ReplicaState.Ready)))
        {
            return new(ReplicaSetStep.Drain, LeastUseful(replacing ? old : live));
        }

        return new(ReplicaSetStep.None);
    }

    /// <summary>Those that do not serve go first, then the youngest.</summary>
    private static Guid LeastUseful(ReplicaOfSet[] replicas) =>
        replicas.OrderBy(r => r.State switch { ReplicaState.BackingOff => 0, ReplicaState.Starting => 1, ReplicaState.Loading => 2, _ => 3 })
            .ThenByDescending(r => r.CreatedAt).ThenByDescending(r => r.Id).First().Id;
}
