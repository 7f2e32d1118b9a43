using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Approvals;

/// <summary>What has become of a request. Approved is final as a decision; the change that it allows is made afterwards, once.</summary>
internal enum ApprovalState
{
    Pending,
    Approved,
    Rejected,
    Cancelled,

    /// <summary>Went stale: what it was asked against has changed before it was applied.</summary>
    Closed,
}

/// <summary>A request to change something protected: who asks for what, who decided, and whether it was done.</summary>
internal sealed class Approval
{
    public const int LongestComment = 5000;

    public Guid Id { get; init; }

    public Guid ProjectId { get; init; }

    /// <summary>Who applies it: <see cref="IApprovalSubject.Kind"/>.</summary>
    public required string Kind { get; init; }

    /// <summary>What would change. Of one subject at most one request is pending.</summary>
    public Guid SubjectId { get; init; }

    /// <summary>The subject in words, as it was called when it was asked.</summary>
    public required string Subject { get; init; }

    /// <summary>The subject as a path below <c>/api/v1</c>.</summary>
    public required string Resource { get; init; }

    /// <summary>What approving does, as a sentence.</summary>
    public required string Action { get; init; }

    public string? From { get; init; }

    public required string To { get; init; }

    /// <summary>What the owner needs to apply it, as JSON; read by the owner only.</summary>
    public required string Payload { get; init; }

    /// <summary>Hash of the content that would go there: what was looked at is what is applied.</summary>
    public required string TargetHash { get; init; }

    /// <summary>What was there when it was asked, in the owner's words; when it is another at the end, the request is stale.</summary>
    public required string Base { get; init; }

    public Guid RequesterId { get; init; }

    public required string Requester { get; init; }

    public string? Comment { get; init; }

    public DateTimeOffset RequestedAt { get; init; }

    public ApprovalState State { get; private set; }

    public Guid? DecidedById { get; private set; }

    public string? DecidedBy { get; private set; }

    public DateTimeOffset? DecidedAt { get; private set; }

    public string? DecisionComment { get; private set; }

    public string? ClosedReason { get; private set; }

    public DateTimeOffset? ClosedAt { get; private set; }

    public DateTimeOffset? AppliedAt { get; private set; }

    public string? WaitingBecause { get; private set; }

    /// <summary>Rises with every change, and is checked on save.</summary>
    public long Edit { get; private set; }

    public List<ApprovalReviewer> Reviewers { get; init; } = [];

    public List<ApprovalComment> Comments { get; init; } = [];

    /// <summary>Approved, and the change is still to be made.</summary>
    public bool IsToBeApplied => State == ApprovalState.Approved && AppliedAt is null;

    /// <summary>Why somebody may not decide this; null: they may. Everybody is held to it, administrators too.</summary>
    public Refusal? RefuseDecision(Actor by)
    {
        if (by.UserId == RequesterId)
        {
            return ApprovalRefusals.OwnRequest();
        }

        if (Reviewers.TrueForAll(r => r.UserId != by.UserId))
        {
            return ApprovalRefusals.NotAReviewer([.. Reviewers.Select(r => r.Name)]);
        }

        return State == ApprovalState.Pending ? null : ApprovalRefusals.Over(this);
    }

    /// <summary>Why somebody may not withdraw this; null: they may.</summary>
    public Refusal? RefuseCancellation(Actor by)
    {
        if (by.UserId != RequesterId)
        {
            return ApprovalRefusals.NotTheRequester(Requester);
        }

        return State == ApprovalState.Pending ? null : ApprovalRefusals.Over(this);
    }

    public void Decide(ApprovalState decision, string? comment, Actor by, DateTimeOffset now)
    {
        State = decision;
        (DecidedById, DecidedBy, DecidedAt, DecisionComment) = (by.UserId, by.Name, now, comment);
        Edit++;
    }

    /// <summary>The end of a request that went stale, decided or not.</summary>
    public void Close(string reason, DateTimeOffset now)
    {
        (State, ClosedReason, ClosedAt, WaitingBecause) = (ApprovalState.Closed, reason, now, null);
        Edit++;
    }

    public void Apply(DateTimeOffset now)
    {
        (AppliedAt, WaitingBecause) = (now, null);
        Edit++;
    }

    public void Wait(string reason)
    {
        WaitingBecause = reason;
        Edit++;
    }

    public void Touch() => Edit++;
}

/// <summary>Somebody who may decide a request.</summary>
internal sealed class ApprovalReviewer
{
    public Guid ApprovalId { get; init; }

    public Guid UserId { get; init; }

    public required string Name { get; init; }
}

/// <summary>One word in the conversation about a request.</summary>
internal sealed class ApprovalComment
{
    public long Sequence { get; init; }

    public Guid ApprovalId { get; init; }

    public Guid AuthorId { get; init; }

    public required string Author { get; init; }

    public required string Text { get; init; }

    public DateTimeOffset At { get; init; }
}
