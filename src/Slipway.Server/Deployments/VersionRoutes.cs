using Slipway.Server.Packages;
using Slipway.Server.Registry;

namespace Slipway.Server.Deployments;

/// <summary>What the route table says of model versions. Their content is asked for once, their names each time. One caller: the publisher.</summary>
internal sealed class VersionRoutes(FindVersions versions)
{
    private readonly Dictionary<Guid, VersionRoute> known = [];

    /// <param name="wanted">Ids of versions; those that are gone are left out.</param>
    public async Task<IReadOnlyDictionary<Guid, VersionRoute>> ReadAsync(IReadOnlyCollection<Guid> wanted, CancellationToken cancellationToken)
    {
        foreach (var gone in known.Keys.Except(wanted).ToList())
        {
            known.Remove(gone);
        }

        foreach (var (id, package) in await versions.PackagesAsync([.. wanted.Where(id => !known.ContainsKey(id))], cancellationToken))
        {
            var plan = RunnerPlan.Read(package.RunnerJson);
            known[id] = new VersionRoute(null, [], plan is { IsEstimator: true }, plan is { TakesTensors: true }, package.SignatureJson);
        }

        foreach (var (id, label, aliases) in await versions.NamesAsync(wanted, cancellationToken))
        {
            if (known.TryGetValue(id, out var route))
            {
                known[id] = route with { Label = label, Aliases = [.. aliases.Order(StringComparer.Ordinal)] };
            }
        }

        return new Dictionary<Guid, VersionRoute>(known);
    }
}
