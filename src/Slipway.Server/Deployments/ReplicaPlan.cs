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
    /// <summary>All of a set, in the unit of a rollout's shares.</summary>
    public const int Whole = 10_000;

    /// <summary>Replicas that one set should have: the wish inside min and max, then inside what the rollout says, which wins.</summary>
    public static int Replicas(ReplicaBounds bounds)
    {
        var count = bounds.Wish == 0 ? 0 : Math.Clamp(bounds.Wish, bounds.Min, Math.Max(bounds.Min, bounds.Max));
        count = Math.Max(count, bounds.Floor ?? count);
        return Math.Min(count, bounds.Ceiling ?? count);
    }

    /// <summary>Replicas that each set of a revision should have when it is live and no rollout is under way; 0 is at zero.</summary>
    public static ImmutableDictionary<string, int> Targets(DesiredDeployment desired, Revision? revision) =>
        Sets(revision).ToImmutableDictionary(s => s.Key, s => Replicas(Bounds(desired, s.Key, s.Value)), StringComparer.Ordinal);

    /// <summary>Replicas of a set of which a rollout wants a share: rounded up, and at least one of a set that is wanted at all.</summary>
    /// <param name="target">Replicas outside a rollout.</param>
    /// <param name="share">In 1/10,000; above 10,000 while a rollout has more than the set's own.</param>
    public static int OfShare(int target, int share) => share == 0 ? 0 : (int)(((long)Math.Max(1, target) * share + Whole - 1) / Whole);

    /// <summary>Every replica set that a deployment should have now, with its count; 0 is at zero until it is woken. What is not named should go.</summary>
    /// <remarks>
    /// A rollout says its shares of what each set would have without it, so that counts follow the wish while it runs or is paused. A set in both revisions is
    /// neither grown nor shrunk by it. Two variants with one hash are one set. The revision that was replaced is there as long as it is kept.
    /// </remarks>
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
            var asleep = Replicas(Bounds(desired, hash, variants)) == 0;
            plan.Add(hash, Planned(desired, hash, variants, asleep || target.ContainsKey(hash) ? null : rollout?.FromShare));
        }

        foreach (var (hash, variants) in Sets(desired.Kept is { InactiveAt: null } kept ? kept : null).Where(s => !live.ContainsKey(s.Key)))
        {
            plan.Add(hash, Planned(desired, hash, variants, null));
        }

        foreach (var (hash, variants) in target.Where(s => rollout!.ToShare > 0 && !(plan.TryGetValue(s.Key, out var planned) && planned.Replicas > 0)))
        {
            plan[hash] = Planned(desired, hash, variants, rollout!.ToShare);
        }

        return plan.ToImmutable();
    }

    private static PlannedSet Planned(DesiredDeployment desired, string hash, ImmutableArray<Variant> variants, int? share)
    {
        var bounds = Bounds(desired, hash, variants);
        int? said = share is { } part ? OfShare(Replicas(bounds), part) : null;
        return new PlannedSet(variants[0], Replicas(bounds with { Floor = said, Ceiling = said }));
    }

    private static ReplicaBounds Bounds(DesiredDeployment desired, string hash, ImmutableArray<Variant> variants)
    {
        var (min, max) = VariantBounds.Of(desired.Deployment, variants);
        return new ReplicaBounds(min, max, desired.WishOf(hash));
    }

    private static Dictionary<string, ImmutableArray<Variant>> Sets(Revision? revision) => revision is null || revision.Sets.Count == 0
        ? []
        : revision.Variants.GroupBy(v => v.ReplicaSetHash!, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.ToImmutableArray(), StringComparer.Ordinal);
}

/// <param name="Variant">One of the variants that the set answers for: what it runs.</param>
internal sealed record PlannedSet(Variant Variant, int Replicas);
