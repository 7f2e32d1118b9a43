using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Platform;

namespace Slipway.Server.Identity;

/// <summary>Makes a user, who signs in by a link or acts by a key. Nobody gets a default password.</summary>
internal sealed class CreateUser(Writes writes, AuditLog audit, TimeProvider time)
{
    public Task<Result<UserInfo>> RunAsync(CreateUserRequest request, Actor by, CancellationToken cancellationToken) => writes.RunAsync<UserInfo>(
        async (db, cancel) =>
        {
            if (Roles.Parse(request.Role) is not { } role)
            {
                return UserRules.RoleUnknown;
            }

            if (UserRules.CheckEmail(request.Email) is { } badEmail)
            {
                return badEmail;
            }

            var now = time.GetUtcNow();
            if ((await ScopeNames.ReserveAsync(db, request.Name, ScopeKind.User, now, cancel)).Refusal is { } refusal)
            {
                return refusal;
            }

            var user = new User { Id = Guid.CreateVersion7(now), Name = request.Name, Role = role, Email = request.Email, CreatedAt = now };
            db.Set<User>().Add(user);
            audit.Record(db, by, "user.created", "user", user.Name, after: $$"""{"role":"{{role.WireName()}}"}""");
            db.Changed("user", $"users/{user.Name}");
            return user.ToInfo();
        },
        cancellationToken);
}

/// <summary>Changes role, e-mail address, or whether a user may act.</summary>
internal sealed class UpdateUser(Writes writes, AuditLog audit, IdentitySnapshots snapshots)
{
    /// <returns>The user, <c>user_not_found</c>, <c>invalid_field</c> or <c>last_administrator</c>.</returns>
    public async Task<Result<UserInfo>> RunAsync(string name, UpdateUserRequest request, Actor by, CancellationToken cancellationToken)
    {
        var result = await writes.RunAsync<UserInfo>(
            async (db, cancel) =>
            {
                if (await UserRules.FindAsync(db, name, cancel) is not { } user)
                {
                    return IdentityRefusals.UserNotFound(name);
                }

                var role = request.Role is null ? user.Role : Roles.Parse(request.Role);
                if (role is null)
                {
                    return UserRules.RoleUnknown;
                }

                if (UserRules.CheckEmail(request.Email) is { } badEmail)
                {
                    return badEmail;
                }

                var disabled = request.Disabled ?? user.Disabled;
                if ((role != Role.Administrator || disabled) && await UserRules.IsLastAdministratorAsync(db, user, cancel))
                {
                    return IdentityRefusals.LastAdministrator;
                }

                var before = UserRules.Describe(user);
                (user.Role, user.Disabled, user.Email) = (role.Value, disabled, request.Email is { } email ? email.Length == 0 ? null : email : user.Email);
                if (disabled)
                {
                    await db.Set<Session>().Where(s => s.UserId == user.Id).ExecuteDeleteAsync(cancel);
                }

                audit.Record(db, by, "user.updated", "user", user.Name, before, UserRules.Describe(user));
                db.Changed("user", $"users/{user.Name}");
                return user.ToInfo();
            },
            cancellationToken);
        await snapshots.RefreshAsync(CancellationToken.None);
        return result;
    }
}

/// <summary>Deletes a user: keys, sessions and links go at once, what the user owns stays, and the name is given to nobody else.</summary>
internal sealed class DeleteUser(Writes writes, AuditLog audit, IdentitySnapshots snapshots, TimeProvider time)
{
    /// <returns>Done, <c>user_not_found</c> or <c>last_administrator</c>.</returns>
    public async Task<Result> RunAsync(string name, Actor by, CancellationToken cancellationToken)
    {
        var result = await writes.RunAsync(
            async (db, cancel) =>
            {
                if (await UserRules.FindAsync(db, name, cancel) is not { } user)
                {
                    return IdentityRefusals.UserNotFound(name);
                }

                if (await UserRules.IsLastAdministratorAsync(db, user, cancel))
                {
                    return IdentityRefusals.LastAdministrator;
                }

                DateTimeOffset? now = time.GetUtcNow();
                (user.DeletedAt, user.PasswordHash, user.Email) = (now, null, null);
                await db.Set<Session>().Where(s => s.UserId == user.Id).ExecuteDeleteAsync(cancel);
                await db.Set<SignInToken>().Where(l => l.UserId == user.Id).ExecuteDeleteAsync(cancel);
                await db.Set<ApiKey>().Where(k => k.UserId == user.Id && k.RevokedAt == null)
                    .ExecuteUpdateAsync(set => set.SetProperty(k => k.RevokedAt, now), cancel);
                audit.Record(db, by, "user.deleted", "user", user.Name, UserRules.Describe(user));
                db.Changed("user", $"users/{user.Name}");
                return Result.Done;
            },
            cancellationToken);
        await snapshots.RefreshAsync(CancellationToken.None);
        return result;
    }
}

/// <summary>What holds for users in every operation.</summary>
internal static class UserRules
{
    public static Refusal RoleUnknown { get; } = Refusal.Field("role", "A role is viewer, analyst, manager or administrator.");

    public static Task<User?> FindAsync(SlipwayDbContext db, string name, CancellationToken cancellationToken) =>
        db.Set<User>().SingleOrDefaultAsync(u => u.Name == name && u.DeletedAt == null, cancellationToken);

    /// <summary>Somebody must be able to administer: the last one can be neither deleted, disabled nor demoted.</summary>
    public static async Task<bool> IsLastAdministratorAsync(SlipwayDbContext db, User user, CancellationToken cancellationToken) =>
        user is { Role: Role.Administrator, MayAct: true }
        && !await db.Set<User>().AnyAsync(u => u.Id != user.Id && u.Role == Role.Administrator && !u.Disabled && u.DeletedAt == null, cancellationToken);

    public static Refusal? CheckEmail(string? email) =>
        email is null or "" || (email.Length <= 254 && email.IndexOf('@') is > 0 and var at && at < email.Length - 1 && !email.Any(char.IsControl))
            ? null
            : Refusal.Field("email", "This is not an e-mail address.");

    public static string Describe(User user) => $$"""{"role":"{{user.Role.WireName()}}","disabled":{{(user.Disabled ? "true" : "false")}}}""";
}
