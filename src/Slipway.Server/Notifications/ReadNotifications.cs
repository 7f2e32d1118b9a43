using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Notifications;

/// <summary>Shows a user's messages and marks them as read. Nobody reads another's.</summary>
internal sealed class ReadNotifications(Database database, Writes writes, TimeProvider time)
{
    /// <summary>The caller's messages, newest first.</summary>
    /// <param name="unread">Only those that are not read.</param>
    public async Task<Result<Page<NotificationInfo>>> PageAsync(bool unread, PageQuery page, Actor by, CancellationToken cancellationToken)
    {
        if ((page.After is { } after ? Sequence(after) : long.MaxValue) is not { } below)
        {
            return PageQuery.TokenInvalid;
        }

        await using var db = database.Read();
        var rows = await db.Set<Notification>().Where(n => n.UserId == by.UserId && n.Sequence < below && (!unread || n.ReadAt == null)).OrderByDescending(n => n.Sequence)
            .Take(page.Limit + 1).ToListAsync(cancellationToken);
        return page.Of(rows, n => $"{n.Sequence}", n => n.ToInfo());
    }

    public async Task<UnreadInfo> UnreadAsync(Actor by, CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        return new UnreadInfo(await db.Set<Notification>().CountAsync(n => n.UserId == by.UserId && n.ReadAt == null, cancellationToken));
    }

    /// <returns>Done (also when it was read already) or <c>notification_not_found</c>, which another user's is too.</returns>
    public Task<Result> MarkAsync(string id, Actor by, CancellationToken cancellationToken) => writes.RunAsync(
        async (db, token) =>
        {
            var one = Sequence(id) is { } sequence ? await db.Set<Notification>().SingleOrDefaultAsync(n => n.Sequence == sequence && n.UserId == by.UserId, token) : null;
            if (one is null)
            {
                return NotificationRefusals.NotFound();
            }

            if (one.ReadAt is null)
            {
                one.ReadAt = time.GetUtcNow();
                db.Changed(Notices.ChangeKind, Notices.Resource(by.UserId));
            }

            return Result.Done;
        },
        cancellationToken);

    /// <summary>Marks all messages of the caller as read, up to one.</summary>
    /// <returns>What is left unread, or <c>invalid_field</c>.</returns>
    public async Task<Result<UnreadInfo>> MarkAllAsync(MarkReadRequest request, Actor by, CancellationToken cancellationToken)
    {
        var upTo = request.UpTo is null ? long.MaxValue : Sequence(request.UpTo);
        if (upTo is null)
        {
            return Refusal.Field("up_to", "up_to is the id of a message.");
        }

        var marked = await writes.RunAsync<int>(
            async (db, token) =>
            {
                DateTimeOffset? now = time.GetUtcNow();
                var count = await db.Set<Notification>().Where(n => n.UserId == by.UserId && n.ReadAt == null && n.Sequence <= upTo)
                    .ExecuteUpdateAsync(set => set.SetProperty(n => n.ReadAt, now), token);
                if (count > 0)
                {
                    db.Changed(Notices.ChangeKind, Notices.Resource(by.UserId));
                }

                return count;
            },
            cancellationToken);
        return marked.Refusal is { } refusal ? refusal : await UnreadAsync(by, cancellationToken);
    }

    private static long? Sequence(string id) => long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var sequence) ? sequence : null;
}
