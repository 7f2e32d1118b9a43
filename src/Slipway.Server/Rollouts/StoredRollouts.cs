using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Slipway.Contracts;
using Slipway.Server.Deployments;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Rollouts;

/// <summary>Answers what Deployments asks, and starts and cancels rollouts in its units.</summary>
internal sealed class StoredRollouts(AuditLog audit, IEventOutbox outbox, RolloutInfos infos, IScaling scaling, IOptions<RolloutOptions> options, TimeProvider time) : IRollouts
{
    public async Task StartAsync(
        SlipwayDbContext db, Deployment deployment, Revision target, Actor by, CancellationToken cancellationToken, RolloutSettings? settings = null)
    {
        var now = time.GetUtcNow();
        var live = deployment.LiveRevisionId is { } id ? await db.Set<Revision>().AsNoTracking().Include(r => r.Variants).SingleAsync(r => r.Id == id, cancellationToken) : null;
        var policy = RolloutPolicy.Of(settings, RolloutDefaults.Of(deployment));
        var rollout = new Rollout
        {
            Id = Guid.CreateVersion7(now), ProjectId = deployment.ProjectId, DeploymentId = deployment.Id, Strategy = policy.Strategy,
            Status = RolloutStatus.Releasing, FromRevisionId = live?.Id, FromRevision = live?.Number, ToRevisionId = target.Id, ToRevision = target.Number,
            BuildAgain = true, Settings = JsonSerializer.Serialize(policy.ToInfo(), ContractsJson.Default.RolloutSettings), WindowAt = now,
            ProgressDeadline = now + (policy.ProgressDeadline ?? options.Value.ProgressDeadline), StartedById = by.UserId, StartedBy = by.Name, StartedAt = now,
        };
        rollout.Note(
            live is null ? $"Rollout of revision {target.Number} has started." : $"Rollout from revision {live.Number} to revision {target.Number} has started.", now).By = by.Name;
        db.Set<Rollout>().Add(rollout);

        // A set that an earlier rollout left at zero begins with what the live one has now.
        await scaling.ForgetAsync(db, deployment.Id, [.. target.Sets.Except(live?.Sets ?? [], StringComparer.Ordinal)], cancellationToken);
        audit.Record(db, by, "rollout.started", "deployment", deployment.Path, after: RolloutInfos.Audited(rollout));
        outbox.Started(db, deployment, rollout);
        db.Changed("rollout", RolloutInfos.Resource(rollout));
    }

    public async Task CancelAsync(SlipwayDbContext db, Deployment deployment, Actor by, CancellationToken cancellationToken)
    {
        if (await db.Set<Rollout>().SingleOrDefaultAsync(r => r.DeploymentId == deployment.Id && r.FinishedAt == null, cancellationToken) is { } rollout)
        {
            var before = rollout.Status;
            rollout.Stop(by.Name, time.GetUtcNow());
            outbox.Moved(db, deployment, rollout, before);
            audit.Record(db, by, "rollout.canceled", "deployment", deployment.Path, after: RolloutInfos.Audited(rollout));
            db.Changed("rollout", RolloutInfos.Resource(rollout));
        }
    }

    public async Task<IReadOnlyDictionary<Guid, RolloutTraffic>> LatestAsync(
        SlipwayDbContext db, IReadOnlyCollection<Guid>? deployments, CancellationToken cancellationToken)
    {
        var rollouts = db.Set<Rollout>().AsNoTracking();
        var latest = rollouts.Where(r => r.KeptRevisionId != null || !db.Set<Rollout>().Any(later => later.DeploymentId == r.DeploymentId && later.StartedAt > r.StartedAt));
        var rows = await (deployments is null ? latest : latest.Where(r => deployments.Contains(r.DeploymentId))).ToListAsync(cancellationToken);
        return rows.GroupBy(r => r.DeploymentId).ToDictionary(
            g => g.Key,
            g => TrafficOf(g.OrderBy(r => r.FinishedAt is null).ThenBy(r => r.StartedAt).ThenBy(r => r.Id).Last(), g.FirstOrDefault(r => r.KeptRevisionId is not null)?.KeptRevisionId));
    }

    public async Task<IReadOnlyList<RolloutOutcome>> LedgerAsync(SlipwayDbContext db, Guid deployment, CancellationToken cancellationToken)
    {
        var rows = await db.Set<Rollout>().AsNoTracking().Where(r => r.DeploymentId == deployment).OrderBy(r => r.StartedAt).ToListAsync(cancellationToken);
        return rows.ConvertAll(r => new RolloutOutcome(
            r.Id, r.ToRevisionId, r.FinishedAt is null, r.Status == RolloutStatus.Succeeded, r.StartedAt, r.FinishedAt,
            r.ErrorCode is { } code ? new RolloutError(code, r.ErrorMessage ?? "") : null));
    }

    public async Task<RolloutSettings> SettingsAsync(SlipwayDbContext db, Guid rollout, CancellationToken cancellationToken) =>
        RolloutPolicy.Read(await db.Set<Rollout>().Where(r => r.Id == rollout).Select(r => r.Settings).SingleAsync(cancellationToken)).ToInfo();

    public async Task<IReadOnlyDictionary<Guid, RolloutInfo>> InfosAsync(
        SlipwayDbContext db, IReadOnlyCollection<Guid> rollouts, CancellationToken cancellationToken) => rollouts.Count == 0
        ? new Dictionary<Guid, RolloutInfo>()
        : (await infos.OfAsync(
                db, await db.Set<Rollout>().AsNoTracking().Include(r => r.Steps).Where(r => rollouts.Contains(r.Id)).ToListAsync(cancellationToken), cancellationToken))
            .ToDictionary(i => Guid.Parse(i.Id));

    private static RolloutTraffic TrafficOf(Rollout rollout, Guid? kept) => new(
        rollout.Id, rollout.DeploymentId, rollout.FromRevisionId, rollout.ToRevisionId, rollout.FinishedAt is null, !rollout.Built, rollout.Weight,
        rollout.FromShare, rollout.ToShare, rollout.ErrorCode is { } code ? new RolloutError(code, rollout.ErrorMessage ?? "") : null, kept);
}
