using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Approvals;

/// <summary>Approves or rejects. The decision is committed first and alone; the change is made after it, here when it can be at once, else by the loop.</summary>
internal sealed class DecideApproval(Writes writes, ApprovalNews news, ApplyApprovals apply, FindApprovals find, IEnumerable<IApprovalSubject> subjects, TimeProvider time)
{
    /// <returns>
    /// The request as it now is; <c>approval_not_found</c>, <c>own_request</c>, <c>not_a_reviewer</c>, <c>approval_already_decided</c>, or <c>approval_stale</c>, which also closes it.
    /// </returns>
    public async Task<Result<ApprovalInfo>> ApproveAsync(Guid id, ApproveRequest request, Actor by, CancellationToken cancellationToken)
    {
        if (request.Comment is { Length: > Approval.LongestComment })
        {
            return ApprovalRefusals.BadComment("comment");
        }

        var decided = await RunAsync(id, ApprovalState.Approved, request.Comment, by, cancellationToken);
        if (!decided.IsRefused)
        {
            Failpoints.Pass("approvals.decided");
            await apply.SoonAsync(id, cancellationToken);
        }

        return decided.IsRefused ? decided.Refusal! : await find.OneAsync(id, by, cancellationToken);
    }

    /// <returns>The same without <c>approval_stale</c>; <c>invalid_field</c> when there is no comment.</returns>
    public async Task<Result<ApprovalInfo>> RejectAsync(Guid id, RejectRequest request, Actor by, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(request.Comment))
        {
            return ApprovalRefusals.CommentMissing();
        }

        if (request.Comment.Length > Approval.LongestComment)
        {
            return ApprovalRefusals.BadComment("comment");
        }

        var decided = await RunAsync(id, ApprovalState.Rejected, request.Comment, by, cancellationToken);
        return decided.IsRefused ? decided.Refusal! : await find.OneAsync(id, by, cancellationToken);
    }

    private async Task<Result<Guid>> RunAsync(Guid id, ApprovalState decision, string? comment, Actor by, CancellationToken cancellationToken)
    {
        var stale = (string?)null;
        var decided = await writes.RunAsync<Guid>(
            async (db, token) =>
            {
                stale = null;
                var approval = await db.Set<Approval>().Include(a => a.Reviewers).SingleOrDefaultAsync(a => a.Id == id, token);
                if (approval is null)
                {
                    return ApprovalRefusals.NotFound();
                }

                if (approval.RefuseDecision(by) is { } refusal)
                {
                    return refusal;
                }

                // The closing is committed, so it cannot be a refusal of this unit.
                if (decision == ApprovalState.Approved && subjects.FirstOrDefault(s => s.Kind == approval.Kind) is { } subject)
                {
                    stale = await subject.StaleBecauseAsync(db, approval, token);
                }

                if (stale is not null)
                {
                    approval.Close(stale, time.GetUtcNow());
                    await news.ClosedAsync(db, approval, by, token);
                    return id;
                }

                approval.Decide(decision, string.IsNullOrWhiteSpace(comment) ? null : comment, by, time.GetUtcNow());
                await news.DecidedAsync(db, approval, by, token);
                return id;
            },
            cancellationToken);
        return stale is null || decided.IsRefused ? decided : ApprovalRefusals.Stale(stale);
    }
}
