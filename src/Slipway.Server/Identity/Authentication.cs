using System.Text;
using Slipway.Server.Platform;

namespace Slipway.Server.Identity;

/// <summary>An API key as a request carries it.</summary>
/// <param name="User">The user that was named beside it (Basic, query); null: none was.</param>
internal readonly record struct KeyCredential(string Key, string? User)
{
    /// <summary>
    /// Reads <c>Authorization: Bearer KEY</c>, <c>Api-Key KEY</c> or <c>Basic user:key</c>, and on predict routes the query parameters <c>username</c> and <c>apikey</c>.
    /// </summary>
    /// <param name="fromQuery">Only predict routes accept a key in the address.</param>
    /// <returns>Null when the request carries no key.</returns>
    public static KeyCredential? Read(HttpRequest request, bool fromQuery)
    {
        var header = request.Headers.Authorization.ToString();
        if (header.Length == 0)
        {
            return fromQuery && request.Query.TryGetValue("apikey", out var key) && key.ToString() is { Length: > 0 } text
                ? new KeyCredential(text, request.Query["username"].ToString() is { Length: > 0 } user ? user : null)
                : null;
        }

        var space = header.IndexOf(' ');
        var scheme = space < 0 ? header : header[..space];
        var value = space < 0 ? "" : header[(space + 1)..].Trim();
        if (scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase) || scheme.Equals("Api-Key", StringComparison.OrdinalIgnoreCase))
        {
            return new KeyCredential(value, null);
        }

        return scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase) ? ReadBasic(value) : new KeyCredential("", null);
    }

    /// <summary>Whether the user that was named is the key's.</summary>
    public bool Names(string user) => User is null || User.Equals(user, StringComparison.OrdinalIgnoreCase);

    private static KeyCredential ReadBasic(string value)
    {
        var bytes = new byte[Secret.MostCharacters * 3];
        if (value.Length > Secret.MostCharacters * 3 || !Convert.TryFromBase64String(value, bytes, out var length))
        {
            return new KeyCredential("", null);
        }

        var text = Encoding.UTF8.GetString(bytes, 0, length);
        var colon = text.IndexOf(':');
        return colon < 0 ? new KeyCredential("", null) : new KeyCredential(text[(colon + 1)..], text[..colon]);
    }
}

/// <summary>Finds out who is asking, from memory alone.</summary>
internal sealed class Authentication(KeyDirectory keys, Sessions sessions, TimeProvider time)
{
    /// <summary>The caller, or 401. A key that is sent decides alone: a wrong one is refused even beside a good cookie.</summary>
    public Result<Caller> Identify(HttpContext context)
    {
        var address = context.Connection.RemoteIpAddress?.ToString();
        if (KeyCredential.Read(context.Request, fromQuery: false) is { } credential)
        {
            if (!keys.Current.TryGetValue(Secret.Hash(credential.Key), out var key) || !credential.Names(key.User))
            {
                return IdentityRefusals.KeyUnknown;
            }

            var now = time.GetUtcNow();
            if (key.ExpiresAt <= now)
            {
                return IdentityRefusals.KeyExpired;
            }

            keys.Used(key.KeyId, now);
            var actor = new Actor(key.UserId, key.User, key.Role, key.KeyId, key.Scopes, key.DefaultEnvironment, address, context.TraceIdentifier) { KeyPrefix = key.Prefix };
            return new Caller(actor, null, key.ExpiresAt);
        }

        if (sessions.Find(context.Request.Cookies[Sessions.CookieName]) is { } session)
        {
            var actor = new Actor(session.UserId, session.User, session.Role, null, [], null, address, context.TraceIdentifier);
            return new Caller(actor, session, session.ExpiresAt);
        }

        return IdentityRefusals.NotIdentified;
    }
}
