using System.Collections.Immutable;
using Slipway.Server.Deployments;

namespace Slipway.Server.Gateway;

/// <summary>What goes up to the control plane twice a second.</summary>
internal sealed partial class Gateway
{
    private DateTimeOffset reportedAt = DateTimeOffset.MinValue;

    /// <summary>A request has begun to wait for a set without a replica: the control plane of this process hears of it at once, others with the report.</summary>
    public void Park(Admission admission) => reports.Park(admission.DeploymentId, admission.Hash);

    private void Report()
    {
        var now = Time.GetUtcNow();
        var from = reportedAt == DateTimeOffset.MinValue ? now - Options.ReportInterval : reportedAt;
        var seen = Table;
        var outcomes = ImmutableArray.CreateBuilder<VariantOutcomes>();
        foreach (var target in seen.Targets)
        {
            foreach (var revision in target.Revisions)
            {
                foreach (var variant in revision.Variants)
                {
                    if (variant.Counters.Report(target.Route.DeploymentId, revision.Route.RevisionId, variant.Route.Name) is { } outcome)
                    {
                        outcomes.Add(outcome);
                    }
                }
            }
        }

        var report = new GatewayReport(
            Name, ++sequence, from, now, seen.Source.Version, [.. admissions.Values.Select(a => a.Report())], outcomes.DrainToImmutable(),
            [.. links.Values.Select(l => l.Report())], [.. Keys.UsedAfter(from.UtcTicks - TimeSpan.TicksPerSecond)])
        {
            Ejected = [.. admissions.Values.SelectMany(a => a.Ejected())],
        };
        reportedAt = now;
        reports.Take(report);
    }
}
