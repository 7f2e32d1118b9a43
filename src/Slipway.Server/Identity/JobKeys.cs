using Microsoft.EntityFrameworkCore;
using Slipway.Server.Platform;

namespace Slipway.Server.Identity;

/// <summary>
/// Keys of training jobs: they act as the schedule's owner, may only read and write the registry (<see cref="KeyScope.Train"/>), expire, and go when the job ends. They are
/// made and revoked inside the unit of the change that they belong to; the caller refreshes before it counts on either.
/// </summary>
internal sealed class JobKeys(AuditLog audit, IdentitySnapshots snapshots, TimeProvider time)
{
    /// <param name="job">What the key is for, as lists of keys show it.</param>
    /// <returns>The key's text, which is nowhere else, and its id; null when the owner may not act, or may no longer write to the registry.</returns>
    public async Task<(string Text, Guid Id)?> IssueAsync(SlipwayDbContext db, Guid owner, string job, DateTimeOffset expiresAt, CancellationToken cancellationToken)
    {
        var user = await db.Set<User>().SingleOrDefaultAsync(u => u.Id == owner, cancellationToken);
        if (user is not { MayAct: true } || Rights.Of(user.Role, Right.WriteRegistry) != Grant.Yes)
        {
            return null;
        }

        var (text, key) = ApiKey.Create(user, job.Length <= 100 ? job : job[..100], [KeyScope.Train], null, expiresAt, time.GetUtcNow());
        db.Set<ApiKey>().Add(key);
        audit.Record(db, Actor.System, "key.created", "key", key.Prefix, after: $$"""{"user":"{{user.Name}}","scopes":"{{key.Scopes}}"}""");
        db.Changed("key", $"keys/{key.Id}");
        return (text, key.Id);
    }

    /// <summary>Revokes and removes: a nightly job would otherwise leave its owner a list of dead keys. The audit trail keeps both moments.</summary>
    public async Task RevokeAsync(SlipwayDbContext db, Guid id, CancellationToken cancellationToken)
    {
        if (await db.Set<ApiKey>().Include(k => k.User).SingleOrDefaultAsync(k => k.Id == id, cancellationToken) is { } key)
        {
            db.Set<ApiKey>().Remove(key);
            audit.Record(db, Actor.System, "key.revoked", "key", key.Prefix, before: $$"""{"user":"{{key.User.Name}}"}""");
            db.Changed("key", $"keys/{key.Id}");
        }
    }

    /// <summary>What was issued and revoked is in force when this returns.</summary>
    public Task RefreshAsync(CancellationToken cancellationToken) => snapshots.RefreshAsync(cancellationToken);
}
