namespace Slipway.Server.Identity;

/// <summary>What a user is; which rights that gives is the table of <see cref="Rights"/>.</summary>
internal enum Role
{
    Viewer,
    Analyst,
    Manager,
    Administrator,
}

/// <summary>The wire names of roles: lower case.</summary>
internal static class Roles
{
    public static string WireName(this Role role) => role.ToString().ToLowerInvariant();

    /// <summary>Reads a wire name; null when there is no such role.</summary>
    public static Role? Parse(string? name) => name switch
    {
        "viewer" => Role.Viewer,
        "analyst" => Role.Analyst,
        "manager" => Role.Manager,
        "administrator" => Role.Administrator,
        _ => null,
    };
}
