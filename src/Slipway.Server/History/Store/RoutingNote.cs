using System.Text.Json;
using Slipway.Contracts;

namespace Slipway.Server.History.Store;

/// <summary>Reads the note that a record has about its routing.</summary>
internal static class RoutingNote
{
    /// <param name="withValues">Whether the caller may read what the request brought.</param>
    public static RoutingRecord? Of(string? note, bool withValues)
    {
        if (note is null)
        {
            return null;
        }

        using var json = JsonDocument.Parse(note);
        return new RoutingRecord(withValues ? Text(json, "values") : null, Text(json, "fallback_reason"));
    }

    private static string? Text(JsonDocument json, string name) => json.RootElement.TryGetProperty(name, out var value) ? value.GetString() : null;
}
