using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Deployments.Environments;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Deployments.Promotions;

/// <summary>
/// Takes a staging deployment back: it stops and keeps its history, and the development deployment of its name is woken at its own live revision. Nothing is overwritten; where
/// development has none of that name, one is made of what was live in staging.
/// </summary>
internal sealed class RejectDeployment(Writes writes, IRollouts rollouts, IScaling scaling, MakeLive live, AuditLog audit, TimeProvider time)
{
    /// <returns>Id of the staging deployment; <c>deployment_not_found</c>, a missing right, <c>not_in_staging</c>, <c>invalid_field</c>, <c>deployment_stopped</c> or <c>name_taken</c>.</returns>
    public Task<Result<Guid>> RunAsync(DeploymentRef which, RejectDeploymentRequest request, Actor by, CancellationToken cancellationToken) => writes.RunAsync<Guid>(
        async (db, token) =>
        {
            var source = await db.Set<Deployment>().Include(d => d.Environment)
                .SingleOrDefaultAsync(d => d.Environment.Name == which.Environment && d.Name == which.Name, token);
            if (source is null)
            {
                return DeploymentRefusals.NotFound(which.Environment, which.Name);
            }

            if (Refuse(source, which, request, by) is { } refusal)
            {
                return refusal;
            }

            var now = time.GetUtcNow();
            var found = await PromoteDeployment.LiveOfAsync(db, source, token);
            source.Stop(now);
            await rollouts.CancelAsync(db, source, by, token);

            var development = await EnvironmentOrder.There(db).SingleAsync(e => e.Name == DeploymentEnvironment.Development, token);
            var target = await db.Set<Deployment>().Include(d => d.Environment).SingleOrDefaultAsync(d => d.EnvironmentId == development.Id && d.Name == source.Name, token);
            Revision? brought = null;
            if (target is not null)
            {
                await WakeAsync(db, target, now, token);
            }
            else if (found is not null)
            {
                target = CarryOver.NewDeployment(source, development, now);
                brought = CarryOver.AddRevision(target, found, by, now);
                db.Set<Deployment>().Add(target);
                db.Set<Revision>().Add(brought);
                if ((await live.RunAsync(db, target, brought, MakeLive.Created, by, token)).Refusal is { } no)
                {
                    return no with { Instead = null };   // nothing of a rejection may wait for an approval
                }
            }

            // What was still on its way there is rejected too.
            found ??= await db.Set<Revision>().AsNoTracking().SingleAsync(r => r.DeploymentId == source.Id && r.Number == source.LastRevision, token);
            Record(db, source, found, target, brought, development, request, by, now);
            return source.Id;
        },
        cancellationToken);

    private static Refusal? Refuse(Deployment source, DeploymentRef which, RejectDeploymentRequest request, Actor by)
    {
        if (PromotionAccess.Reject(by, source.Environment) is { } forbidden)
        {
            return forbidden;
        }

        if (source.Environment.Name != DeploymentEnvironment.Staging)
        {
            return PromotionRefusals.OnlyFromStaging(source);
        }

        if (which.IfMatch is { } etag && !Etag.Matches(etag, source.Edit))
        {
            return DeploymentRefusals.Stale(source);
        }

        if (request.Comment is { Length: > Promotion.LongestComment } comment)
        {
            return PromotionRefusals.CommentTooLong(comment.Length);
        }

        return source.State == RunState.Stopped ? DeploymentRefusals.Stopped(source, "rejected") : null;
    }

    /// <summary>Brings a deployment back at its own live revision, whatever took it away: stopped, deactivated, at zero.</summary>
    private async Task WakeAsync(SlipwayDbContext db, Deployment deployment, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (deployment.LiveRevisionId is not { } id)
        {
            return;
        }

        var revision = await db.Set<Revision>().Include(r => r.Variants).SingleAsync(r => r.Id == id, cancellationToken);
        if (deployment.State == RunState.Stopped)
        {
            deployment.Start(now);
        }

        revision.InactiveAt = null;
        await scaling.WakeAsync(db, deployment, revision.Sets, ScaleReasons.WokenByPerson, cancellationToken);
    }

    private void Record(
        SlipwayDbContext db, Deployment source, Revision found, Deployment? target, Revision? brought, DeploymentEnvironment development, RejectDeploymentRequest request, Actor by,
        DateTimeOffset now)
    {
        if (target is not null)
        {
            db.Set<Promotion>().Add(new Promotion
            {
                Id = Guid.CreateVersion7(now), Kind = PromotionKind.Rejected, SourceId = source.Id, SourceRevisionId = found.Id, SourceRevision = found.Number,
                From = source.Environment.Name, TargetId = target.Id, TargetRevisionId = brought?.Id, TargetRevision = brought?.Number, To = development.Name, Name = source.Name,
                Outcome = PromotionOutcome.Done, Comment = PromoteDeployment.Said(request.Comment), ById = by.UserId, By = by.Name, At = now,
            });
            db.Changed("deployment", target.Resource);
        }

        audit.Record(
            db, by, "deployment.rejected", "deployment", source.Path, new JsonObject { ["revision"] = found.Number }.ToJsonString(),
            new JsonObject { ["to"] = target?.Path, ["comment"] = PromoteDeployment.Said(request.Comment) }.ToJsonString());
        db.Changed("deployment", source.Resource);
    }
}
