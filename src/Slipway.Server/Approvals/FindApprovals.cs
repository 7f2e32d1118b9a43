using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Approvals;

/// <summary>Reads requests.</summary>
internal sealed class FindApprovals(Database database, IEnumerable<IApprovalSubject> subjects)
{
    /// <summary>Which requests are wanted; what is left out holds always.</summary>
    /// <param name="Mine">to_decide or requested.</param>
    /// <param name="Resource">The path of a subject, or of what is above it.</param>
    internal sealed record Query(string? State, string? Mine, string? Kind, string? Resource);

    /// <summary>Requests, newest first.</summary>
    /// <returns>Also <c>invalid_field</c>.</returns>
    public async Task<Result<Page<ApprovalInfo>>> PageAsync(Query query, PageQuery page, Actor by, CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        var rows = db.Set<Approval>().AsQueryable();
        if (!string.IsNullOrEmpty(query.State))
        {
            if (StateOf(query.State) is not { } state)
            {
                return ApprovalRefusals.BadState(query.State);
            }

            rows = rows.Where(a => a.State == state);
        }

        switch (query.Mine)
        {
            case null or "":
                break;
            case "requested":
                rows = rows.Where(a => a.RequesterId == by.UserId);
                break;
            case "to_decide":
                rows = rows.Where(a => a.State == ApprovalState.Pending && a.RequesterId != by.UserId && a.Reviewers.Any(r => r.UserId == by.UserId));
                break;
            default:
                return ApprovalRefusals.BadRole();
        }

        rows = string.IsNullOrEmpty(query.Kind) ? rows : rows.Where(a => a.Kind == query.Kind);
        if (query.Resource is { Length: > 0 } resource)
        {
            var below = resource.TrimEnd('/') + "/";
            rows = rows.Where(a => a.Resource == resource || a.Resource.StartsWith(below));
        }

        if (page.After is { } after)
        {
            if (!Guid.TryParse(after, out var last))
            {
                return PageQuery.TokenInvalid;
            }

            rows = rows.Where(a => a.Id.CompareTo(last) < 0);
        }

        var found = await rows.OrderByDescending(a => a.Id).Take(page.Limit + 1).Include(a => a.Reviewers)
            .Select(a => new { Approval = a, Comments = a.Comments.Count }).ToListAsync(cancellationToken);
        return page.Of(found, r => r.Approval.Id.ToString(), r => ToInfo(r.Approval, r.Comments, by));
    }

    public async Task<Result<ApprovalInfo>> OneAsync(Guid id, Actor by, CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        return await LoadAsync(db, id, cancellationToken) is { } approval ? ToInfo(approval, approval.Comments.Count, by) : ApprovalRefusals.NotFound();
    }

    /// <summary>A request with its conversation and what a reviewer needs.</summary>
    public async Task<Result<ApprovalDetail>> DetailAsync(Guid id, Actor by, CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        if (await LoadAsync(db, id, cancellationToken) is not { } approval)
        {
            return ApprovalRefusals.NotFound();
        }

        var subject = SubjectOf(approval);
        var stale = subject is not null && approval.State == ApprovalState.Pending ? await subject.StaleBecauseAsync(db, approval, cancellationToken) : null;
        return new ApprovalDetail(
            ToInfo(approval, approval.Comments.Count, by),
            [.. approval.Comments.OrderBy(c => c.Sequence).Select(c => new ApprovalCommentInfo(c.Author, c.Text, c.At))],
            stale, subject is null ? [] : await subject.DescribeAsync(db, approval, cancellationToken));
    }

    /// <summary>The payloads of requests about a subject that wait for their reviewers, or approved to be made.</summary>
    public static Task<List<string>> PendingAsync(SlipwayDbContext db, string kind, Guid subject, CancellationToken cancellationToken) => db.Set<Approval>().Where(
        a => a.Kind == kind && a.SubjectId == subject && (a.State == ApprovalState.Pending || (a.State == ApprovalState.Approved && a.AppliedAt == null))).Select(a => a.Payload).ToListAsync(cancellationToken);

    /// <summary>The wire form, as this caller sees it.</summary>
    private ApprovalInfo ToInfo(Approval a, int comments, Actor by) => new(
        a.Id.ToString(), a.Kind, a.Subject, a.Resource, a.Action, a.From, a.To, a.Requester, a.Comment, a.RequestedAt,
        [.. a.Reviewers.Select(r => r.Name).Order(StringComparer.Ordinal)], a.State.ToString().ToLowerInvariant(), a.DecidedBy, a.DecidedAt, a.DecisionComment, a.ClosedReason,
        a.ClosedAt, a.AppliedAt, a.IsToBeApplied ? a.WaitingBecause : null, comments,
        a.RefuseDecision(by) is null && Authorize.Check(by, Right.DecideApprovals, a.ProjectId) is null, a.RefuseCancellation(by) is null,
        SubjectOf(a)?.NotesOf(a) ?? []);

    private IApprovalSubject? SubjectOf(Approval approval) => subjects.FirstOrDefault(s => s.Kind == approval.Kind);

    private static Task<Approval?> LoadAsync(SlipwayDbContext db, Guid id, CancellationToken cancellationToken) =>
        db.Set<Approval>().Include(a => a.Reviewers).Include(a => a.Comments).AsSplitQuery().SingleOrDefaultAsync(a => a.Id == id, cancellationToken);

    private static ApprovalState? StateOf(string name)
    {
        foreach (var state in Enum.GetValues<ApprovalState>())
        {
            if (string.Equals(state.ToString(), name, StringComparison.OrdinalIgnoreCase))
            {
                return state;
            }
        }

        return null;
    }
}
