using System.Text.Json;
using System.Text.Json.Nodes;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Notifications;
using Slipway.Server.Platform;

namespace Slipway.Server.Approvals;

/// <summary>Tells of what happens to a request, in the transaction in which it happens: audit trail, change feed, messages, events.</summary>
internal sealed class ApprovalNews(AuditLog audit, Notices notices, IEventOutbox outbox)
{
    public Task RequestedAsync(SlipwayDbContext db, Approval approval, Actor by, CancellationToken cancellationToken)
    {
        Record(db, by, "approval.requested", approval, approval.Comment);
        outbox.Record(db, EventTypes.ApprovalRequested, ResourceOf(approval), DataOf(approval));
        return InviteAsync(db, approval, approval.Reviewers, cancellationToken);
    }

    /// <summary>Tells reviewers that something waits for them.</summary>
    public Task InviteAsync(SlipwayDbContext db, Approval approval, IEnumerable<ApprovalReviewer> reviewers, CancellationToken cancellationToken) => notices.SendAsync(
        db, NotificationKind.ApprovalRequested, [.. reviewers.Select(r => r.UserId).Where(id => id != approval.RequesterId)],
        new Notice($"{approval.Requester} asks: {approval.Action}", approval.Comment, LinkOf(approval)), cancellationToken);

    /// <summary>Approved or rejected.</summary>
    public Task DecidedAsync(SlipwayDbContext db, Approval approval, Actor by, CancellationToken cancellationToken)
    {
        var word = approval.State.ToString().ToLowerInvariant();
        Record(db, by, $"approval.{word}", approval, approval.DecisionComment);
        outbox.Record(db, EventTypes.ApprovalDecided, ResourceOf(approval), DataOf(approval));
        return notices.SendAsync(
            db, NotificationKind.ApprovalDecided, [approval.RequesterId],
            new Notice($"{by.Name} {word} your request: {approval.Action}", approval.DecisionComment, LinkOf(approval)), cancellationToken);
    }

    /// <summary>Withdrawn; the reviewers find it gone from what waits for them, which is enough.</summary>
    public void Cancelled(SlipwayDbContext db, Approval approval, Actor by)
    {
        Record(db, by, "approval.cancelled", approval, approval.DecisionComment);
        outbox.Record(db, EventTypes.ApprovalDecided, ResourceOf(approval), DataOf(approval));
    }

    public Task ClosedAsync(SlipwayDbContext db, Approval approval, Actor by, CancellationToken cancellationToken)
    {
        Record(db, by, "approval.closed", approval, approval.ClosedReason);
        outbox.Record(db, EventTypes.ApprovalDecided, ResourceOf(approval), DataOf(approval));
        return notices.SendAsync(
            db, NotificationKind.ApprovalDecided, approval.DecidedById is { } reviewer ? [approval.RequesterId, reviewer] : [approval.RequesterId],
            new Notice($"A request was closed: {approval.Action}", approval.ClosedReason, LinkOf(approval)), cancellationToken);
    }

    public void Applied(SlipwayDbContext db, Approval approval) => Record(db, Actor.System, "approval.applied", approval, null);

    public Task CommentedAsync(SlipwayDbContext db, Approval approval, string text, Actor by, CancellationToken cancellationToken)
    {
        db.Changed("approval", ResourceOf(approval));
        return notices.SendAsync(
            db, NotificationKind.ApprovalCommented, [.. approval.Reviewers.Select(r => r.UserId).Append(approval.RequesterId).Where(id => id != by.UserId)],
            new Notice($"{by.Name} commented on: {approval.Action}", text, LinkOf(approval)), cancellationToken);
    }

    public static string ResourceOf(Approval approval) => $"approvals/{approval.Id}";

    private static JsonObject DataOf(Approval a) => new()
    {
        ["id"] = a.Id.ToString(), ["kind"] = a.Kind, ["subject"] = a.Subject, ["resource"] = a.Resource, ["action"] = a.Action, ["from"] = a.From, ["to"] = a.To,
        ["state"] = a.State.ToString().ToLowerInvariant(), ["requester"] = a.Requester, ["comment"] = a.Comment,
        ["reviewers"] = new JsonArray([.. a.Reviewers.Select(r => (JsonNode)r.Name)]), ["decided_by"] = a.DecidedBy, ["decision_comment"] = a.DecisionComment,
        ["closed_reason"] = a.ClosedReason,
    };

    private static string LinkOf(Approval approval) => $"/approvals/{approval.Id}";

    private void Record(SlipwayDbContext db, Actor by, string action, Approval approval, string? said)
    {
        var after = new Dictionary<string, string> { ["approval"] = $"{approval.Id}", ["action"] = approval.Action };
        if (!string.IsNullOrEmpty(said))
        {
            after["said"] = said;
        }

        if (by.KeyPrefix is { } key)
        {
            after["key"] = key;   // whose making is a row of the trail too: somebody else may have made it
        }

        audit.Record(db, by, action, "approval", approval.Resource, after: JsonSerializer.Serialize(after, ContractsJson.Default.DictionaryStringString));
        db.Changed("approval", ResourceOf(approval));
    }
}
