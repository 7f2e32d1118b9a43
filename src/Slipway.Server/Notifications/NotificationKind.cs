namespace Slipway.Server.Notifications;

/// <summary>What messages are about: the closed list. Each can be switched off by who gets it.</summary>
internal enum NotificationKind
{
    ApprovalRequested,
    ApprovalDecided,
    ApprovalCommented,
    RolloutFinished,
    RolloutFailed,
    Alert,
    ScheduleFailed,
    RunAlert,
}

/// <summary>The kinds in words.</summary>
internal static class NotificationKinds
{
    public static string WireName(this NotificationKind kind) => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(kind.ToString());

    /// <summary>Reads a wire name; null when there is no such kind.</summary>
    public static NotificationKind? Parse(string name) => Enum.GetValues<NotificationKind>().Cast<NotificationKind?>().FirstOrDefault(k => k!.Value.WireName() == name);

    public static (string Title, string Description) Words(this NotificationKind kind) => kind switch
    {
        NotificationKind.ApprovalRequested => ("Approval requested", "Somebody asks for a change that you may decide."),
        NotificationKind.ApprovalDecided => ("Approval decided", "A change that you asked for was approved, rejected, or closed as stale."),
        NotificationKind.ApprovalCommented => ("Approval comment", "Somebody commented on a change that you asked for or may decide."),
        NotificationKind.RolloutFinished => ("Rollout finished", "A revision that you deployed takes all traffic."),
        NotificationKind.RolloutFailed => ("Rollout failed", "A rollout that you started failed or was rolled back."),
        NotificationKind.Alert => ("Alert", "An alert rule of a deployment of yours fires, or is well again."),
        NotificationKind.ScheduleFailed => ("Schedule failed", "A training job of a schedule of yours failed, ran past its time-out, or was missed while no server ran."),
        NotificationKind.RunAlert => ("Run alert", "A metric of a run of yours crossed the bound that was set on it."),
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };
}
