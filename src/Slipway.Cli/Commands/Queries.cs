namespace Slipway.Cli.Commands;

/// <summary>Query strings of addresses.</summary>
internal static class Queries
{
    /// <summary><c>?a=b&amp;c=d</c>, without members that are null; empty when none is left.</summary>
    public static string Of(IEnumerable<(string Name, string? Value)> members)
    {
        var given = string.Join('&', members.Where(m => m.Value is not null).Select(m => $"{m.Name}={Uri.EscapeDataString(m.Value!)}"));
        return given.Length == 0 ? "" : "?" + given;
    }
}
