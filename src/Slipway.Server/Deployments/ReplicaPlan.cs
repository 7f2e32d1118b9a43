using System.Collections.Immutable;

namespace Slipway.Server.Deployments;

/// <summary>Bounds and wish of one replica set.</summary>
/// <param name="Wish">Replicas that the load or a person asks for, see <see cref="DesiredDeployment.WishOf"/>; 0 is at zero, whatever the minimum.</param>
/// <param name="Floor">Fewest that the rollout needs; null: no rollout bounds the set.</param>
/// <param name="Ceiling">Most that the rollout allows.</param>
internal sealed record ReplicaBounds(int Min, int Max, int Wish, int? Floor = null, int? Ceiling = null);

/// <summary>Decides every replica count.</summary>
internal static class ReplicaPlan
{
    /// <summary>Replicas that one set should have: the wish inside min and max, then inside what the rollout says, which wins.</summary>
    public static int Replicas(ReplicaBounds bounds)
    {
        var count = bounds.Wish == 0 ? 0 : Math.Clamp(bounds.Wish, bounds.Min, Math.Max(bounds.Min, bounds.Max));
        count = Math.Max(count, bounds.Floor ?? count);
        return Math.Min(count, bounds.Ceiling ?? count);
    }

    /// <summary>Replicas that each set of the target of a rollout should have in the end, at least 1: what the load of the live one asks for.</summary>
    public static int Target(DesiredDeployment desired)
    {
        var sets = (desired.Target ?? desired.Live)?.Sets ?? [];
        var deployment = desired.Deployment;
        var wish = sets.Select(desired.WishOf).DefaultIfEmpty(deployment.ScaledTo ?? deployment.MinReplicas).Max();
        return Replicas(new ReplicaBounds(deployment.MinReplicas, deployment.MaxReplicas, Math.Max(1, wish)));
    }

    /// <summary>Every replica set that a deployment should have now, with its count; 0 is at zero until it is woken. What is not named should go.</summary>
    /// <remarks>A set in both revisions is neither grown nor shrunk by the rollout. Two variants with one hash are one set.</remarks>
    public static ImmutableDictionary<string, PlannedSet> Of(DesiredDeployment desired)
    {
        var plan = ImmutableDictionary.CreateBuilder<string, PlannedSet>(StringComparer.Ordinal);
        var deployment = desired.Deployment;
        if (deployment.State == RunState.Stopped)
        {
            return plan.ToImmutable();
        }

        var rollout = desired.Rollout is { UnderWay: true } active ? active : null;
        var live = Sets(desired.Serving);
        var target = rollout is null ? [] : Sets(desired.Target);
        foreach (var (hash, variants) in live)
        {
            var ceiling = target.ContainsKey(hash) ? null : rollout?.FromReplicas;
            plan.Add(hash, Planned(desired, hash, variants, ceiling));
        }

        foreach (var (hash, variants) in target)
        {
            if (!live.ContainsKey(hash) && rollout!.ToReplicas > 0)
            {
                plan.Add(hash, Planned(desired, hash, variants, rollout.ToReplicas));
            }
        }

        return plan.ToImmutable();
    }

    private static PlannedSet Planned(DesiredDeployment desired, string hash, ImmutableArray<Variant> variants, int? ceiling) => new(
        variants[0],
        Replicas(new ReplicaBounds(desired.Deployment.MinReplicas, desired.Deployment.MaxReplicas * variants.Length, desired.WishOf(hash), Ceiling: ceiling)));

    private static Dictionary<string, ImmutableArray<Variant>> Sets(Revision? revision) => revision is null || revision.Sets.Count == 0
        ? []
        : revision.Variants.GroupBy(v => v.ReplicaSetHash!, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.ToImmutableArray(), StringComparer.Ordinal);
}

/// <param name="Variant">One of the variants that the set answers for: what it runs.</param>
internal sealed record PlannedSet(Variant Variant, int Replicas);
