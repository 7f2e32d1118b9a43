using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Slipway.Server.Routing;

/// <summary>One typed value: of a request, or of a condition.</summary>
/// <param name="Text">Of a string.</param>
/// <param name="Number">Of a number; of a boolean 0 or 1; of a date its milliseconds since 1970, UTC.</param>
/// <param name="Items">Of a list: its elements in a form in which equal ones are equal texts.</param>
/// <param name="Problem">Given and not of the field's type, which matches nothing: what is wrong. Null: nothing.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ContextValue(bool IsGiven, string? Text = null, double Number = 0, string[]? Items = null, string? Problem = null)
{
    private static readonly string[] DateFormats = ["yyyy-MM-dd", "yyyy-MM-ddTHH:mm:ssK", "yyyy-MM-ddTHH:mm:ss.FFFFFFFK"];

    /// <summary>Not in the request.</summary>
    public static ContextValue Absent { get; }

    /// <summary>Given, and of the field's type.</summary>
    public bool IsUsable => IsGiven && Problem is null;

    /// <summary>Reads a value; null in JSON is the same as not given.</summary>
    public static ContextValue Read(FieldType type, JsonElement json)
    {
        if (json.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined)
        {
            return Absent;
        }

        return (type, json.ValueKind) switch
        {
            (FieldType.Boolean, JsonValueKind.True) => new ContextValue(true, Number: 1),
            (FieldType.Boolean, JsonValueKind.False) => new ContextValue(true),
            (FieldType.Number, JsonValueKind.Number) when json.TryGetDouble(out var number) && double.IsFinite(number) => new ContextValue(true, Number: number),
            (FieldType.String, JsonValueKind.String) => new ContextValue(true, json.GetString()),
            (FieldType.Date, JsonValueKind.String) when TryDate(json.GetString()!, out var at) => new ContextValue(true, Number: at),
            (FieldType.List, JsonValueKind.Array) => List(json),
            _ => Mistyped(type, json),
        };
    }

    /// <summary>One element of a list, or what a condition compares elements with; null: neither text, number nor boolean.</summary>
    public static string? Item(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.String => $"\"{json.GetString()}",
        JsonValueKind.Number when json.TryGetDouble(out var number) && double.IsFinite(number) => number.ToString("R", CultureInfo.InvariantCulture),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => null,
    };

    /// <summary>As an identity: the text itself, or the number or boolean as text.</summary>
    public static string? Identity(JsonElement json) => Item(json) is { } item ? item[0] == '"' ? item[1..] : item : null;

    private static ContextValue List(JsonElement json)
    {
        var items = new string[json.GetArrayLength()];
        var at = 0;
        foreach (var element in json.EnumerateArray())
        {
            if (Item(element) is not { } item)
            {
                return Mistyped(FieldType.List, json);
            }

            items[at++] = item;
        }

        return new ContextValue(true, Items: items);
    }

    private static bool TryDate(string text, out double milliseconds)
    {
        var isDate = DateTimeOffset.TryParseExact(
            text, DateFormats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at);
        milliseconds = isDate ? at.ToUnixTimeMilliseconds() : 0;
        return isDate;
    }

    private static ContextValue Mistyped(FieldType type, JsonElement json) => new(true, Problem: $"{Shown(json)} is not {type.Example()}");

    /// <summary>A value in a sentence: its JSON, cut where it is long.</summary>
    public static string Shown(JsonElement json)
    {
        var text = json.GetRawText();
        return text.Length <= 80 ? text : $"{text[..79]}…";
    }
}
