namespace Slipway.Contracts;

/// <summary>A request to change something protected, and what became of it.</summary>
/// <param name="Kind">What sort of change: <c>stage_transition</c>, …</param>
/// <param name="Subject">What would change, in words: <c>churn v3</c>.</param>
/// <param name="Resource">The same as a path below <c>/api/v1</c>.</param>
/// <param name="Action">What approving does, as a sentence.</param>
/// <param name="From">Where it is now, such as a stage; null: nowhere.</param>
/// <param name="Comment">The requester's.</param>
/// <param name="Reviewers">Who may decide; never the requester.</param>
/// <param name="State">pending, approved, rejected, cancelled or closed. <c>closed</c>: it went stale before it was applied, and <paramref name="ClosedReason"/> says why.</param>
/// <param name="AppliedAt">When an approved change was made; null: not yet, or never.</param>
/// <param name="WaitingBecause">What an approved change still waits for; null: nothing.</param>
/// <param name="CanDecide">Whether the caller may approve or reject it now.</param>
/// <param name="CanCancel">Whether the caller may withdraw it now.</param>
/// <param name="Notes">What there is to know of what is asked for, each a sentence, such as that its package asks for other resources than it would have; empty: nothing.</param>
public sealed record ApprovalInfo(
    string Id, string Kind, string Subject, string Resource, string Action, string? From, string To, string Requester, string? Comment, DateTimeOffset RequestedAt,
    IReadOnlyList<string> Reviewers, string State, string? DecidedBy, DateTimeOffset? DecidedAt, string? DecisionComment, string? ClosedReason, DateTimeOffset? ClosedAt,
    DateTimeOffset? AppliedAt, string? WaitingBecause, int CommentCount, bool CanDecide, bool CanCancel,
    IReadOnlyList<string> Notes);

/// <summary>A request with what a reviewer needs to decide it.</summary>
/// <param name="StaleBecause">Why a pending request cannot be approved any more; null: it can.</param>
/// <param name="Evidence">What would change beside what is there now.</param>
public sealed record ApprovalDetail(ApprovalInfo Approval, IReadOnlyList<ApprovalCommentInfo> Comments, string? StaleBecause, IReadOnlyList<EvidenceSection> Evidence);

public sealed record ApprovalCommentInfo(string Author, string Text, DateTimeOffset At);

/// <summary>A table of facts: one column for what is asked for, further ones for what it is compared with.</summary>
/// <param name="Note">What there is to say when the table alone would mislead; null: nothing.</param>
public sealed record EvidenceSection(string Title, IReadOnlyList<EvidenceColumn> Columns, IReadOnlyList<EvidenceRow> Rows, string? Note = null);

/// <param name="Resource">Path below <c>/api/v1</c> of what the column is about; null: none.</param>
public sealed record EvidenceColumn(string Title, string? Resource = null);

/// <param name="Kind">text, number, bytes, time or hash: how the values are written (numbers and bytes invariant, times RFC 3339).</param>
/// <param name="Values">One for each column; null: it has none.</param>
/// <param name="Resources">Paths below <c>/api/v1</c> of what the values name, one for each; null: none of them names anything.</param>
public sealed record EvidenceRow(string Label, string Kind, IReadOnlyList<string?> Values, IReadOnlyList<string?>? Resources = null);

/// <param name="Comment">Why; at most 5,000 characters. Encouraged.</param>
public sealed record ApproveRequest(string? Comment = null);

/// <param name="Comment">Why; required, at most 5,000 characters.</param>
public sealed record RejectRequest(string Comment);

/// <param name="Comment">Why; at most 5,000 characters.</param>
public sealed record CancelApprovalRequest(string? Comment = null);

/// <param name="Text">1 to 5,000 characters.</param>
public sealed record CommentRequest(string Text);
