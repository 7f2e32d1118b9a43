using Microsoft.EntityFrameworkCore;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Approvals;

/// <summary>What a feature asks for.</summary>
/// <param name="SubjectId">What would change; one request for it can be pending.</param>
/// <param name="Subject">In words: <c>churn v3</c>.</param>
/// <param name="Resource">Path below <c>/api/v1</c>.</param>
/// <param name="Action">What approving does, as a sentence.</param>
/// <param name="Payload">What <see cref="IApprovalSubject.ApplyAsync"/> needs, as JSON.</param>
/// <param name="TargetHash">Hash of the content that would go there.</param>
/// <param name="Base">What is there now, in the feature's words.</param>
/// <param name="Comment">The requester's; at most <see cref="Approval.LongestComment"/> characters, checked by who takes it from outside.</param>
/// <param name="Reviewers">Ids of the users whom the policy names.</param>
internal sealed record ApprovalAsk(
    string Kind, Guid SubjectId, string Subject, string Resource, string Action, string? From, string To, string Payload, string TargetHash, string Base, string? Comment,
    IReadOnlyCollection<Guid> Reviewers);

/// <summary>Puts a request before its reviewers, in the unit of the feature that asks.</summary>
internal sealed class RequestApproval(ApprovalNews news, TimeProvider time)
{
    /// <returns>
    /// The request; the one that is pending when the same person has asked the same before, so that repeating a call is harmless. Else <c>approval_pending</c> or
    /// <c>no_other_reviewer</c>.
    /// </returns>
    public async Task<Result<Approval>> InAsync(SlipwayDbContext db, ApprovalAsk ask, Actor by, CancellationToken cancellationToken)
    {
        var pending = await db.Set<Approval>().Include(a => a.Reviewers)
            .SingleOrDefaultAsync(a => a.Kind == ask.Kind && a.SubjectId == ask.SubjectId && a.State == ApprovalState.Pending, cancellationToken);
        if (pending is not null)
        {
            var same = pending.RequesterId == by.UserId && pending.To == ask.To && pending.Payload == ask.Payload && pending.TargetHash == ask.TargetHash && pending.Base == ask.Base;
            return same ? pending : ApprovalRefusals.AnotherIsPending(pending);
        }

        var reviewers = (await UserNames.WhoMayActAsync(db, ask.Reviewers, cancellationToken)).Where(r => r.Id != by.UserId).ToList();
        if (reviewers.Count == 0)
        {
            return ApprovalRefusals.NoOtherReviewer(ask.Subject);
        }

        var now = time.GetUtcNow();
        var id = Guid.CreateVersion7(now);
        var approval = new Approval
        {
            Id = id, ProjectId = Project.Default, Kind = ask.Kind, SubjectId = ask.SubjectId, Subject = ask.Subject, Resource = ask.Resource, Action = ask.Action, From = ask.From,
            To = ask.To, Payload = ask.Payload, TargetHash = ask.TargetHash, Base = ask.Base, RequesterId = by.UserId, Requester = by.Name,
            Comment = string.IsNullOrWhiteSpace(ask.Comment) ? null : ask.Comment, RequestedAt = now,
            Reviewers = reviewers.ConvertAll(r => new ApprovalReviewer { ApprovalId = id, UserId = r.Id, Name = r.Name }),
        };
        db.Add(approval);
        await news.RequestedAsync(db, approval, by, cancellationToken);
        return approval;
    }
}
