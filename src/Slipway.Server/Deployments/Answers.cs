using Microsoft.EntityFrameworkCore;
using Slipway.Server.Platform;
using Slipway.Server.Registry;
using Slipway.Server.Replicas;

namespace Slipway.Server.Deployments;

/// <summary>Tells Replicas whether a silent replica may merely be busy: what the gateway last reported.</summary>
internal sealed class ReportedReplicaUse(GatewayReports reports, TimeProvider time) : IReplicaUse
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(5);

    /// <inheritdoc/>
    public int? InsideDeadline(Guid replicaId) => reports.Latest is not { } report || time.GetUtcNow() - report.To > Fresh
        ? null
        : reports.LoadOf(replicaId)?.InsideDeadline ?? 0;
}

/// <summary>Tells the registry which versions are deployed: those of live revisions and of rollouts under way.</summary>
internal sealed class DeployedVersions(DesiredState state) : IVersionUse
{
    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> WhereUsedAsync(SlipwayDbContext db, IReadOnlyCollection<Guid> versions, CancellationToken cancellationToken)
    {
        var deployments = await db.Set<Deployment>().AsNoTracking().Include(d => d.Environment).OrderBy(d => d.Name).ToListAsync(cancellationToken);
        var desired = await state.CompleteAsync(db, deployments, cancellationToken);
        return
        [
            .. desired.Where(d => Uses(d.Live, versions) || ((d.Live is null || d.Rollout is { UnderWay: true }) && Uses(d.Target, versions)))
                .Select(d => $"deployment {d.Deployment.Path}"),
        ];
    }

    private static bool Uses(Revision? revision, IReadOnlyCollection<Guid> versions) => revision?.Variants.Exists(v => versions.Contains(v.ModelVersionId)) == true;
}
