namespace Slipway.Contracts;

/// <summary>A message to the caller.</summary>
/// <param name="Kind">approval_requested, approval_decided, approval_commented, rollout_finished, rollout_failed, alert, schedule_failed or run_alert.</param>
/// <param name="Link">The page that it is about, below <c>/ui</c>, such as <c>/approvals/0190…</c>; null: none.</param>
/// <param name="ReadAt">Null: not read yet.</param>
public sealed record NotificationInfo(string Id, string Kind, string Title, string? Text, string? Link, DateTimeOffset CreatedAt, DateTimeOffset? ReadAt);

/// <summary>How many messages of the caller are not read.</summary>
public sealed record UnreadInfo(int Unread);

/// <summary>Marks messages as read.</summary>
/// <param name="UpTo">The newest message that was seen, by its id: what came after it stays unread. Left out: all.</param>
public sealed record MarkReadRequest(string? UpTo = null);

/// <summary>Whether the caller wants messages of a kind.</summary>
/// <param name="Title">The kind in words.</param>
/// <param name="InApp">False: no message of this kind is made for the caller.</param>
public sealed record NotificationPreference(string Kind, string Title, string Description, bool InApp);

public sealed record NotificationPreferences(IReadOnlyList<NotificationPreference> Kinds);

/// <param name="InApp">Kind to whether it is wanted; kinds that are left out stay as they are.</param>
public sealed record SetNotificationPreferencesRequest(IReadOnlyDictionary<string, bool> InApp);
