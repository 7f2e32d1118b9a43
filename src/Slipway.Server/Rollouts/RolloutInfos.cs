using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Deployments;
using Slipway.Server.Platform;

namespace Slipway.Server.Rollouts;

/// <summary>Turns rollouts, with what their two sides do now, into wire types.</summary>
internal sealed class RolloutInfos(IReplicaSets sets, RolloutEvidence evidence, RolloutWaits waits)
{
    /// <summary>Path below <c>/api/v1</c>.</summary>
    public static string Resource(Rollout rollout) => $"rollouts/{rollout.Id}";

    /// <param name="rollouts">With their steps.</param>
    public async Task<IReadOnlyList<RolloutInfo>> OfAsync(SlipwayDbContext db, IReadOnlyCollection<Rollout> rollouts, CancellationToken cancellationToken)
    {
        var ids = rollouts.Select(r => r.DeploymentId).Distinct().ToList();
        var deployments = await db.Set<Deployment>().IgnoreQueryFilters().AsNoTracking().Include(d => d.Environment)
            .Where(d => ids.Contains(d.Id)).ToDictionaryAsync(d => d.Id, cancellationToken);
        var numbers = rollouts.SelectMany(r => new[] { r.FromRevisionId, r.ToRevisionId }).OfType<Guid>().Distinct().ToList();
        var revisions = await db.Set<Revision>().AsNoTracking().Include(r => r.Variants).Where(r => numbers.Contains(r.Id)).ToDictionaryAsync(r => r.Id, cancellationToken);
        var windows = await evidence.ReadAsync(db, [.. rollouts.Select(r => r.Id)], cancellationToken);
        return [.. rollouts.Select(r => Of(r, deployments[r.DeploymentId], revisions, [.. windows[r.Id]]))];
    }

    public static string Audited(Rollout rollout) => new JsonObject
    {
        ["rollout"] = rollout.Id.ToString(),
        ["strategy"] = rollout.Strategy.ToWire(),
        ["from_revision"] = rollout.FromRevision,
        ["to_revision"] = rollout.ToRevision,
        ["status"] = rollout.Status.ToWire(),
        ["error_code"] = rollout.ErrorCode,
    }.ToJsonString();

    private RolloutInfo Of(Rollout rollout, Deployment deployment, Dictionary<Guid, Revision> revisions, IReadOnlyList<RolloutWindow> all)
    {
        var policy = RolloutPolicy.Read(rollout.Settings);
        var windows = all.Where(w => w.Number != RolloutWindow.Before).ToList();
        var (from, to) = (rollout.FromRevisionId is { } id ? revisions.GetValueOrDefault(id) : null, revisions.GetValueOrDefault(rollout.ToRevisionId));
        var underWay = rollout.FinishedAt is null;
        return new RolloutInfo(
            rollout.Id.ToString(), rollout.Strategy.ToWire(), rollout.Status.ToWire(), rollout.FromRevision, rollout.ToRevision, rollout.Percent, rollout.ErrorCode,
            rollout.ErrorMessage, rollout.StartedBy, rollout.StartedAt, rollout.FinishedAt, [.. rollout.Steps.OrderBy(s => s.Number).Select(Of)],
            deployment.Environment.Name, deployment.Name, policy.ToInfo(), rollout.PausedReason?.ToWire(), [.. rollout.Possible.Select(a => a.ToWire())],
            rollout.Status is RolloutStatus.RampingUp && !rollout.Forced && RolloutDecision.HoldUntil(rollout, policy) is { } until && until > rollout.WindowAt ? until : null,
            rollout.FromRevision is { } number ? Side(number, deployment, from, to, underWay, [.. windows.Select(w => w.Previous)]) with { Before = Before(all, policy) } : null,
            Side(rollout.ToRevision, deployment, to, from, underWay, [.. windows.Select(w => w.Candidate)]), rollout.KeptRevisionId is not null,
            to is null ? [] : PackageAsk.Notes(to.Variants), underWay && rollout.Status != RolloutStatus.Paused ? waits.Of(rollout.Id) : null);
    }

    /// <summary>The minute before, where the candidate was asked and is compared with that.</summary>
    private static RolloutMeasureInfo? Before(IReadOnlyList<RolloutWindow> windows, RolloutPolicy policy) =>
        windows.Any(w => w.Candidate.Requests > 0) && windows.LastOrDefault(w => w.Previous.Requests >= policy.Gate.MinRequests) is { Number: RolloutWindow.Before } minute
            ? minute.Previous.ToInfo()
            : null;

    private static RolloutStepInfo Of(RolloutStep step) => new(
        step.Number, step.Status.ToWire(), step.What, step.Weight / 100, step.At, step.By,
        step.Evidence is { } json ? JsonSerializer.Deserialize(json, ContractsJson.Default.RolloutEvidenceInfo) : null);

    /// <param name="other">The revision of the other side: what both share is nobody's.</param>
    private RolloutSideInfo Side(int number, Deployment deployment, Revision? revision, Revision? other, bool underWay, IReadOnlyList<SideCounts> counts)
    {
        var own = (revision?.Sets ?? []).Except(underWay ? other?.Sets ?? [] : [], StringComparer.Ordinal).ToList();
        var seen = (own.Count == 0 ? revision?.Sets ?? [] : own).Select(hash => sets.Current.Find(deployment.Id, hash)).Where(s => s is not null).ToList();
        return new RolloutSideInfo(
            number, seen.Sum(s => s!.Ready), seen.Sum(s => s!.Desired), (counts.Count == 0 ? SideCounts.None : counts[^1]).ToInfo(),
            counts.Aggregate(SideCounts.None, (sum, next) => sum.Plus(next)).ToInfo());
    }
}
