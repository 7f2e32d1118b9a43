using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Slipway.Contracts;
using Slipway.Server.Deployments;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Rollouts;

/// <summary>Answers what Deployments asks, and starts and cancels rollouts in its units.</summary>
internal sealed class StoredRollouts(AuditLog audit, IOptions<RolloutOptions> options, TimeProvider time) : IRollouts
{
    public async Task StartAsync(SlipwayDbContext db, Deployment deployment, Revision target, Actor by, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var live = deployment.LiveRevisionId is { } id ? await db.Set<Revision>().AsNoTracking().SingleAsync(r => r.Id == id, cancellationToken) : null;
        var rollout = new Rollout
        {
            Id = Guid.CreateVersion7(now), ProjectId = deployment.ProjectId, DeploymentId = deployment.Id, Strategy = RolloutStrategy.Rolling,
            Status = RolloutStatus.Releasing, FromRevisionId = live?.Id, FromRevision = live?.Number, ToRevisionId = target.Id, ToRevision = target.Number,
            BuildAgain = true, ProgressDeadline = now + options.Value.ProgressDeadline, StartedById = by.UserId, StartedBy = by.Name, StartedAt = now,
        };
        rollout.Note(
            live is null ? $"Rollout of revision {target.Number} has started." : $"Rollout from revision {live.Number} to revision {target.Number} has started.", now);
        db.Set<Rollout>().Add(rollout);
        audit.Record(db, by, "rollout.started", "deployment", deployment.Path, after: RolloutInfos.Audited(rollout));
        db.Changed("rollout", RolloutInfos.Resource(rollout));
    }

    public async Task CancelAsync(SlipwayDbContext db, Deployment deployment, Actor by, CancellationToken cancellationToken)
    {
        if (await db.Set<Rollout>().SingleOrDefaultAsync(r => r.DeploymentId == deployment.Id && r.FinishedAt == null, cancellationToken) is { } rollout)
        {
            rollout.Cancel($"Cancelled, because {by.Name} stopped the deployment.", time.GetUtcNow());
            audit.Record(db, by, "rollout.canceled", "deployment", deployment.Path, after: RolloutInfos.Audited(rollout));
            db.Changed("rollout", RolloutInfos.Resource(rollout));
        }
    }

    public async Task<IReadOnlyDictionary<Guid, RolloutTraffic>> LatestAsync(
        SlipwayDbContext db, IReadOnlyCollection<Guid>? deployments, CancellationToken cancellationToken)
    {
        var rollouts = db.Set<Rollout>().AsNoTracking();
        var latest = rollouts.Where(r => !db.Set<Rollout>().Any(later => later.DeploymentId == r.DeploymentId && later.StartedAt > r.StartedAt));
        var rows = await (deployments is null ? latest : latest.Where(r => deployments.Contains(r.DeploymentId))).ToListAsync(cancellationToken);
        return rows.GroupBy(r => r.DeploymentId).ToDictionary(g => g.Key, g => TrafficOf(g.OrderBy(r => r.FinishedAt is null).ThenBy(r => r.Id).Last()));
    }

    public async Task<IReadOnlyList<RolloutOutcome>> LedgerAsync(SlipwayDbContext db, Guid deployment, CancellationToken cancellationToken)
    {
        var rows = await db.Set<Rollout>().AsNoTracking().Where(r => r.DeploymentId == deployment).OrderBy(r => r.StartedAt).ToListAsync(cancellationToken);
        return rows.ConvertAll(r => new RolloutOutcome(
            r.Id, r.ToRevisionId, r.FinishedAt is null, r.Status == RolloutStatus.Succeeded, r.StartedAt, r.FinishedAt,
            r.ErrorCode is { } code ? new RolloutError(code, r.ErrorMessage ?? "") : null));
    }

    public async Task<IReadOnlyDictionary<Guid, RolloutInfo>> InfosAsync(
        SlipwayDbContext db, IReadOnlyCollection<Guid> rollouts, CancellationToken cancellationToken) => rollouts.Count == 0
        ? new Dictionary<Guid, RolloutInfo>()
        : await db.Set<Rollout>().AsNoTracking().Include(r => r.Steps).Where(r => rollouts.Contains(r.Id))
            .ToDictionaryAsync(r => r.Id, RolloutInfos.Of, cancellationToken);

    private static RolloutTraffic TrafficOf(Rollout rollout) => new(
        rollout.Id, rollout.DeploymentId, rollout.FromRevisionId, rollout.ToRevisionId, rollout.FinishedAt is null, !rollout.Built, rollout.Weight,
        rollout.FromReplicas, rollout.ToReplicas, rollout.ErrorCode is { } code ? new RolloutError(code, rollout.ErrorMessage ?? "") : null);
}
