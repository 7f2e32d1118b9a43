using Slipway.Server.Platform;

namespace Slipway.Server.Notifications;

/// <summary>Every way in which notifications say no.</summary>
internal static class NotificationRefusals
{
    public static Refusal NotFound() => Refusal.NotFound("notification_not_found", "You have no such message; messages are kept for a limited time.");

    public static Refusal UnknownKind(string kind) => Refusal.Field(
        "in_app", $"There is no kind of message '{(kind.Length <= 64 && !kind.Any(char.IsControl) ? kind : "of that name")}'; there are {string.Join(", ", Enum.GetValues<NotificationKind>().Select(k => k.WireName()))}.");
}
