using Microsoft.EntityFrameworkCore;
using Slipway.Server.Platform;

namespace Slipway.Server.Identity;

/// <summary>People who did something earlier, as they are now.</summary>
internal static class Actors
{
    /// <param name="scopes">Of the key that they used then.</param>
    /// <returns>With the role that they have now; null: they may not act any more.</returns>
    public static async Task<Actor?> OfAsync(SlipwayDbContext db, Guid id, IReadOnlyList<string> scopes, CancellationToken cancellationToken) =>
        await db.Set<User>().AsNoTracking().SingleOrDefaultAsync(u => u.Id == id, cancellationToken) is { MayAct: true } user
            ? new Actor(user.Id, user.Name, user.Role, null, scopes, null, null, null)
            : null;
}

/// <summary>Finds users for features that name them, such as reviewers.</summary>
internal static class UserNames
{
    /// <summary>Those of <paramref name="ids"/> who may act, in the order of their names.</summary>
    public static async Task<IReadOnlyList<(Guid Id, string Name)>> WhoMayActAsync(SlipwayDbContext db, IReadOnlyCollection<Guid> ids, CancellationToken cancellationToken)
    {
        var rows = await db.Set<User>().Where(u => ids.Contains(u.Id) && !u.Disabled && u.DeletedAt == null).OrderBy(u => u.Name)
            .Select(u => new { u.Id, u.Name }).ToListAsync(cancellationToken);
        return rows.ConvertAll(u => (u.Id, u.Name));
    }

    /// <summary>The ids of named users who may act, in the order of the names; <c>user_not_found</c> or <c>user_disabled</c> names the first that is none.</summary>
    public static async Task<Result<IReadOnlyList<Guid>>> FindAsync(SlipwayDbContext db, IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        var found = new List<Guid>();
        foreach (var name in names)
        {
            if (!ScopeNames.IsValid(name) || await UserRules.FindAsync(db, name, cancellationToken) is not { } user)
            {
                return IdentityRefusals.UserNotFound(ScopeNames.IsValid(name) ? name : "of that name");
            }

            if (user.Disabled)
            {
                return IdentityRefusals.UserDisabled(name);
            }

            found.Add(user.Id);
        }

        return found;
    }
}
