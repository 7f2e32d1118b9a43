using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Slipway.Contracts;
using Slipway.Server.Platform;

namespace Slipway.Server.Identity;

/// <summary>Makes a key for oneself; administrators for anybody. Its text is in the answer and nowhere else.</summary>
internal sealed class CreateKey(
    Writes writes, AuditLog audit, IdentitySnapshots snapshots, IEnumerable<IKeysOfJobs> jobs, IOptions<ServerOptions> options, TimeProvider time)
{
    private const int LongestDays = 3650;

    /// <param name="expiresAt">Until when the actor's own key is good; a key made with it is good no longer. Null: for ever.</param>
    /// <returns>The key, <c>invalid_field</c>, <c>missing_right</c>, <c>user_not_found</c> or <c>too_many_keys</c>.</returns>
    public async Task<Result<CreatedKey>> RunAsync(CreateKeyRequest request, Actor by, DateTimeOffset? expiresAt, CancellationToken cancellationToken)
    {
        if (Check(request, by) is { } refusal)
        {
            return refusal;
        }

        var result = await writes.RunAsync<CreatedKey>(
            async (db, cancel) =>
            {
                var owner = request.User ?? by.Name;
                if (owner != by.Name && Authorize.Check(by, Right.Administer, Project.Default) is { } missing)
                {
                    return missing;
                }

                if (await UserRules.FindAsync(db, owner, cancel) is not { } user)
                {
                    return IdentityRefusals.UserNotFound(owner);
                }

                if (user.Disabled)
                {
                    return IdentityRefusals.UserDisabled(owner);
                }

                if (request.DefaultEnvironment is { } environment
                    && !await db.Set<ScopeName>().AnyAsync(n => n.Name == environment && n.Kind == ScopeKind.Environment, cancel))
                {
                    return Refusal.Field("default_environment", $"There is no environment '{environment}'.");
                }

                var now = time.GetUtcNow();
                DateTimeOffset? until = request.ExpiresInDays is { } days ? now.AddDays(days) : null;
                if (by.KeyId is not null && expiresAt is { } bound && (until is null || until > bound))
                {
                    return Refusal.Field("expires_in_days", "A key that is made with an expiring key must not outlive it; ask for fewer days.");
                }

                if (by != Actor.System && await WorkingAsync(db, user.Id, now, cancel) is var working && working >= options.Value.MaxKeysPerUser)
                {
                    return IdentityRefusals.TooManyKeys(owner, options.Value.MaxKeysPerUser, working);
                }

                var (text, key) = ApiKey.Create(user, request.Name, request.Scopes ?? [], request.DefaultEnvironment, until, now);
                db.Set<ApiKey>().Add(key);
                audit.Record(db, by, "key.created", "key", key.Prefix, after: $$"""{"user":"{{user.Name}}","scopes":"{{key.Scopes}}"}""");
                db.Changed("key", $"keys/{key.Id}");
                return new CreatedKey(text, key.ToInfo(user.Name, null));
            },
            cancellationToken);
        await snapshots.RefreshAsync(CancellationToken.None);
        return result;
    }

    private async Task<int> WorkingAsync(SlipwayDbContext db, Guid user, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var working = await db.Set<ApiKey>().Where(k => k.UserId == user && k.RevokedAt == null && (k.ExpiresAt == null || k.ExpiresAt > now)).Select(k => k.Id).ToListAsync(cancellationToken);
        foreach (var answer in jobs)
        {
            var ofJobs = await answer.AmongAsync(db, working, cancellationToken);
            working.RemoveAll(ofJobs.Contains);
        }

        return working.Count;
    }

    private static Refusal? Check(CreateKeyRequest request, Actor by)
    {
        if (request.Name.Length is 0 or > 100 || request.Name.Any(char.IsControl))
        {
            return Refusal.Field("name", "A key's name has 1 to 100 characters.");
        }

        if (request.ExpiresInDays is < 1 or > LongestDays)
        {
            return Refusal.Field("expires_in_days", $"A key expires after 1 to {LongestDays} days, or never when this is left out.");
        }

        var scopes = request.Scopes ?? [];
        if (scopes.FirstOrDefault(s => !KeyScope.Exists(s)) is { } unknown)
        {
            return Refusal.Field("scopes", $"There is no scope '{unknown}'; there are predict, read, write and train.");
        }

        if (scopes.Distinct().Count() != scopes.Count)
        {
            return Refusal.Field("scopes", "A scope is named twice.");
        }

        return by.Scopes.Count > 0 && (scopes.Count == 0 || scopes.Except(by.Scopes).Any())
            ? Refusal.Field("scopes", $"A key cannot make one that may more than itself; name only scopes out of: {string.Join(", ", by.Scopes)}.")
            : null;
    }
}

/// <summary>Revokes a key, for good and at once: one's own, or as administrator anybody's.</summary>
internal sealed class RevokeKey(Writes writes, AuditLog audit, IdentitySnapshots snapshots, TimeProvider time)
{
    /// <returns>Done (also when it was revoked already) or <c>key_not_found</c>, which somebody else's key is too.</returns>
    public async Task<Result> RunAsync(Guid id, Actor by, CancellationToken cancellationToken)
    {
        var result = await writes.RunAsync(
            async (db, cancel) =>
            {
                var key = await db.Set<ApiKey>().Include(k => k.User).SingleOrDefaultAsync(k => k.Id == id, cancel);
                if (key is null || (key.UserId != by.UserId && Authorize.Check(by, Right.Administer, Project.Default) is not null))
                {
                    return IdentityRefusals.KeyNotFound;
                }

                if (key.RevokedAt is null)
                {
                    key.RevokedAt = time.GetUtcNow();
                    audit.Record(db, by, "key.revoked", "key", key.Prefix, before: $$"""{"user":"{{key.User.Name}}"}""");
                    db.Changed("key", $"keys/{key.Id}");
                }

                return Result.Done;
            },
            cancellationToken);
        await snapshots.RefreshAsync(CancellationToken.None);
        return result;
    }
}
