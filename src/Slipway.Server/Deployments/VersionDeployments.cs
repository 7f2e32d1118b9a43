using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Platform;
using Slipway.Server.Registry;

namespace Slipway.Server.Deployments;

/// <summary>Tells the registry which deployments run or have run a version.</summary>
internal sealed class VersionDeployments(DesiredState state, IReplicaSets sets) : IVersionDeployments
{
    private static readonly string[] Uses = ["live", "rolling_out", "earlier"];

    /// <inheritdoc/>
    public async Task<ILookup<Guid, VersionDeploymentInfo>> OfAsync(SlipwayDbContext db, IReadOnlyCollection<Guid> versions, CancellationToken cancellationToken)
    {
        var revisions = await db.Set<Revision>().AsNoTracking().Include(r => r.Variants).Where(r => r.Variants.Any(v => versions.Contains(v.ModelVersionId))).ToListAsync(cancellationToken);
        var ids = revisions.Select(r => r.DeploymentId).Distinct().ToList();
        var deployments = await db.Set<Deployment>().AsNoTracking().Include(d => d.Environment).Where(d => ids.Contains(d.Id)).ToListAsync(cancellationToken);
        var wanted = versions.ToHashSet();
        var snapshot = sets.Current;
        var found = new List<(Guid Version, int Use, VersionDeploymentInfo Info)>();
        foreach (var desired in await state.CompleteAsync(db, deployments, cancellationToken))
        {
            var status = DeploymentInfos.StandingOf(desired, snapshot).Word.ToWire();
            var used = revisions.Where(r => r.DeploymentId == desired.Id)
                .SelectMany(r => r.Variants.Select(v => (Version: v.ModelVersionId, Use: UseOf(desired, r), r.Number))).Where(u => wanted.Contains(u.Version));
            foreach (var uses in used.GroupBy(u => u.Version))
            {
                var strongest = uses.OrderBy(u => u.Use).ThenByDescending(u => u.Number).First();   // of equal ones the newest revision
                found.Add((uses.Key, strongest.Use, new VersionDeploymentInfo(desired.Deployment.Environment.Name, desired.Deployment.Name, Uses[strongest.Use], strongest.Number, status)));
            }
        }

        return found.OrderBy(f => f.Use).ThenBy(f => f.Info.Environment, StringComparer.Ordinal).ThenBy(f => f.Info.Name, StringComparer.Ordinal).ToLookup(f => f.Version, f => f.Info);
    }

    private static int UseOf(DesiredDeployment desired, Revision revision) =>
        desired.Live?.Id == revision.Id ? 0 : desired is { Rollout.UnderWay: true, Target: { } target } && target.Id == revision.Id ? 1 : 2;
}
