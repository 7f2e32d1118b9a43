using Microsoft.Extensions.Options;

namespace Slipway.Server.Deployments;

/// <summary>Knows whether traffic may still reach a replica set: until every gateway answers from a table that does not have it.</summary>
internal sealed class RoutedSets(GatewayReports reports, IOptions<DeploymentOptions> options, TimeProvider time)
{
    private readonly Lock gate = new();
    private readonly Dictionary<(Guid DeploymentId, string Hash), (long Version, DateTimeOffset? LeftAt)> last = [];
    private long current;

    /// <summary>Called before a table is published.</summary>
    public void Published(RouteTable table, DateTimeOffset now)
    {
        var sets = table.Deployments.Values.SelectMany(d => d.Revisions).SelectMany(r => r.Variants).Select(v => (v.Set.DeploymentId, v.Set.Hash)).ToHashSet();
        lock (gate)
        {
            current = table.Version;
            foreach (var (set, routed) in last.Where(l => !sets.Contains(l.Key)).ToList())
            {
                last[set] = (routed.Version, routed.LeftAt ?? now);
            }

            foreach (var set in sets)
            {
                last[set] = (table.Version, null);
            }
        }
    }

    /// <summary>Whether no gateway sends new requests to the set any more. Before the first table nobody knows, so: no.</summary>
    public bool TrafficHasLeft(Guid deploymentId, string hash)
    {
        lock (gate)
        {
            if (current == 0)
            {
                return false;
            }

            if (!last.TryGetValue((deploymentId, hash), out var routed))
            {
                return true;
            }

            if (routed.LeftAt is not { } leftAt)
            {
                return false;
            }

            // A gateway that is silent is gone, and routes nothing.
            var now = time.GetUtcNow();
            var report = reports.Latest;
            var silent = now - leftAt > options.Value.GatewaySilence && (report is null || now - report.To > options.Value.GatewaySilence);
            return silent || report?.RouteTableVersion > routed.Version;
        }
    }

    /// <summary>Forgets the sets that are gone.</summary>
    public void Keep(IEnumerable<(Guid DeploymentId, string Hash)> present)
    {
        var there = present.ToHashSet();
        lock (gate)
        {
            foreach (var (set, routed) in last.Where(l => l.Value.LeftAt is not null && !there.Contains(l.Key)).ToList())
            {
                last.Remove(set);
            }
        }
    }
}
