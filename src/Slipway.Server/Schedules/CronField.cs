using System.Globalization;

namespace Slipway.Server.Schedules;

/// <summary>
/// One field of a cron expression: <c>*</c>, a number, a range <c>a-b</c>, a step <c>/n</c> behind either, names of months and days, and lists of these by comma. Checked here
/// because the parser takes more (Quartz's L, W and #, empty list items, ranges that run backwards) and names no field when it refuses.
/// </summary>
/// <param name="Name">As a person calls it.</param>
/// <param name="Names">Three letters each, counted from <paramref name="Least"/>; empty: numbers only.</param>
internal sealed record CronField(string Name, int Least, int Most, IReadOnlyList<string> Names)
{
    private static readonly string[] Months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
    private static readonly string[] Days = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

    public static IReadOnlyList<CronField> All { get; } =
        [new("minute", 0, 59, []), new("hour", 0, 23, []), new("day of month", 1, 31, []), new("month", 1, 12, Months), new("day of week", 0, 7, Days)];

    /// <returns>What is wrong, in a sentence; null: nothing.</returns>
    public string? ProblemOf(string text) => text.Split(',').Select(ItemProblem).FirstOrDefault(problem => problem is not null);

    private string? ItemProblem(string item)
    {
        var parts = item.Split('/');
        if (parts.Length > 2 || item.Length == 0)
        {
            return Wrong(item);
        }

        if (parts is [_, var step] && !(Number(step) is { } every && every >= 1 && every <= Most))
        {
            return $"{Capital()}: the step {Shown(step)} is not a number from 1 to {Most}.";
        }

        if (parts[0] == "*")
        {
            return null;
        }

        var ends = parts[0].Split('-');
        if (ends.Length > 2 || ends.Any(end => Value(end) is null))
        {
            return Wrong(item);
        }

        if (ends is [var first, var last] && Value(first) > Value(last) && !(Names == (IReadOnlyList<string>)Days && Value(last) == 0))
        {
            return $"{Capital()}: the range {Shown(item)} runs backwards; write two ranges with a comma.";
        }

        return null;
    }

    private int? Value(string text)
    {
        if (Number(text) is { } number)
        {
            return number >= Least && number <= Most ? number : null;
        }

        return Names.Index().Where(n => n.Item.Equals(text, StringComparison.OrdinalIgnoreCase)).Select(n => (int?)n.Index + Least).FirstOrDefault();
    }

    private string Wrong(string item) =>
        $"{Capital()}: {Shown(item)} is not *, a number from {Least} to {Most}{(Names.Count > 0 ? $", a name ({Names[0]} to {Names[^1]})" : "")}, a range or a step such as */5.";

    private string Capital() => string.Concat(char.ToUpperInvariant(Name[0]).ToString(), Name.AsSpan(1));

    private static string Shown(string text) => text.Length == 0 ? "an empty item" : text.Length <= 20 && !text.Any(char.IsControl) ? $"'{text}'" : "this item";

    private static int? Number(string text) =>
        text.Length is > 0 and <= 4 && text.All(char.IsAsciiDigit) ? int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture) : null;
}
