using System.Text.Json;
using Slipway.Contracts;
using Slipway.Server.Routing;

namespace Slipway.Server.Deployments;

/// <summary>The routing table of a revision: how it is read, checked against the variants, and stored.</summary>
internal static class RoutingOf
{
    public static RoutingRules? Read(string? stored) => stored is null ? null : JsonSerializer.Deserialize(stored, ContractsJson.Default.RoutingRules);

    /// <summary>The table of a new revision; what is wrong is said in <paramref name="fields"/>.</summary>
    /// <param name="before">As stored.</param>
    /// <param name="wanted">Null: it stays as it is, which the new variants may not allow.</param>
    public static string? Chosen(DeploymentFields fields, string? before, RoutingRules? wanted, IReadOnlyList<Variant> variants)
    {
        if ((wanted ?? Read(before)) is not { } rules)
        {
            return null;
        }

        var names = variants.InOrder().Select(v => v.Name).ToList();
        return new RoutingReader(fields.Wrong).Read(rules, names, "", "") is null ? null : RoutingReader.Store(rules);
    }

    /// <summary>The default first, then in the order that people gave them.</summary>
    public static IOrderedEnumerable<Variant> InOrder(this IEnumerable<Variant> variants) =>
        variants.OrderByDescending(v => v.IsDefault).ThenBy(v => v.Position).ThenBy(v => v.Name, StringComparer.Ordinal);
}
