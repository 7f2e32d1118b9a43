using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Approvals;

/// <summary>Withdraws a request, and speaks about one.</summary>
internal sealed class DiscussApproval(Writes writes, ApprovalNews news, FindApprovals find, TimeProvider time)
{
    /// <returns>The request, <c>approval_not_found</c>, <c>not_the_requester</c>, <c>approval_already_decided</c> or <c>approval_stale</c>.</returns>
    public async Task<Result<ApprovalInfo>> CancelAsync(Guid id, CancelApprovalRequest request, Actor by, CancellationToken cancellationToken)
    {
        if (request.Comment is { Length: > Approval.LongestComment })
        {
            return ApprovalRefusals.BadComment("comment");
        }

        var cancelled = await writes.RunAsync(
            async (db, token) =>
            {
                var approval = await db.Set<Approval>().Include(a => a.Reviewers).SingleOrDefaultAsync(a => a.Id == id, token);
                if (approval is null)
                {
                    return ApprovalRefusals.NotFound();
                }

                if (approval.RefuseCancellation(by) is { } refusal)
                {
                    return refusal;
                }

                approval.Decide(ApprovalState.Cancelled, string.IsNullOrWhiteSpace(request.Comment) ? null : request.Comment, by, time.GetUtcNow());
                news.Cancelled(db, approval, by);
                return Result.Done;
            },
            cancellationToken);
        return cancelled.Refusal is { } no ? no : await find.OneAsync(id, by, cancellationToken);
    }

    /// <summary>Adds a comment; also to a request that is decided.</summary>
    /// <returns>The request with its comments, <c>invalid_field</c> or <c>approval_not_found</c>.</returns>
    public async Task<Result<ApprovalDetail>> CommentAsync(Guid id, CommentRequest request, Actor by, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(request.Text) || request.Text.Length > Approval.LongestComment)
        {
            return ApprovalRefusals.TextMissing();
        }

        var said = await writes.RunAsync(
            async (db, token) =>
            {
                var approval = await db.Set<Approval>().Include(a => a.Reviewers).SingleOrDefaultAsync(a => a.Id == id, token);
                if (approval is null)
                {
                    return ApprovalRefusals.NotFound();
                }

                db.Add(new ApprovalComment { ApprovalId = id, AuthorId = by.UserId, Author = by.Name, Text = request.Text, At = time.GetUtcNow() });
                await news.CommentedAsync(db, approval, request.Text, by, token);
                by.Claimed(db, "approval", ApprovalNews.ResourceOf(approval));
                return Result.Done;
            },
            cancellationToken);
        return said.Refusal is { } refusal ? refusal : await find.DetailAsync(id, by, cancellationToken);
    }
}
