using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Deployments.Environments;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Deployments.Promotions;

/// <summary>
/// Takes the live revision to the same-named deployment of the next environment, which is made when it is not there; a rollout makes it live. Model versions, resources, plain
/// variables and the names of secrets go along; values of secrets never do.
/// </summary>
internal sealed class PromoteDeployment(Writes writes, Database database, MakeLive live, AuditLog audit, IEventOutbox outbox, TimeProvider time)
{
    /// <returns>
    /// Id of the deployment that it went to; <c>deployment_not_found</c>, <c>no_next_environment</c>, a missing right, <c>stale_etag</c>, <c>invalid_field</c>, <c>deployment_stopped</c>,
    /// <c>nothing_live</c>, <c>name_taken</c>, <c>revision_unchanged</c> or a refusal of <see cref="MakeLive"/> in the target.
    /// </returns>
    public Task<Result<Guid>> RunAsync(DeploymentRef which, PromoteRequest request, Actor by, CancellationToken cancellationToken) => writes.RunAsync<Guid>(
        async (db, token) =>
        {
            var source = await db.Set<Deployment>().Include(d => d.Environment)
                .SingleOrDefaultAsync(d => d.Environment.Name == which.Environment && d.Name == which.Name, token);
            if (source is null)
            {
                return DeploymentRefusals.NotFound(which.Environment, which.Name);
            }

            if (await EnvironmentOrder.NextAsync(db, source.Environment, token) is not { } next)
            {
                return PromotionRefusals.NothingAfter(source.Environment.Name);
            }

            var found = await LiveOfAsync(db, source, token);
            if (Refuse(source, next, found, which, request, by) is { } refusal)
            {
                return refusal;
            }

            var now = time.GetUtcNow();
            var target = await db.Set<Deployment>().Include(d => d.Environment).SingleOrDefaultAsync(d => d.EnvironmentId == next.Id && d.Name == source.Name, token);
            if (target is not null && target.OwnerId != source.OwnerId)
            {
                return DeploymentRefusals.NameTaken(source.Name, next.Name, target.Owner);
            }

            if (target?.LiveRevisionId is { } there && await db.Set<Revision>().AnyAsync(r => r.Id == there && r.ContentHash == found!.ContentHash && r.InactiveAt == null, token))
            {
                return PromotionRefusals.AlreadyThere(target);
            }

            if (target is null)
            {
                target = CarryOver.NewDeployment(source, next, now);
                db.Set<Deployment>().Add(target);
                audit.Record(db, by, "deployment.created", "deployment", target.Path, after: new JsonObject { ["promoted_from"] = source.Path }.ToJsonString());
                outbox.Created(db, target, by, source.Path);
            }

            var revision = CarryOver.AddRevision(target, found!, by, now);
            db.Set<Revision>().Add(revision);
            var origin = new PromotionOrigin(source.Id, found!.Id, found.Number, source.Environment.Name, Said(request.Comment));
            var going = await live.RunAsync(db, target, revision, MakeLive.Promoted, by, token, along: new GoingLive(origin));
            if (going.Refusal is { } no)
            {
                return no;
            }

            db.Set<Promotion>().Add(origin.ToPromotion(target, revision, by, now));
            audit.Record(
                db, by, "deployment.promoted", "deployment", target.Path, new JsonObject { ["from"] = source.Path, ["revision"] = found.Number }.ToJsonString(),
                RevisionContent.Audited(revision).ToJsonString());
            db.Changed("deployment", source.Resource);
            db.Changed("deployment", target.Resource);
            return target.Id;
        },
        cancellationToken);

    /// <summary>What <see cref="RunAsync"/> would refuse before it looks at the target; null: nothing.</summary>
    public async Task<Refusal?> CheckAsync(DeploymentRef which, PromoteRequest request, Actor by, CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        var source = await db.Set<Deployment>().Include(d => d.Environment)
            .SingleOrDefaultAsync(d => d.Environment.Name == which.Environment && d.Name == which.Name, cancellationToken);
        if (source is null)
        {
            return DeploymentRefusals.NotFound(which.Environment, which.Name);
        }

        return await EnvironmentOrder.NextAsync(db, source.Environment, cancellationToken) is { } next
            ? Refuse(source, next, await LiveOfAsync(db, source, cancellationToken), which, request, by)
            : PromotionRefusals.NothingAfter(source.Environment.Name);
    }

    internal static async Task<Revision?> LiveOfAsync(SlipwayDbContext db, Deployment deployment, CancellationToken cancellationToken) => deployment.LiveRevisionId is { } id
        ? await db.Set<Revision>().AsNoTracking().Include(r => r.Variants).SingleAsync(r => r.Id == id, cancellationToken)
        : null;

    internal static string? Said(string? comment) => string.IsNullOrWhiteSpace(comment) ? null : comment;

    private static Refusal? Refuse(Deployment source, DeploymentEnvironment next, Revision? found, DeploymentRef which, PromoteRequest request, Actor by)
    {
        if (PromotionAccess.Promote(by, next) is { } forbidden)
        {
            return forbidden;
        }

        if (which.IfMatch is { } etag && !Etag.Matches(etag, source.Edit))
        {
            return DeploymentRefusals.Stale(source);
        }

        if (request.Comment is { Length: > Promotion.LongestComment } comment)
        {
            return PromotionRefusals.CommentTooLong(comment.Length);
        }

        if (source.State == RunState.Stopped)
        {
            return DeploymentRefusals.Stopped(source, "promoted");
        }

        return found switch
        {
            null => PromotionRefusals.NothingLive(source, "promote"),
            { InactiveAt: not null } => DeploymentRefusals.Inactive(found.Number),
            _ => found.Variants.Select(v => PlacementOf.Refuse(by, null, v.Placement)).FirstOrDefault(r => r is not null),
        };
    }
}
