using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Identity;
using Slipway.Server.Platform;

namespace Slipway.Server.Notifications;

/// <summary>Which kinds of messages a user wants; all of them, until the user says otherwise.</summary>
internal sealed class ChooseNotifications(Database database, Writes writes)
{
    public async Task<NotificationPreferences> ShowAsync(Actor by, CancellationToken cancellationToken)
    {
        await using var db = database.Read();
        var choices = await db.Set<NotificationChoice>().Where(c => c.UserId == by.UserId).ToDictionaryAsync(c => c.Kind, c => c.InApp, cancellationToken);
        return new NotificationPreferences([.. Enum.GetValues<NotificationKind>().Select(kind => new NotificationPreference(
            kind.WireName(), kind.Words().Title, kind.Words().Description, choices.GetValueOrDefault(kind, true)))]);
    }

    /// <returns>All preferences as they now are, or <c>invalid_field</c> for a kind that there is not.</returns>
    public async Task<Result<NotificationPreferences>> SetAsync(SetNotificationPreferencesRequest request, Actor by, CancellationToken cancellationToken)
    {
        if (request.InApp.Keys.FirstOrDefault(name => NotificationKinds.Parse(name) is null) is { } unknown)
        {
            return NotificationRefusals.UnknownKind(unknown);
        }

        var set = await writes.RunAsync(
            async (db, token) =>
            {
                var choices = await db.Set<NotificationChoice>().Where(c => c.UserId == by.UserId).ToDictionaryAsync(c => c.Kind, token);
                foreach (var (name, wanted) in request.InApp)
                {
                    var kind = NotificationKinds.Parse(name)!.Value;
                    if (choices.TryGetValue(kind, out var choice))
                    {
                        choice.InApp = wanted;
                    }
                    else
                    {
                        db.Add(new NotificationChoice { UserId = by.UserId, Kind = kind, InApp = wanted });
                    }
                }

                return Result.Done;
            },
            cancellationToken);
        return set.Refusal is { } refusal ? refusal : await ShowAsync(by, cancellationToken);
    }
}
