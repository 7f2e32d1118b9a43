using Slipway.Server.Platform;

namespace Slipway.Server.Approvals;

/// <summary>Every way in which approvals say no.</summary>
internal static class ApprovalRefusals
{
    public static Refusal NotFound() => Refusal.NotFound("approval_not_found", "There is no such request for approval.");

    public static Refusal OwnRequest() => Refusal.Forbidden("own_request", "You asked for this yourself; another reviewer must decide it.");

    public static Refusal NotAReviewer(IReadOnlyList<string> reviewers) => Refusal.Forbidden(
        "not_a_reviewer", $"Only its reviewers decide this request: {string.Join(", ", reviewers)}.");

    public static Refusal NotTheRequester(string requester) => Refusal.Forbidden("not_the_requester", $"Only {requester}, who asked for it, can cancel this request; a reviewer can reject it.");

    /// <summary>For anything that only a pending request takes.</summary>
    public static Refusal Over(Approval approval) => approval.State == ApprovalState.Closed
        ? Stale(approval.ClosedReason!)
        : Refusal.Conflict(
            "approval_already_decided",
            approval.State == ApprovalState.Cancelled
                ? $"{approval.Requester} has cancelled this request."
                : $"{approval.DecidedBy} has {approval.State.ToString().ToLowerInvariant()} this request already; a decision is final.");

    public static Refusal Stale(string reason) => Refusal.Conflict("approval_stale", $"This request is closed: {reason}");

    public static Refusal NoOtherReviewer(string subject) => Refusal.Conflict(
        "no_other_reviewer", $"{subject} is protected and nobody but you may approve the change; ask an administrator to name another reviewer.");

    public static Refusal AnotherIsPending(Approval pending) => Refusal.Conflict(
        "approval_pending", $"{pending.Requester} has asked already: {pending.Action} Wait for the decision, or have that request cancelled first ({pending.Id}).");

    public static Refusal BadComment(string field) => Refusal.Field(field, $"A comment has at most {Approval.LongestComment:N0} characters.");

    public static Refusal CommentMissing() => Refusal.Field("comment", "Say why: a rejection needs a comment.");

    public static Refusal TextMissing() => Refusal.Field("text", $"A comment has 1 to {Approval.LongestComment:N0} characters.");

    public static Refusal BadState(string state) => Refusal.Field(
        "state", $"There is no state '{(state.Length <= 64 && !state.Any(char.IsControl) ? state : "of that name")}'; there are pending, approved, rejected, cancelled and closed.");

    public static Refusal BadRole() => Refusal.Field("mine", "mine is to_decide or requested.");
}
