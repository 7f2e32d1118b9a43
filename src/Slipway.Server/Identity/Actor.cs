using System.Reflection;
using Slipway.Server.Platform;

namespace Slipway.Server.Identity;

/// <summary>Who is acting: a user, by a key or a browser session, or the system itself. Endpoints take it as a parameter.</summary>
/// <param name="UserId">Surrogate id; <see cref="Guid.Empty"/> for the system.</param>
/// <param name="Name">Lower-case user name, or <c>system</c>.</param>
/// <param name="KeyId">The key that was used; null in a browser session.</param>
/// <param name="Scopes">Restrictions of the key; empty: none.</param>
/// <param name="DefaultEnvironment">The key's; null: production.</param>
internal sealed record Actor(
    Guid UserId, string Name, Role Role, Guid? KeyId, IReadOnlyList<string> Scopes, string? DefaultEnvironment, string? IpAddress, string? RequestId)
    : IBindableFromHttpContext<Actor>
{
    /// <summary>Where the request may be repeated with an idempotency key: what its effect leaves in its own transaction.</summary>
    public IUnitClaim? Claim { get; init; }

    /// <summary>The first characters of the key that was used, by which the audit trail names it and who made it; null in a browser session.</summary>
    public string? KeyPrefix { get; init; }

    /// <summary>Says in the unit what it makes for this request; where the unit records an audit row by <see cref="AuditLog.Record"/>, that says so by itself.</summary>
    public void Claimed(SlipwayDbContext unit, string kind, string resource)
    {
        if (Claim is { } claim)
        {
            unit.Claim(claim, kind, resource);
        }
    }

    /// <summary>Slipway itself: loops and reconcilers.</summary>
    public static Actor System { get; } = new(Guid.Empty, "system", Role.Administrator, null, [], null, null, null);

    /// <summary>The actor that the gate has identified; null on a route that is open to all.</summary>
    public static ValueTask<Actor?> BindAsync(HttpContext context, ParameterInfo parameter) => ValueTask.FromResult(Caller.Of(context)?.Actor);
}

/// <summary>What the gate found out about a request.</summary>
/// <param name="Session">The browser session, when that is how the actor came.</param>
/// <param name="ExpiresAt">Until when the key or session is good; null: for ever.</param>
internal sealed record Caller(Actor Actor, SessionIdentity? Session, DateTimeOffset? ExpiresAt) : IBindableFromHttpContext<Caller>
{
    public static Caller? Of(HttpContext context) => context.Features.Get<Caller>();

    public static ValueTask<Caller?> BindAsync(HttpContext context, ParameterInfo parameter) => ValueTask.FromResult(Of(context));
}
