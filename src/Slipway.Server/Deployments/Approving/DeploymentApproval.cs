using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Approvals;
using Slipway.Server.Deployments.Promotions;
using Slipway.Server.Identity;
using Slipway.Server.Platform;
using Slipway.Server.Registry;

namespace Slipway.Server.Deployments.Approving;

/// <summary>What becomes live in an environment that asks for approval, as requests.</summary>
internal sealed class DeploymentApproval(MakeLive live, AuditLog audit, TimeProvider time) : IApprovalSubject
{
    public const string KindName = "deployment";

    private static readonly Dictionary<string, string> Audited = new()
    {
        [MakeLive.Created] = "deployment.created", [MakeLive.Updated] = "deployment.revision_created", [MakeLive.Promoted] = "deployment.promoted",
        [MakeLive.Redeployed] = "deployment.redeployed", [MakeLive.RolledBack] = "deployment.rolled_back", [MakeLive.Retried] = "deployment.retried",
        [MakeLive.Started] = "deployment.started", [MakeLive.Followed] = "deployment.followed",
    };

    public string Kind => KindName;

    /// <summary>One request of a name in an environment can be pending, whether the deployment is there or not.</summary>
    public static Guid SubjectOf(Guid environment, string name) => new(SHA256.HashData(Encoding.UTF8.GetBytes($"{environment:N}/{name}")).AsSpan(0, 16));

    public async Task<string?> StaleBecauseAsync(SlipwayDbContext db, Approval approval, CancellationToken cancellationToken)
    {
        var prepared = await PrepareAsync(db, approval, cancellationToken);
        return prepared switch
        {
            { Stale: { } stale } => stale,
            { Home: { } home } when approval.State == ApprovalState.Pending && !Gate.AsksForApproval(home) => $"{home.Name} asks for no approval any more; do it directly.",
            _ => await RefusedAsync(db, prepared, approval, cancellationToken) is { } refusal && refusal.Code != DeploymentRefusals.RolloutUnderWayCode ? refusal.Detail : null,
        };
    }

    public async Task<ApplyOutcome> ApplyAsync(SlipwayDbContext db, Approval approval, CancellationToken cancellationToken)
    {
        var prepared = await PrepareAsync(db, approval, cancellationToken);
        if (prepared.Stale is { } stale)
        {
            return ApplyOutcome.Stale(stale);
        }

        // 1. Whether it can be, before anything is written.
        if (await RefusedAsync(db, prepared, approval, cancellationToken) is { } refusal)
        {
            return refusal.Code == DeploymentRefusals.RolloutUnderWayCode ? ApplyOutcome.Wait($"a rollout of {prepared.Deployment!.Path} is under way.") : ApplyOutcome.Stale(refusal.Detail);
        }

        // 2. As the operation itself would have made it.
        var (wanted, deployment, target, now) = (prepared.Wanted, prepared.Deployment!, prepared.Target!, time.GetUtcNow());
        var by = RequesterOf(approval);
        if (wanted.DeploymentId is null)
        {
            db.Set<Deployment>().Add(deployment);
        }

        if (wanted.RevisionId is null)
        {
            db.Set<Revision>().Add(deployment.Add(target, now));
        }

        deployment.Scaling = wanted.Scaling ?? deployment.Scaling;
        if (wanted.Verb == MakeLive.Started)
        {
            deployment.Start(now);
        }

        if (deployment.Following is { HeldBecause: not null } name && wanted.Verb == MakeLive.Followed)
        {
            deployment.Following = name with { HeldBecause = null };
        }

        if (wanted.Promotion is { } promotion)
        {
            db.Set<Promotion>().Add(promotion.ToPromotion(deployment, target, by, now));
            db.Changed("deployment", $"deployments/{promotion.From}/{deployment.Name}");
        }

        await live.RunAsync(db, deployment, target, wanted.Verb, by, cancellationToken, wanted.Rollout, new GoingLive(Approval: approval));
        var after = RevisionContent.Audited(target);
        (after["approval"], after["approved_by"]) = ($"{approval.Id}", approval.DecidedBy);
        audit.Record(
            db, by, Audited.GetValueOrDefault(wanted.Verb, "deployment.revision_created"), "deployment", deployment.Path,
            wanted.Promotion is { } from ? new JsonObject { ["from"] = $"{from.From}/{deployment.Name}", ["revision"] = from.SourceRevision }.ToJsonString() : null, after.ToJsonString());
        db.Changed("deployment", deployment.Resource);
        return ApplyOutcome.Applied;
    }

