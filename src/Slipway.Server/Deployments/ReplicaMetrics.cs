using System.Text.Json;
using Slipway.Server.Platform;
using Slipway.Server.Replicas;

namespace Slipway.Server.Deployments;

/// <summary>The replicas of each routed deployment by state. A state that no replica is in is 0: a series that is missing looks like a scrape that failed.</summary>
internal sealed class ReplicaMetrics(IReplicaSets sets, RouteTableFeed routes) : IMetricSource
{
    private static readonly (ReplicaState State, string Name)[] States =
        [.. Enum.GetValues<ReplicaState>().Select(s => (s, JsonNamingPolicy.SnakeCaseLower.ConvertName(s.ToString())))];

    public void Write(PrometheusText text)
    {
        var counts = sets.Current.Sets.Values.SelectMany(s => s.Replicas).CountBy(r => (r.DeploymentId, r.State)).ToDictionary();
        text.Family("slipway_replicas", "gauge", "Replicas by state.");
        foreach (var deployment in routes.Current.Deployments.Values.DistinctBy(d => d.DeploymentId))
        {
            foreach (var (state, name) in States)
            {
                text.Sample(
                    "slipway_replicas", counts.GetValueOrDefault((deployment.DeploymentId, state)),
                    ("deployment", deployment.Name), ("environment", deployment.Environment), ("state", name));
            }
        }
    }
}
