using System.Text.Json.Serialization;
using Slipway.Contracts;

namespace Slipway.Server.Deployments;

/// <summary>Replica bounds that one variant has for itself; null: the deployment's.</summary>
internal sealed record VariantBounds(int? MinReplicas = null, int? MaxReplicas = null)
{
    [JsonIgnore]
    public bool IsNone => this is { MinReplicas: null, MaxReplicas: null };

    /// <summary>Bounds of a set that answers for these variants: the larger minimum, the sum of the maxima.</summary>
    public static (int Min, int Max) Of(Deployment deployment, IEnumerable<Variant> variants)
    {
        var (min, max) = (0, 0);
        foreach (var variant in variants)
        {
            var own = deployment.Scaling.Variants?.GetValueOrDefault(variant.Name);
            var least = own?.MinReplicas ?? deployment.MinReplicas;
            min = Math.Max(min, least);
            max += Math.Max(least, own?.MaxReplicas ?? deployment.MaxReplicas);
        }

        return (min, max);
    }

    /// <summary>The settings with the bounds that a list of variants says; what it says nothing of stays.</summary>
    public static ScalingSettings With(ScalingSettings before, IReadOnlyList<VariantRequest?>? wanted)
    {
        var said = (wanted ?? []).OfType<VariantRequest>().Where(v => v.From is not null || v.MinReplicas.IsSaid || v.MaxReplicas.IsSaid).ToList();
        if (said.Count == 0)
        {
            return before;
        }

        var after = new Dictionary<string, VariantBounds>(before.Variants ?? [], StringComparer.Ordinal);
        foreach (var variant in said)
        {
            if (After(before.Variants, variant) is { IsNone: false } bounds)
            {
                after[variant.Name] = bounds;
            }
            else
            {
                after.Remove(variant.Name);
            }
        }

        return before with { Variants = after.Count == 0 ? null : after };
    }

    /// <summary>What a variant has for itself after a request: absent members are those of the one that it comes from.</summary>
    public static VariantBounds After(IReadOnlyDictionary<string, VariantBounds>? before, VariantRequest request)
    {
        var kept = before?.GetValueOrDefault(request.From ?? request.Name ?? "");
        return new VariantBounds(request.MinReplicas.Or(kept?.MinReplicas), request.MaxReplicas.Or(kept?.MaxReplicas));
    }

    public static bool AreSame(IReadOnlyDictionary<string, VariantBounds>? one, IReadOnlyDictionary<string, VariantBounds>? other) =>
        (one?.Count ?? 0) == (other?.Count ?? 0) && (one ?? new Dictionary<string, VariantBounds>()).All(b => other!.GetValueOrDefault(b.Key) == b.Value);

    /// <summary>The bounds after a change; what is wrong with them is said in <paramref name="fields"/>.</summary>
    /// <param name="change">By variant; a null takes its own away. Null: no change.</param>
    public static Dictionary<string, VariantBounds>? Changed(
        DeploymentFields fields, Dictionary<string, VariantBounds>? before, IReadOnlyDictionary<string, VariantBoundsInfo?>? change)
    {
        if (change is null)
        {
            return before;
        }

        var after = new Dictionary<string, VariantBounds>(before ?? [], StringComparer.Ordinal);
        foreach (var (name, bounds) in change)
        {
            if (bounds is null or { MinReplicas: null, MaxReplicas: null })
            {
                after.Remove(name);
                continue;
            }

            fields.VariantName($"variants.{name}", name);
            fields.VariantReplicas($"variants.{name}.", bounds.MinReplicas, bounds.MaxReplicas);
            after[name] = new VariantBounds(bounds.MinReplicas, bounds.MaxReplicas);
        }

        return after.Count == 0 ? null : after;
    }
}
