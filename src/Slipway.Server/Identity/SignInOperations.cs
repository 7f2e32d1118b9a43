using Microsoft.EntityFrameworkCore;
using Slipway.Contracts;
using Slipway.Server.Platform;

namespace Slipway.Server.Identity;

/// <summary>A session that was just opened: the cookie's text exists only here.</summary>
internal sealed record OpenedSession(string Cookie, SessionInfo Info);

/// <summary>Makes a one-time link for a user; 15 minutes long it signs in whoever opens it first.</summary>
internal sealed class CreateSignInLink(Writes writes, AuditLog audit, TimeProvider time)
{
    /// <param name="address">Address of this server as the administrator reaches it.</param>
    public Task<Result<SignInLink>> RunAsync(string name, string address, Actor by, CancellationToken cancellationToken) => writes.RunAsync<SignInLink>(
        async (db, cancel) =>
        {
            if (await UserRules.FindAsync(db, name, cancel) is not { } user)
            {
                return IdentityRefusals.UserNotFound(name);
            }

            if (user.Disabled)
            {
                return IdentityRefusals.UserDisabled(name);
            }

            var now = time.GetUtcNow();
            var token = Secret.NewToken();
            await db.Set<SignInToken>().Where(l => l.ExpiresAt < now).ExecuteDeleteAsync(cancel);
            db.Set<SignInToken>().Add(new SignInToken
            {
                Id = Guid.CreateVersion7(now), UserId = user.Id, Hash = Secret.Hash(token), CreatedAt = now, ExpiresAt = now + SignInToken.Lifetime,
            });
            audit.Record(db, by, "sign_in_link.created", "user", user.Name);
            return new SignInLink(FirstStart.SignInUrl(address, token), now + SignInToken.Lifetime);
        },
        cancellationToken);
}

/// <summary>Opens browser sessions, by a link or by a password, and closes them.</summary>
internal sealed class SignIn(
    Database database, Writes writes, AuditLog audit, Passwords passwords, SignInThrottle throttle, IdentitySnapshots snapshots, TimeProvider time)
{
    /// <summary>By link. The link is used up even when two browsers open it at the same moment: one of them wins.</summary>
    /// <returns>The session or <c>sign_in_link_invalid</c>.</returns>
    public async Task<Result<OpenedSession>> ByLinkAsync(string token, string? address, string requestId, CancellationToken cancellationToken)
    {
        var hash = Secret.Hash(token);
        return await OpenAsync(
            async (db, cancel) =>
            {
                var now = time.GetUtcNow();
                var link = await db.Set<SignInToken>().Include(l => l.User).SingleOrDefaultAsync(l => l.Hash == hash, cancel);
                if (link is null || link.UsedAt is not null || link.ExpiresAt <= now || !link.User.MayAct)
                {
                    return IdentityRefusals.LinkInvalid;
                }

                link.UsedAt = now;
                return link.User;
            },
            address, requestId, cancellationToken);
    }

    /// <summary>By password.</summary>
    /// <returns>The session, <c>sign_in_failed</c> or <c>sign_in_throttled</c>.</returns>
    public async Task<Result<OpenedSession>> ByPasswordAsync(PasswordSignInRequest request, string? address, string requestId, CancellationToken cancellationToken)
    {
        var (name, from) = (request.User.ToLowerInvariant(), address ?? "");
        if (throttle.MustWait(name, from) is { } wait)
        {
            return IdentityRefusals.Throttled(wait);
        }

        User? user;
        await using (var db = database.Read())
        {
            user = ScopeNames.IsValid(name) ? await UserRules.FindAsync(db, name, cancellationToken) : null;
        }

        var known = user is { MayAct: true } ? user.PasswordHash : null;
        if (request.Password.Length > Passwords.MostCharacters || !await passwords.VerifyAsync(request.Password, known, cancellationToken))
        {
            throttle.Failed(name, from);
            return IdentityRefusals.PasswordWrong;
        }

        throttle.Succeeded(name, from);
        return await OpenAsync(
            async (db, cancel) => await UserRules.FindAsync(db, name, cancel) is { MayAct: true } current && current.PasswordHash == known ? current : IdentityRefusals.PasswordWrong,
            address, requestId, cancellationToken);
    }

    /// <summary>Ends the session; its cookie is worth nothing from now on.</summary>
    public async Task<Result> OutAsync(SessionIdentity session, Actor by, CancellationToken cancellationToken)
    {
        var result = await writes.RunAsync(
            async (db, cancel) =>
            {
                await db.Set<Session>().Where(s => s.Id == session.SessionId).ExecuteDeleteAsync(cancel);
                audit.Record(db, by, "session.ended", "user", by.Name);
                db.Changed("session", "session");
                return Result.Done;
            },
            cancellationToken);
        await snapshots.RefreshAsync(CancellationToken.None);
        return result;
    }

    private async Task<Result<OpenedSession>> OpenAsync(
        Func<SlipwayDbContext, CancellationToken, Task<Result<User>>> find, string? address, string requestId, CancellationToken cancellationToken)
    {
        var cookie = Secret.NewToken();
        var result = await writes.RunAsync<OpenedSession>(
            async (db, cancel) =>
            {
                var found = await find(db, cancel);
                if (found.IsRefused)
                {
                    return found.Refusal!;
                }

                var (user, now, hash) = (found.Value, time.GetUtcNow(), Secret.Hash(cookie));
                await db.Set<Session>().Where(s => s.ExpiresAt < now).ExecuteDeleteAsync(cancel);
                var session = new Session
                {
                    Id = Guid.CreateVersion7(now), UserId = user.Id, Hash = hash, CreatedAt = now, ExpiresAt = now + Session.Lifetime, IpAddress = address,
                };
                db.Set<Session>().Add(session);
                user.LastSignInAt = now;
                var by = new Actor(user.Id, user.Name, user.Role, null, [], null, address, requestId);
                audit.Record(db, by, "session.opened", "user", user.Name);
                db.Changed("session", "session");
                return new OpenedSession(cookie, SessionInfoOf(by, Sessions.CsrfTokenOf(hash), session.ExpiresAt));
            },
            cancellationToken);
        await snapshots.RefreshAsync(CancellationToken.None);
        return result;
    }

    public static SessionInfo SessionInfoOf(Actor actor, string? csrfToken, DateTimeOffset? expiresAt) => new(
        actor.Name, actor.Role.WireName(), [.. Rights.Of(actor.Role).Where(right => Rights.ScopesAllow(actor.Scopes, right)).Select(right => right.WireName())],
        csrfToken, expiresAt);
}

