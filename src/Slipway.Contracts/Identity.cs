namespace Slipway.Contracts;

/// <summary>Who the caller is.</summary>
/// <param name="Rights">The names of the rights that the caller has, as in docs/rights.md.</param>
/// <param name="CsrfToken">Browser sessions only: send it back in the header <c>Slipway-Csrf</c> with every write.</param>
public sealed record SessionInfo(string User, string Role, IReadOnlyList<string> Rights, string? CsrfToken, DateTimeOffset? ExpiresAt);

public sealed record RedeemLinkRequest(string Token);

public sealed record PasswordSignInRequest(string User, string Password);

/// <param name="CurrentPassword">Needed by who has a password already.</param>
public sealed record SetPasswordRequest(string NewPassword, string? CurrentPassword = null);

/// <summary>A person or program with a role: viewer, analyst, manager, administrator.</summary>
public sealed record UserInfo(string Name, string Role, string? Email, bool HasPassword, bool Disabled, DateTimeOffset CreatedAt, DateTimeOffset? LastSignInAt);

public sealed record CreateUserRequest(string Name, string Role, string? Email = null);

public sealed record UpdateUserRequest(string? Role = null, string? Email = null, bool? Disabled = null);

/// <summary>A one-time sign-in link; shown once.</summary>
public sealed record SignInLink(string Url, DateTimeOffset ExpiresAt);

/// <summary>An API key as lists show it: never the secret.</summary>
/// <param name="Prefix">First characters of the key, enough to recognise it.</param>
/// <param name="Scopes">Empty: all that its user may do. Else some of <c>predict</c>, <c>read</c>, <c>write</c>.</param>
/// <param name="DefaultEnvironment">Environment of routes without a scope; null: production.</param>
public sealed record KeyInfo(
    string Id, string Name, string Prefix, string User, IReadOnlyList<string> Scopes, string? DefaultEnvironment,
    DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt, DateTimeOffset? LastUsedAt, bool Revoked);

public sealed record CreateKeyRequest(
    string Name, IReadOnlyList<string>? Scopes = null, string? DefaultEnvironment = null, int? ExpiresInDays = null, string? User = null);

/// <summary>The only answer that holds the secret.</summary>
public sealed record CreatedKey(string Key, KeyInfo Info);

/// <summary>One audited change.</summary>
/// <param name="Sealed">Whether the chain's sealer has passed it.</param>
public sealed record AuditEntryInfo(
    long Sequence, DateTimeOffset At, string Actor, string Action, string ResourceKind, string Resource,
    string? Before, string? After, string? IpAddress, string? RequestId, bool Sealed);
