namespace Slipway.Server.Routing;

/// <summary>What a context field holds.</summary>
internal enum FieldType
{
    Boolean,
    Date,
    List,
    Number,
    String,
}

internal static class FieldTypes
{
    public const string Words = "boolean, date, list, number or string";

    public static FieldType? Parse(string? word) => word switch
    {
        "boolean" => FieldType.Boolean,
        "date" => FieldType.Date,
        "list" => FieldType.List,
        "number" => FieldType.Number,
        "string" => FieldType.String,
        _ => null,
    };

    public static string ToWire(this FieldType type) => type switch
    {
        FieldType.Boolean => "boolean",
        FieldType.Date => "date",
        FieldType.List => "list",
        FieldType.Number => "number",
        FieldType.String => "string",
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };

    /// <summary>How a value of the type looks, for a sentence.</summary>
    public static string Example(this FieldType type) => type switch
    {
        FieldType.Boolean => "true or false",
        FieldType.Date => "a date such as \"2026-11-27\" or \"2026-11-27T12:00:00Z\"",
        FieldType.List => "a list of texts, numbers or booleans",
        FieldType.Number => "a number",
        FieldType.String => "a text",
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };
}
