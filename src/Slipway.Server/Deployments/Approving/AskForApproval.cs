using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Approvals;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Deployments.Approving;

/// <summary>
/// Puts before the reviewers of an environment what its gate has refused for want of an approval. The operation that was refused has left nothing behind; the request is a unit of
/// its own, which holds only if what is live is still what the operation saw.
/// </summary>
internal sealed class AskForApproval(Writes writes, RequestApproval requests, SettleApprovals settle, FindApprovals find)
{
    /// <param name="followed">The name whose move it is: it takes the place of what following has asked for before, as of moves the last one counts, and holds only while the deployment still
    /// goes by that name. Null: a person asks.</param>
    /// <returns>The request; or <c>deployment_changed</c>, <c>approval_pending</c> or <c>no_other_reviewer</c>.</returns>
    public async Task<Result<ApprovalInfo>> RunAsync(LiveAsk ask, Actor by, CancellationToken cancellationToken, string? followed = null)
    {
        var asked = await writes.RunAsync<Guid>(
            async (db, token) =>
            {
                var home = await db.Set<DeploymentEnvironment>().SingleOrDefaultAsync(e => e.Id == ask.Wanted.EnvironmentId && e.DeletedAt == null, token);
                var deployment = await db.Set<Deployment>().AsNoTracking().SingleOrDefaultAsync(d => d.EnvironmentId == ask.Wanted.EnvironmentId && d.Name == ask.Wanted.Name, token);
                if (home is null || !Gate.AsksForApproval(home) || await LiveWords.BaseAsync(db, deployment, token) != ask.Base
                    || (followed is not null && deployment?.Following?.Reference != followed))
                {
                    return DeploymentRefusals.Changed(ask.Path);
                }

                if (followed is not null)
                {
                    await ReplaceAsync(db, ask, by, token);
                }

                var request = await requests.InAsync(
                    db,
                    new ApprovalAsk(
                        DeploymentApproval.KindName, DeploymentApproval.SubjectOf(home.Id, ask.Wanted.Name), ask.Path, $"deployments/{ask.Path}", ask.Action, ask.From, ask.To,
                        ask.Wanted.Write(), ask.ContentHash, ask.Base, ask.Comment, await ReviewersAsync(db, home, token)),
                    by, token);
                return request.IsRefused ? request.Refusal! : request.Value.Id;
            },
            cancellationToken);
        return asked.IsRefused ? asked.Refusal! : await find.OneAsync(asked.Value, by, cancellationToken);
    }

    /// <summary>Pending requests follow the environment: other reviewers decide them, or nobody needs to.</summary>
    public async Task FollowAsync(SlipwayDbContext db, DeploymentEnvironment environment, Actor by, CancellationToken cancellationToken)
    {
        var reviewers = await ReviewersAsync(db, environment, cancellationToken);
        foreach (var approval in await settle.PendingAsync(db, DeploymentApproval.KindName, cancellationToken))
        {
            if (!approval.Resource.StartsWith($"deployments/{environment.Name}/", StringComparison.Ordinal))
            {
                continue;
            }

            if (Gate.AsksForApproval(environment))
            {
                await settle.ReassignAsync(db, approval, reviewers, cancellationToken);
            }
            else
            {
                await settle.CloseAsync(db, DeploymentApproval.KindName, [approval.SubjectId], $"{environment.Name} asks for no approval any more; do it directly.", by, cancellationToken);
            }
        }
    }

    private async Task ReplaceAsync(SlipwayDbContext db, LiveAsk ask, Actor by, CancellationToken cancellationToken)
    {
        var subject = DeploymentApproval.SubjectOf(ask.Wanted.EnvironmentId, ask.Wanted.Name);
        var before = (await settle.PendingAsync(db, DeploymentApproval.KindName, cancellationToken)).Find(a => a.SubjectId == subject);
        if (before is not null && before.TargetHash != ask.ContentHash && WantedRevision.Read(before.Payload).Verb == MakeLive.Followed)
        {
            await settle.CloseAsync(db, DeploymentApproval.KindName, [subject], $"the name that {ask.Path} follows has moved on.", by, cancellationToken);
            await db.SaveChangesAsync(cancellationToken);   // one request of a subject is pending
        }
    }

    private static Task<List<Guid>> ReviewersAsync(SlipwayDbContext db, DeploymentEnvironment environment, CancellationToken cancellationToken) =>
        db.Set<User>().Where(u => environment.Reviewers.Contains(u.Name) && u.DeletedAt == null).Select(u => u.Id).ToListAsync(cancellationToken);
}
