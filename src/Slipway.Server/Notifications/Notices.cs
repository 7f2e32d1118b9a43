using Microsoft.EntityFrameworkCore;
using Slipway.Server.Platform;

namespace Slipway.Server.Notifications;

/// <summary>What a message says.</summary>
/// <param name="Title">One line; longer ones are cut.</param>
/// <param name="Link">Address of a page below <c>/ui</c>, such as <c>/approvals/0190…</c>; null: none.</param>
internal sealed record Notice(string Title, string? Text = null, string? Link = null);

/// <summary>Writes messages to people, in the transaction of the change that they tell of.</summary>
internal sealed class Notices(TimeProvider time)
{
    /// <summary>Adds a message for each of <paramref name="users"/> who wants this kind.</summary>
    /// <param name="db">The unit's own context.</param>
    public async Task SendAsync(SlipwayDbContext db, NotificationKind kind, IReadOnlyCollection<Guid> users, Notice notice, CancellationToken cancellationToken)
    {
        var unwanted = await db.Set<NotificationChoice>().Where(c => users.Contains(c.UserId) && c.Kind == kind && !c.InApp).Select(c => c.UserId).ToListAsync(cancellationToken);
        foreach (var user in users.Distinct().Except(unwanted))
        {
            db.Add(new Notification
            {
                UserId = user, Kind = kind, Title = notice.Title.Length <= Notification.LongestTitle ? notice.Title : notice.Title[..(Notification.LongestTitle - 1)] + "…",
                Text = notice.Text, Link = notice.Link, CreatedAt = time.GetUtcNow(),
            });
            db.Changed(ChangeKind, Resource(user));
        }
    }

    /// <summary>The word of the change feed. Only the user whose id ends the resource learns of it.</summary>
    public const string ChangeKind = "notification";

    public static string Resource(Guid user) => $"notifications/{user}";
}
