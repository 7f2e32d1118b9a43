using System.Globalization;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Approvals;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Registry;

/// <summary>Transitions into and out of protected stages, as requests for approval.</summary>
internal sealed class StageApproval(RequestApproval requests, StageMoves moves, IEnumerable<IVersionDeployments> deployments, AuditLog audit, TimeProvider time) : IApprovalSubject
{
    public const string KindName = "stage_transition";
    private const int MostIncumbents = 3;

    public string Kind => KindName;

    /// <summary>Asks for a transition instead of making it.</summary>
    public Task<Result<Approval>> AskAsync(SlipwayDbContext db, StagePlan plan, string? note, StageProtection rule, Actor by, CancellationToken cancellationToken)
    {
        var (model, version) = (plan.Model.Name, plan.Version);
        var payload = JsonSerializer.Serialize(new TransitionStageRequest(plan.To.ToString(), plan.Archive, note), ContractsJson.Default.TransitionStageRequest);
        return requests.InAsync(
            db,
            new ApprovalAsk(
                KindName, version.Id, $"{model} v{version.Number}", $"models/{model}/versions/{version.Number}", plan.Words, version.Stage.ToString(), plan.To.ToString(), payload,
                version.Digest, plan.Base, note, rule.ReviewerIds),
            by, cancellationToken);
    }

    public async Task<string?> StaleBecauseAsync(SlipwayDbContext db, Approval approval, CancellationToken cancellationToken)
    {
        var (plan, _, stale) = await PlanAsync(db, approval, cancellationToken);
        return plan is null ? stale : null;
    }

    public async Task<ApplyOutcome> ApplyAsync(SlipwayDbContext db, Approval approval, CancellationToken cancellationToken)
    {
        var (plan, note, stale) = await PlanAsync(db, approval, cancellationToken);
        if (plan is null)
        {
            return ApplyOutcome.Stale(stale!);
        }

        var by = new Actor(approval.RequesterId, approval.Requester, Role.Viewer, null, [], null, null, null);
        var (now, from) = (time.GetUtcNow(), plan.Version.Stage);
        var made = await moves.MakeAsync(db, plan, note, by, approval, now, cancellationToken);
        plan.Model.Touch(now);
        audit.Record(
            db, by, "version.transitioned", "version", $"{plan.Model.Name}/{plan.Version.Number}", $$"""{"stage":"{{from}}"}""",
            $$"""{"stage":"{{plan.To}}","archived":[{{string.Join(',', made.Where(t => t.VersionNumber != plan.Version.Number).Select(t => t.VersionNumber))}}],"approval":"{{approval.Id}}","approved_by":"{{approval.DecidedBy}}"}""");
        db.Changed("model", $"models/{plan.Model.Name}");
        db.Changed("version", $"models/{plan.Model.Name}/versions/{plan.Version.Number}");
        return ApplyOutcome.Applied;
    }

    public async Task<IReadOnlyList<EvidenceSection>> DescribeAsync(SlipwayDbContext db, Approval approval, CancellationToken cancellationToken)
    {
        var asked = await VersionEvidence.Loaded(db).SingleOrDefaultAsync(v => v.Id == approval.SubjectId, cancellationToken);
        if (asked is null)
        {
            return [];
        }

        var model = await db.Set<RegisteredModel>().Where(m => m.Id == asked.ModelId).Select(m => m.Name).SingleAsync(cancellationToken);
        var stage = Stages.Parse(approval.To) is { } to && StageGuard.CanProtect(to) ? to : Stage.Production;
        var incumbents = await VersionEvidence.Loaded(db).Where(v => v.ModelId == asked.ModelId && v.Stage == stage && v.Id != asked.Id).OrderByDescending(v => v.Number).Take(MostIncumbents).ToListAsync(cancellationToken);
        List<ModelVersion> versions = [asked, .. incumbents];
        List<EvidenceColumn> columns =
        [
            new($"v{asked.Number}, asked for", $"models/{model}/versions/{asked.Number}"),
            .. incumbents.Select(v => new EvidenceColumn($"v{v.Number}, in {stage} now", $"models/{model}/versions/{v.Number}")),
        ];
        var sections = await VersionEvidence.OfAsync(db, columns, versions, incumbents.Count == 0 ? $"Nothing else is in {stage}." : null, cancellationToken);
        var deployed = VersionEvidence.Deployed(columns, versions, await deployments.OfAsync(db, [.. versions.Select(v => v.Id)], cancellationToken));
        return [sections[0], deployed, .. sections.Skip(1)];
    }

    // What was asked for, planned against what is there now; or why that is not possible any more.
    private static async Task<(StagePlan? Plan, string? Note, string? Stale)> PlanAsync(SlipwayDbContext db, Approval approval, CancellationToken cancellationToken)
    {
        var request = JsonSerializer.Deserialize(approval.Payload, ContractsJson.Default.TransitionStageRequest)!;
        var version = await db.Set<ModelVersion>().SingleOrDefaultAsync(v => v.Id == approval.SubjectId, cancellationToken);
        if (version is null)
        {
            return (null, null, $"{approval.Subject} was deleted.");
        }

        var model = await db.Set<RegisteredModel>().SingleAsync(m => m.Id == version.ModelId, cancellationToken);
        var plan = await StageMoves.PlanAsync(db, model, version, Stages.Parse(request.Stage)!.Value, request.ArchiveExistingVersions == true, cancellationToken);
        return plan.Base == approval.Base && version.Digest == approval.TargetHash
            ? (plan, request.Note, null)
            : (null, null, string.Create(CultureInfo.InvariantCulture, $"it was asked for when there was “{approval.Base}”, and now there is “{plan.Base}”; ask again."));
    }
}
