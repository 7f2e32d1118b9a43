using System.Text;
using System.Text.Json;

namespace Slipway.Server.Routing;

/// <summary>Finds the values of a table's fields in what a request brings: its context first, then, for fields with a pointer, its body.</summary>
internal static class ContextReader
{
    private const int LongestNote = 400;

    /// <summary>The value as it came; null: not given.</summary>
    public static JsonElement? Find(ContextField field, JsonElement? context, JsonElement? body)
    {
        if (context is { ValueKind: JsonValueKind.Object } members && members.TryGetProperty(field.Name, out var value) && value.ValueKind != JsonValueKind.Null)
        {
            return value;
        }

        return body is { } document && field.Pointer?.Find(document) is { ValueKind: not JsonValueKind.Null } found ? found : null;
    }

    /// <param name="values">One for each field.</param>
    public static void Read(Router router, JsonElement? context, JsonElement? body, Span<ContextValue> values)
    {
        foreach (var field in router.Fields)
        {
            values[field.Index] = Find(field, context, body) is { } found ? ContextValue.Read(field.Type, found) : ContextValue.Absent;
        }
    }

    /// <summary>Who asks, by the table's own field; null: it has none, or it was not given.</summary>
    public static string? IdentityOf(Router router, JsonElement? context, JsonElement? body) =>
        router.Identity is { } field && Find(field, context, body) is { } found ? ContextValue.Identity(found) : null;

    /// <summary>The values that a row's conditions looked at, for the record: <c>country = "NO", age = 42</c>.</summary>
    public static string ValuesOf(RouterRow row, JsonElement? context, JsonElement? body)
    {
        var text = new StringBuilder();
        foreach (var cell in row.Cells)
        {
            var shown = Find(cell.Field, context, body) is { } found ? ContextValue.Shown(found) : "not given";
            text.Append(text.Length == 0 ? "" : ", ").Append(cell.Field.Name).Append(" = ").Append(shown);
        }

        return text.Length <= LongestNote ? text.ToString() : $"{text.ToString(0, LongestNote - 1)}…";
    }
}