    public async Task<IReadOnlyList<EvidenceSection>> DescribeAsync(SlipwayDbContext db, Approval approval, CancellationToken cancellationToken)
    {
        var wanted = WantedRevision.Read(approval.Payload);
        var target = wanted.RevisionId is { } id
            ? await db.Set<Revision>().AsNoTracking().Include(r => r.Variants).SingleOrDefaultAsync(r => r.Id == id, cancellationToken)
            : wanted.ToRevision(RequesterOf(approval), approval.RequestedAt);
        var deployment = await db.Set<Deployment>().AsNoTracking().Include(d => d.Environment)
            .SingleOrDefaultAsync(d => d.EnvironmentId == wanted.EnvironmentId && d.Name == wanted.Name, cancellationToken);
        return target is null ? [] : await RevisionEvidence.OfAsync(db, target, deployment, await LiveWords.LiveAsync(db, deployment, cancellationToken), cancellationToken);
    }

    public IReadOnlyList<string> NotesOf(Approval approval) => WantedRevision.Read(approval.Payload).Notes ?? [];

    private static Actor RequesterOf(Approval approval) => new(approval.RequesterId, approval.Requester, Role.Viewer, null, [], null, null, null);

    private Task<Refusal?> RefusedAsync(SlipwayDbContext db, Prepared prepared, Approval approval, CancellationToken cancellationToken) =>
        live.RefuseAsync(db, prepared.Deployment!, prepared.Target!, prepared.Wanted.Verb, new GoingLive(Approval: approval), cancellationToken);

    // What was asked for, against what is there now; nothing of it is tracked that was not there before.
    private async Task<Prepared> PrepareAsync(SlipwayDbContext db, Approval approval, CancellationToken cancellationToken)
    {
        var wanted = WantedRevision.Read(approval.Payload);
        var home = await db.Set<DeploymentEnvironment>().SingleOrDefaultAsync(e => e.Id == wanted.EnvironmentId && e.DeletedAt == null, cancellationToken);
        if (home is null)
        {
            return new Prepared(wanted, Stale: "its environment was deleted.");
        }

        var deployment = await db.Set<Deployment>().Include(d => d.Environment).SingleOrDefaultAsync(d => d.EnvironmentId == home.Id && d.Name == wanted.Name, cancellationToken);
        if (wanted.DeploymentId is { } id && deployment?.Id != id)
        {
            return new Prepared(wanted, home, Stale: $"{approval.Subject} was deleted.");
        }

        if (await LiveWords.BaseAsync(db, deployment, cancellationToken) is var live && live != approval.Base)
        {
            return new Prepared(wanted, home, Stale: $"it was asked for when there was “{approval.Base}”, and now there is “{live}”; ask again.");
        }

        if (wanted.Verb == MakeLive.Followed && await MovedOnAsync(db, wanted, deployment, cancellationToken) is { } movedOn)
        {
            return new Prepared(wanted, home, Stale: movedOn);
        }

        var (now, by) = (time.GetUtcNow(), RequesterOf(approval));
        var target = wanted.RevisionId is { } kept
            ? await db.Set<Revision>().Include(r => r.Variants).SingleOrDefaultAsync(r => r.Id == kept, cancellationToken)
            : wanted.ToRevision(by, now);
        if (target?.ContentHash != approval.TargetHash)
        {
            return new Prepared(wanted, home, Stale: "what would go there is not what was asked for; ask again.");
        }

        var there = deployment ?? wanted.ToDeployment(home, now);
        return await MayStillAskAsync(db, wanted, there, home, approval, cancellationToken)
            ? new Prepared(wanted, home, there, target)
            : new Prepared(wanted, home, Stale: $"{approval.Requester}, who asked, may not do it any more; somebody else has to ask.");
    }

    // A move that is not made yet ends with what it was a move of.
    private static async Task<string?> MovedOnAsync(SlipwayDbContext db, WantedRevision wanted, Deployment? deployment, CancellationToken cancellationToken)
    {
        if (deployment?.Following is not { } name || name.Reference != wanted.Reference)
        {
            return $"its version is not chosen by {wanted.Reference ?? "that name"} any more.";
        }

        var named = await References.ResolveAsync(db, name.Model, name.Name, name.IsStage, cancellationToken);
        return named?.Number == wanted.Named ? null : $"{name.Reference} does not name v{wanted.Named} any more.";
    }

    // The least that each of the operations needs, with the role that the requester has now.
    private static async Task<bool> MayStillAskAsync(
        SlipwayDbContext db, WantedRevision wanted, Deployment deployment, DeploymentEnvironment home, Approval approval, CancellationToken cancellationToken) =>
        await Actors.OfAsync(db, approval.RequesterId, [], cancellationToken) is { } requester
        && (wanted.Promotion is null ? DeploymentAccess.Operate(requester, home, deployment.OwnerId) : PromotionAccess.Promote(requester, home)) is null;

    private sealed record Prepared(WantedRevision Wanted, DeploymentEnvironment? Home = null, Deployment? Deployment = null, Revision? Target = null, string? Stale = null);
}
