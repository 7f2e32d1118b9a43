namespace Slipway.Server.Routing;

/// <summary>What a cell asks of its field.</summary>
internal enum Operator
{
    Equal,
    NotEqual,
    In,
    NotIn,
    Contains,
    StartsWith,
    EndsWith,
    Exists,
    NotExists,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    Between,
    Before,
    After,
}

/// <summary>Operators with their words, signs, the types they are for and the operands they take.</summary>
internal static class Operators
{
    private static readonly (Operator Operator, string Word, string[] Signs, string Said)[] All =
    [
        (Operator.Equal, "eq", ["=", "=="], "is"),
        (Operator.NotEqual, "ne", ["≠", "!="], "is not"),
        (Operator.In, "in", [], "is one of"),
        (Operator.NotIn, "not_in", ["not-in"], "is none of"),
        (Operator.Contains, "contains", [], "contains"),
        (Operator.StartsWith, "starts_with", ["starts"], "starts with"),
        (Operator.EndsWith, "ends_with", ["ends"], "ends with"),
        (Operator.Exists, "exists", [], "is given"),
        (Operator.NotExists, "not_exists", ["not-exists"], "is not given"),
        (Operator.Greater, "gt", [">"], "is above"),
        (Operator.GreaterOrEqual, "gte", ["≥", ">="], "is at least"),
        (Operator.Less, "lt", ["<"], "is below"),
        (Operator.LessOrEqual, "lte", ["≤", "<="], "is at most"),
        (Operator.Between, "between", [], "is between"),
        (Operator.Before, "before", [], "is before"),
        (Operator.After, "after", [], "is after"),
    ];

    public static Operator? Parse(string? word)
    {
        foreach (var known in All)
        {
            if (known.Word == word || known.Signs.Contains(word, StringComparer.Ordinal))
            {
                return known.Operator;
            }
        }

        return null;
    }

    public static string ToWire(this Operator op) => All[(int)op].Word;

    /// <summary>The verb of a sentence.</summary>
    public static string Said(this Operator op) => All[(int)op].Said;

    /// <summary>Words of the operators that a type has, for a sentence.</summary>
    public static string WordsOf(FieldType type) => string.Join(", ", All.Where(o => o.Operator.IsFor(type)).Select(o => o.Word));

    public static bool IsFor(this Operator op, FieldType type) => op switch
    {
        Operator.Equal or Operator.NotEqual or Operator.Exists or Operator.NotExists => true,
        Operator.In or Operator.NotIn => type != FieldType.Boolean,
        Operator.Contains => type is FieldType.String or FieldType.List,
        Operator.StartsWith or Operator.EndsWith => type == FieldType.String,
        Operator.Greater or Operator.GreaterOrEqual or Operator.Less or Operator.LessOrEqual => type == FieldType.Number,
        Operator.Between => type is FieldType.Number or FieldType.Date,
        Operator.Before or Operator.After => type == FieldType.Date,
        _ => throw new ArgumentOutOfRangeException(nameof(op)),
    };

    /// <summary>How many values it takes: none, one, exactly two, or any number from one on (int.MaxValue).</summary>
    public static int Operands(this Operator op) => op switch
    {
        Operator.Exists or Operator.NotExists => 0,
        Operator.Between => 2,
        Operator.In or Operator.NotIn => int.MaxValue,
        _ => 1,
    };
}
