namespace Slipway.Server.Identity;

internal enum Role
{
    Viewer,
    Analyst,
    Manager,
    Administrator,
}

/// <summary>Who is acting: a user, by a key or a browser session, or the system itself.</summary>
/// <param name="UserId">Surrogate id; <see cref="Guid.Empty"/> for the system.</param>
/// <param name="Name">Lower-case user name, or <c>system</c>.</param>
/// <param name="KeyId">The key that was used; null in a browser session.</param>
/// <param name="Scopes">Restrictions of the key; empty: none.</param>
internal sealed record Actor(Guid UserId, string Name, Role Role, Guid? KeyId, IReadOnlyList<string> Scopes, string? DefaultEnvironment, string? IpAddress, string? RequestId)
{
    /// <summary>Slipway itself: loops and reconcilers.</summary>
    public static Actor System { get; } = new(Guid.Empty, "system", Role.Administrator, null, [], null, null, null);

    public static ValueTask<Actor?> BindAsync(HttpContext context, System.Reflection.ParameterInfo parameter) => ValueTask.FromResult<Actor?>(System);
}