/// <summary>Sets one's own password. Whoever has one must know it; all other sessions end.</summary>
internal sealed class SetPassword(Database database, Writes writes, AuditLog audit, Passwords passwords, SignInThrottle throttle, IdentitySnapshots snapshots)
{
    /// <returns>Done, <c>invalid_field</c> or <c>sign_in_throttled</c>.</returns>
    public async Task<Result> RunAsync(SetPasswordRequest request, Caller caller, CancellationToken cancellationToken)
    {
        var (by, from) = (caller.Actor, caller.Actor.IpAddress ?? "");
        if (request.NewPassword.Length is < Passwords.FewestCharacters or > Passwords.MostCharacters)
        {
            return Refusal.Field("new_password", $"A password has {Passwords.FewestCharacters} to {Passwords.MostCharacters} characters.");
        }

        if (throttle.MustWait(by.Name, from) is { } wait)
        {
            return IdentityRefusals.Throttled(wait);
        }

        string? old;
        await using (var db = database.Read())
        {
            old = await db.Set<User>().Where(u => u.Id == by.UserId).Select(u => u.PasswordHash).SingleAsync(cancellationToken);
        }

        if (old is not null && !await passwords.VerifyAsync(request.CurrentPassword ?? "", old, cancellationToken))
        {
            throttle.Failed(by.Name, from);
            return Refusal.Field("current_password", "The current password is missing or wrong.");
        }

        var hash = await passwords.HashAsync(request.NewPassword, cancellationToken);
        var keep = caller.Session?.SessionId;
        var result = await writes.RunAsync(
            async (db, cancel) =>
            {
                var user = await db.Set<User>().SingleAsync(u => u.Id == by.UserId, cancel);
                if (user.PasswordHash != old)
                {
                    return Refusal.Conflict("password_changed", "The password was changed meanwhile; try again.");
                }

                user.PasswordHash = hash;
                await db.Set<Session>().Where(s => s.UserId == by.UserId && s.Id != keep).ExecuteDeleteAsync(cancel);
                audit.Record(db, by, "password.set", "user", by.Name);
                db.Changed("session", "session");
                return Result.Done;
            },
            cancellationToken);
        await snapshots.RefreshAsync(CancellationToken.None);
        return result;
    }
}
