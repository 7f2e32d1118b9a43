using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Deployments;
using Slipway.Server.Platform;
using Slipway.Server.Replicas;

namespace Slipway.Server.Autoscaling;

/// <summary>Answers what the autoscaler sees and why the numbers are what they are.</summary>
internal sealed class ReadAutoscaling(Database database, DesiredState state, IReplicaSets sets, Autoscaler autoscaler, GatewayReports reports)
{
    public async Task<Result<AutoscalingInfo>> RunAsync(DeploymentRef which, CancellationToken cancellationToken)
    {
        await using var db = await database.SnapshotAsync(cancellationToken);
        var found = await db.Set<Deployment>().Include(d => d.Environment)
            .SingleOrDefaultAsync(d => d.Environment.Name == which.Environment && d.Name == which.Name, cancellationToken);
        if (found is null)
        {
            return DeploymentRefusals.NotFound(which.Environment, which.Name);
        }

        var desired = (await state.CompleteAsync(db, [found], cancellationToken))[0];
        var coldStarts = await db.Set<StoredWish>().Where(w => w.DeploymentId == found.Id).ToDictionaryAsync(w => w.Hash, w => w.ColdStartSeconds, cancellationToken);
        var numbers = new[] { desired.Target, desired.Live }.OfType<Revision>().SelectMany(r => r.Variants.Select(v => (v.ReplicaSetHash, r.Number)))
            .Where(v => v.ReplicaSetHash is not null).GroupBy(v => v.ReplicaSetHash!, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Last().Number, StringComparer.Ordinal);
        return new AutoscalingInfo(
            found.Scaling.ToInfo(found.MinReplicas, found.MaxReplicas),
            [.. ReplicaPlan.Of(desired).OrderBy(p => p.Value.Variant.Name, StringComparer.Ordinal).ThenBy(p => numbers.GetValueOrDefault(p.Key)).Select(p => Of(desired, p.Key, p.Value, numbers, coldStarts))]);
    }

    private SetScaleInfo Of(DesiredDeployment desired, string hash, PlannedSet planned, Dictionary<string, int> numbers, Dictionary<string, double?> coldStarts)
    {
        var wish = desired.Wishes.GetValueOrDefault(hash);
        var verdict = autoscaler.VerdictOf(desired.Id, hash);
        var facts = autoscaler.FactsOf(desired.Id, hash, desired.Deployment.Scaling);
        var status = sets.Current.Find(desired.Id, hash);
        var ready = status?.Ready ?? 0;
        var load = reports.Latest?.Sets.FirstOrDefault(s => s.DeploymentId == desired.Id && s.Hash == hash);
        return new SetScaleInfo(
            hash, numbers.GetValueOrDefault(hash), planned.Variant.Name, wish?.Replicas, planned.Replicas, ready, verdict?.Reason ?? wish?.Reason ?? ScaleReasons.NoData,
            verdict?.Detail ?? "Nothing was measured yet, so nothing is decided.", wish?.At, facts?.Concurrency, facts?.Burst, Percent(facts?.Cpu, ready),
            Percent(facts?.Memory, ready), load?.Queued ?? 0, load?.Parked ?? 0, coldStarts.GetValueOrDefault(hash));
    }

    private static double? Percent(double? used, int ready) => used is { } amount && ready > 0 ? amount * 100 / ready : null;
}
