using Slipway.Contracts;
using Slipway.Server.Platform;
using Slipway.Server.Replicas;

namespace Slipway.Server.Deployments;

/// <summary>Answers how a deployment is at this moment.</summary>
internal sealed class ReadLiveMetrics(ReadDeployments deployments, DeploymentReplicas replicas, LiveTraffic traffic, GatewayReports reports, IReplicaSets sets, RouteTableFeed feed)
{
    public async Task<Result<LiveMetrics>> RunAsync(DeploymentRef which, CancellationToken cancellationToken)
    {
        var id = await deployments.IdAsync(which, cancellationToken);
        if (id.Refusal is { } refusal)
        {
            return refusal;
        }

        var listed = await replicas.ListAsync(which, cancellationToken);
        if (listed.Refusal is { } gone)
        {
            return gone;
        }

        var report = reports.Latest;
        var loads = report?.Sets.Where(s => s.DeploymentId == id.Value).ToList() ?? [];
        var minute = traffic.OfDeployment(id.Value);
        var ready = sets.Current.Sets.Values.Where(s => s.DeploymentId == id.Value).SelectMany(s => s.Replicas).Where(r => r.State == ReplicaState.Ready).ToList();
        return new LiveMetrics(
            report?.To, minute?.RequestsPerSecond ?? 0, minute?.ErrorRate, minute?.QuantileMs(0.5), minute?.QuantileMs(0.95), minute?.QuantileMs(0.99), loads.Sum(l => l.InFlight),
            loads.Sum(l => l.Queued), loads.Sum(l => l.Parked), ready.Count, ready.Exists(r => r.CpuCores is not null) ? ready.Sum(r => r.CpuCores ?? 0) : null,
            ready.Exists(r => r.ResidentBytes is not null) ? ready.Sum(r => r.ResidentBytes ?? 0) : null,
            ready.Exists(r => r.GpuPercent is not null) ? ready.Average(r => r.GpuPercent) : null, null, traffic.PointsOf(id.Value), listed.Value.Items, VariantsOf(id.Value, Math.Max(1, minute?.Seconds ?? 0)));
    }

    /// <summary>Of each revision that is routed to, in the order of the table.</summary>
    /// <param name="seconds">That were reported of the last minute.</param>
    private List<VariantMetrics> VariantsOf(Guid deployment, double seconds) =>
    [
        .. from revision in feed.Current.Deployments.Values.Where(d => d.DeploymentId == deployment).Take(1).SelectMany(d => d.Revisions)
           from variant in revision.Variants
           let minute = traffic.OfVariant(revision.RevisionId, variant.Name)
           select new VariantMetrics(
               revision.Number, variant.Name, (minute?.Requests ?? 0) / seconds, minute?.ErrorRate, minute?.QuantileMs(0.5), minute?.QuantileMs(0.95),
               (minute?.HandedOver ?? 0) / seconds),
    ];
}
