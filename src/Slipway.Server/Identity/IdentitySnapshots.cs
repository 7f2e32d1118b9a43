using System.Collections.Frozen;
using Microsoft.EntityFrameworkCore;
using Slipway.Server.Platform;

namespace Slipway.Server.Identity;

/// <summary>
/// Keeps <see cref="KeyDirectory"/> and <see cref="Sessions"/> equal to the database. Operations call <see cref="RefreshAsync"/> before they answer, so that
/// a new key works and a revoked one does not as soon as the answer is there; the loop follows the change feed and, at a pace, the database itself.
/// </summary>
internal sealed partial class IdentitySnapshots(
    Database database, KeyDirectory keys, Sessions sessions, Changes changes, TimeProvider time, ILogger<IdentitySnapshots> logger) : HostedLoop
{
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private readonly SemaphoreSlim one = new(1);

    /// <summary>
    /// Loads and swaps. What was committed before the call is in force when it returns, for predictions too, unless the route table cannot be renewed now: the answer does not wait
    /// longer than two seconds for that.
    /// </summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        await LoadAsync(cancellationToken);
        try
        {
            await keys.ReachedAsync().WaitAsync(Patience, TimeProvider.System, cancellationToken);
        }
        catch (TimeoutException)
        {
        }
    }

    private async Task LoadAsync(CancellationToken cancellationToken)
    {
        await one.WaitAsync(cancellationToken);
        try
        {
            await using var db = database.Read();
            var now = time.GetUtcNow();
            var keyRows = await db.Set<ApiKey>().Where(k => k.RevokedAt == null && !k.User.Disabled && k.User.DeletedAt == null)
                .Select(k => new { Key = k, k.User.Name, k.User.Role }).ToListAsync(cancellationToken);
            var sessionRows = await db.Set<Session>().Where(s => s.ExpiresAt > now && !s.User.Disabled && s.User.DeletedAt == null)
                .Select(s => new { Session = s, s.User.Name, s.User.Role }).ToListAsync(cancellationToken);

            sessions.Swap(sessionRows.ToFrozenDictionary(
                r => r.Session.Hash,
                r => new SessionIdentity(r.Session.Id, r.Session.UserId, r.Name, r.Role, r.Session.ExpiresAt, Sessions.CsrfTokenOf(r.Session.Hash)),
                StringComparer.Ordinal));
            keys.Swap(keyRows.ToFrozenDictionary(r => r.Key.Hash, r => IdentityOf(r.Key, r.Name, r.Role), StringComparer.Ordinal));
        }
        finally
        {
            one.Release();
        }
    }

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await LoadAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    public override void Dispose()
    {
        one.Dispose();
        base.Dispose();
    }

    protected override async Task LoopAsync(CancellationToken stoppingToken)
    {
        using var subscription = changes.Subscribe(c => c.Kind is "key" or "user" or "session");
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await subscription.WaitAsync(Pace, time, stoppingToken);
                await LoadAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                LogRefreshFailed(exception);
                await Task.Delay(TimeSpan.FromSeconds(1), time, CancellationToken.None);
            }
        }
    }

    private static KeyIdentity IdentityOf(ApiKey key, string user, Role role)
    {
        var scopes = key.ScopeList;
        return new KeyIdentity(
            key.Id, key.UserId, user, role, scopes, key.DefaultEnvironment, key.ExpiresAt,
            Rights.Of(role, Right.Predict) == Grant.Yes && Rights.ScopesAllow(scopes, Right.Predict))
        {
            Prefix = key.Prefix,
        };
    }

    [LoggerMessage(LogLevel.Error, "Keys and sessions could not be loaded again; the last ones stay in force and the next try is in a second")]
    private partial void LogRefreshFailed(Exception exception);
}
