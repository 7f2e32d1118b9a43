using System.Collections.Frozen;

namespace Slipway.Server.Identity;

/// <summary>A browser session as the request path knows it.</summary>
internal sealed record SessionIdentity(Guid SessionId, Guid UserId, string User, Role Role, DateTimeOffset ExpiresAt, string CsrfToken);

/// <summary>All browser sessions that are good, in memory; swapped whole by <see cref="IdentitySnapshots"/>.</summary>
internal sealed class Sessions(TimeProvider time)
{
    public const string CookieName = "slipway_session";
    public const string CsrfHeader = "Slipway-Csrf";

    private FrozenDictionary<string, SessionIdentity> current = FrozenDictionary<string, SessionIdentity>.Empty;

    /// <summary>The session that a cookie proves; null when there is none, or it has ended. No database.</summary>
    public SessionIdentity? Find(string? cookie) =>
        cookie is { Length: > 0 } && Volatile.Read(ref current).TryGetValue(Secret.Hash(cookie), out var session) && session.ExpiresAt > time.GetUtcNow()
            ? session
            : null;

    /// <summary>What must come back in <see cref="CsrfHeader"/>. It follows from the stored hash of the cookie, which no other site can know.</summary>
    public static string CsrfTokenOf(string cookieHash) => Secret.Hash("csrf:" + cookieHash);

    public void Swap(FrozenDictionary<string, SessionIdentity> next) => Volatile.Write(ref current, next);
}
