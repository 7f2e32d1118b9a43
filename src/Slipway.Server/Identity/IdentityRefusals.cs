using Slipway.Server.Platform;

namespace Slipway.Server.Identity;

/// <summary>Every way in which identity says no.</summary>
internal static class IdentityRefusals
{
    public static Refusal NotIdentified { get; } = new(
        401, "unauthenticated", "No valid identity: send an API key as 'Authorization: Bearer KEY', or sign in in the browser.");

    public static Refusal KeyUnknown { get; } = new(401, "key_unknown", "This API key is unknown, revoked or belongs to a disabled user; create a new one.");

    public static Refusal KeyExpired { get; } = new(401, "key_expired", "This API key has expired; create a new one.");

    public static Refusal CsrfMissing { get; } = Refusal.Forbidden(
        "csrf_token_missing", "A write from a browser session needs the session's token in the header Slipway-Csrf; GET /api/v1/session shows it.");

    public static Refusal RouteWithoutRule { get; } = Refusal.Forbidden("route_without_rule", "This route has no rule that says who may call it, so nobody may.");

    public static Refusal LinkInvalid { get; } = new(
        401, "sign_in_link_invalid", "This sign-in link is unknown, used or expired; ask an administrator for a new one.");

    public static Refusal PasswordWrong { get; } = new(401, "sign_in_failed", "User or password is wrong, or the user has no password; ask an administrator for a sign-in link.");

    public static Refusal LastAdministrator { get; } = Refusal.Conflict(
        "last_administrator", "This is the last administrator who can sign in; make somebody else administrator first.");

    public static Refusal MissingRight(Actor actor, Right right) => Refusal.Forbidden(
        "missing_right", $"User '{actor.Name}' ({actor.Role.WireName()}) lacks the right '{right.WireName()}'.");

    public static Refusal MissingScope(Actor actor, Right right) => Refusal.Forbidden(
        "missing_scope", $"This key's scopes ({string.Join(", ", actor.Scopes)}) do not include the right '{right.WireName()}'.");

    public static Refusal NotTheOwner(Actor actor, Right right) => Refusal.Forbidden(
        "not_the_owner", $"User '{actor.Name}' ({actor.Role.WireName()}) has the right '{right.WireName()}' only on what they own, and outside production.");

    public static Refusal Throttled(TimeSpan retryAfter) =>
        new(429, "sign_in_throttled", "Too many failed sign-ins for this user from this address; wait and try again.") { RetryAfter = retryAfter };

    public static Refusal UserNotFound(string name) => Refusal.NotFound("user_not_found", $"There is no user '{name}'.");

    public static Refusal UserDisabled(string name) => Refusal.Conflict("user_disabled", $"User '{name}' is disabled; enable the user first.");

    public static Refusal TooManyKeys(string user, int most, int working) => Refusal.Conflict(
        "too_many_keys", $"User '{user}' has {working} API keys that work, and a user has at most {most}; revoke one that is not needed any more.") with { Limit = most, Current = working };

    public static Refusal ProjectNotFound { get; } = Refusal.NotFound(
        "project_not_found", "There is no project of the name or id that X-Project-ID says; there is one, 'default': name that, or leave the header out.");

    public static Refusal KeyNotFound { get; } = Refusal.NotFound("key_not_found", "There is no such key.");

    public static Refusal NameTaken(string name, ScopeKind kind) => Refusal.Conflict(
        "name_taken", $"The name '{name}' belongs to {(kind == ScopeKind.User ? "a user, present or deleted" : "an environment, present or deleted")}; users and environments share one set of names.");

    public static Refusal NameReserved(string name) => Refusal.Conflict("name_reserved", $"The name '{name}' is part of an address of Slipway; choose another.");

    public static Refusal NameInvalid(string name) => Refusal.Field(
        "name", "A name has 1 to 64 characters: lower-case letters, digits, '.', '_' and '-', the first a letter or digit.");
}
