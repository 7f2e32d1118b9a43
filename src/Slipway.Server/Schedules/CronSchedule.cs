using Quartz;
using Slipway.Server.Platform;

namespace Slipway.Server.Schedules;

/// <summary>
/// When a schedule is due: five cron fields read in a time zone. Immutable. Quartz parses the fields and knows the calendar; what happens when clocks change is its rule and ours
/// (docs/schedules.md): times of a skipped hour are made up for once, at the first moment after it; in a doubled hour plain numbers come once and patterns (<c>*</c>, ranges, steps) twice.
/// </summary>
internal sealed class CronSchedule
{
    /// <summary>Longest expression that is looked at.</summary>
    public const int MostCharacters = 200;

    private readonly CronExpression expression;

    private CronSchedule(string cron, TimeZoneInfo zone, CronExpression expression)
    {
        (Cron, Zone) = (cron, zone);
        this.expression = expression.WithTimeZone(zone);
    }

    /// <summary>The fields, one blank between two.</summary>
    public string Cron { get; }

    public TimeZoneInfo Zone { get; }

    /// <returns>The schedule, or 400 with what is wrong at <c>cron</c> and at <c>time_zone</c>.</returns>
    public static Result<CronSchedule> Parse(string? cron, string? timeZone)
    {
        var errors = new Dictionary<string, string[]>(StringComparer.Ordinal);
        var zone = CronZone.Find(timeZone ?? CronZone.Default);
        if (zone is null)
        {
            errors["time_zone"] = [CronZone.Unknown(timeZone)];
        }

        var fields = (cron ?? "").Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        var problems = cron is null || cron.Length > MostCharacters || fields.Length != CronField.All.Count
            ? [$"A cron expression has five fields: minute, hour, day of month, month, day of week; for example 30 2 * * 1-5. Here are {(cron?.Length > MostCharacters ? "too many characters" : fields.Length)}."]
            : CronField.All.Zip(fields, (field, text) => field.ProblemOf(text)).OfType<string>().ToArray();
        var text = string.Join(' ', fields);
        CronExpression? parsed = null;
        if (problems.Length == 0 && !CronExpression.TryParse(text, CronFormat.Unix, out parsed))
        {
            problems = ["This cron expression cannot be read."];
        }

        if (problems.Length == 0 && Next(parsed!, DateTimeOffset.UnixEpoch) is null)
        {
            problems = ["No day of any year is meant by this expression: the month does not have that day."];
        }

        if (problems.Length > 0)
        {
            errors["cron"] = problems;
        }

        return errors.Count == 0
            ? new CronSchedule(text, zone!, parsed!)
            : new Refusal(400, "invalid_field", errors.Values.First()[0]) { Errors = errors };
    }

    /// <summary>What was stored and so was good; the zone may have left the machine since, and is UTC then.</summary>
    public static CronSchedule Stored(string cron, string timeZone) =>
        new(cron, CronZone.Find(timeZone) ?? TimeZoneInfo.Utc, CronExpression.Parse(cron, CronFormat.Unix));

    /// <summary>The first due time after a moment; null: none within the calendar.</summary>
    public DateTimeOffset? NextAfter(DateTimeOffset moment) => Next(expression, moment);

    /// <summary>The next due times after a moment, as the clocks of the zone show them.</summary>
    public IReadOnlyList<DateTimeOffset> Preview(DateTimeOffset from, int count)
    {
        var times = new List<DateTimeOffset>(count);
        for (var next = NextAfter(from); next is { } due && times.Count < count; next = NextAfter(due))
        {
            times.Add(TimeZoneInfo.ConvertTime(due, Zone));
        }

        return times;
    }

    private static DateTimeOffset? Next(CronExpression expression, DateTimeOffset moment)
    {
        try
        {
            return expression.GetNextValidTimeAfter(moment)?.ToUniversalTime();
        }
        catch (ArgumentOutOfRangeException)
        {
            return null;   // beyond the last year of the calendar
        }
    }
}
