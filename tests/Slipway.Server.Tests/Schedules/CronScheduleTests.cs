using System.Globalization;
using Slipway.Server.Schedules;

namespace Slipway.Server.Tests.Schedules;

public sealed class CronScheduleTests
{
    [Theory]
    [InlineData("30 2 * * *", "UTC", "2026-01-01T00:00Z", "01 02:30, 02 02:30, 03 02:30")]
    [InlineData("*/20 9-10 * * 1-5", "UTC", "2026-01-02T10:30Z", "02 10:40, 05 09:00, 05 09:20")]   // a Friday, then Monday
    [InlineData("0 0 13 * FRI", "UTC", "2026-02-01T00:00Z", "06 00:00, 13 00:00, 20 00:00")]        // day of month or day of week, as in every cron
    [InlineData("0 0 * * 7", "UTC", "2026-01-01T00:00Z", "04 00:00, 11 00:00, 18 00:00")]           // 7 is Sunday, as 0 is
    [InlineData("0 0 * * FRI-SUN", "UTC", "2026-01-01T00:00Z", "02 00:00, 03 00:00, 04 00:00")]
    [InlineData("0 0 * * 5-7", "UTC", "2026-01-01T00:00Z", "02 00:00, 03 00:00, 04 00:00")]
    [InlineData("5/25 * * jan *", "UTC", "2026-01-01T00:00Z", "01 00:05, 01 00:30, 01 00:55")]
    [InlineData("0 0 29 2 *", "UTC", "2026-01-01T00:00Z", "29 00:00, 29 00:00, 29 00:00")]          // leap years only
    [InlineData("0  8\t* * *", "Asia/Kolkata", "2026-01-01T00:00Z", "01 08:00, 02 08:00, 03 08:00")]
    public void Five_fields_and_a_zone_say_when(string cron, string zone, string from, string times) => Assert.Equal(times, Times(cron, zone, from, 3, "dd HH:mm"));

    /// <summary>Berlin: on 29 March 2026 clocks go from 02:00 to 03:00, on 25 October from 03:00 back to 02:00. The rules are those of docs/schedules.md.</summary>
    [Theory]
    // The skipped hour is made up for once, at the first moment after it.
    [InlineData("30 2 * * *", "2026-03-28T12:00Z", "29 03:00+02, 30 02:30+02, 31 02:30+02, 01 02:30+02")]
    [InlineData("*/15 2 * * *", "2026-03-28T12:00Z", "29 03:00+02, 30 02:00+02, 30 02:15+02, 30 02:30+02")]
    [InlineData("0 2,3 * * *", "2026-03-28T12:00Z", "29 03:00+02, 30 02:00+02, 30 03:00+02, 31 02:00+02")]      // both at 03:00: one time
    [InlineData("0 * * * *", "2026-03-29T00:30Z", "29 03:00+02, 29 04:00+02, 29 05:00+02, 29 06:00+02")]
    [InlineData("30 1 * * *", "2026-03-28T12:00Z", "29 01:30+01, 30 01:30+02, 31 01:30+02, 01 01:30+02")]       // beside it: nothing changes
    // In the doubled hour plain numbers come once, the first time that the clock shows them …
    [InlineData("30 2 * * *", "2026-10-24T12:00Z", "25 02:30+02, 26 02:30+01, 27 02:30+01, 28 02:30+01")]
    [InlineData("0,30 2 * * *", "2026-10-24T12:00Z", "25 02:00+02, 25 02:30+02, 26 02:00+01, 26 02:30+01")]
    // … and patterns keep their pace through both.
    [InlineData("*/30 * * * *", "2026-10-25T00:15Z", "25 02:30+02, 25 02:00+01, 25 02:30+01, 25 03:00+01")]
    [InlineData("30 * * * *", "2026-10-24T23:45Z", "25 02:30+02, 25 02:30+01, 25 03:30+01, 25 04:30+01")]
    [InlineData("0 3 * * *", "2026-10-24T12:00Z", "25 03:00+01, 26 03:00+01, 27 03:00+01, 28 03:00+01")]        // beside it: nothing changes
    public void When_clocks_change_each_time_is_defined(string cron, string from, string times) => Assert.Equal(times, Times(cron, "Europe/Berlin", from, 4, "dd HH:mmzz"));

    [Fact]
    public void Midnight_that_does_not_exist_is_made_up_for_at_one()
    {
        // São Paulo went from 00:00 to 01:00 on 4 November 2018.
        Assert.Equal("03 00:00-03, 04 01:00-02, 05 00:00-02", Times("0 0 * * *", "America/Sao_Paulo", "2018-11-02T12:00Z", 3, "dd HH:mmzz"));
    }

    [Fact]
    public void A_year_of_due_times_neither_repeats_nor_goes_back()
    {
        foreach (var (cron, zone) in new[] { ("*/7 * * * *", "Europe/Berlin"), ("13 */3 * * *", "Australia/Lord_Howe"), ("0 1-3 * * *", "America/New_York"), ("45 23 * * *", "Africa/Casablanca") })
        {
            var schedule = CronSchedule.Parse(cron, zone).Value;
            var times = new List<DateTimeOffset>();
            for (var next = schedule.NextAfter(At("2026-01-01T00:00Z")); next is { } due && due < At("2027-01-01T00:00Z"); next = schedule.NextAfter(due))
            {
                times.Add(due);
            }

            Assert.Equal(times.Distinct().Order(), times);
            Assert.True(times.Zip(times.Skip(1), (a, b) => b - a).Max() <= TimeSpan.FromHours(26));
        }
    }

    [Theory]
    [InlineData("60 0 * * *", "Minute: '60' is not *, a number from 0 to 59")]
    [InlineData("0 24 * * *", "Hour: '24'")]
    [InlineData("0 0 0 * *", "Day of month: '0' is not *, a number from 1 to 31")]
    [InlineData("0 0 * 13 *", "Month: '13' is not *, a number from 1 to 12, a name (JAN to DEC)")]
    [InlineData("0 0 * * 8", "Day of week: '8'")]
    [InlineData("0 0 * * MUN", "Day of week: 'MUN'")]
    [InlineData("50-10 * * * *", "runs backwards")]
    [InlineData("*/0 * * * *", "the step '0' is not a number from 1 to 59")]
    [InlineData("1, * * * *", "an empty item")]
    [InlineData("0 0 L * *", "Day of month: 'L'")]      // Quartz would take these; cron does not
    [InlineData("0 0 15W * *", "Day of month: '15W'")]
    [InlineData("0 0 * * 1#2", "Day of week: '1#2'")]
    [InlineData("0 0 ? * *", "Day of month: '?'")]
    [InlineData("0 0 * *", "five fields")]
    [InlineData("0 0 0 * * *", "five fields")]
    [InlineData("@daily", "five fields")]
    [InlineData("", "five fields")]
    [InlineData(null, "five fields")]
    [InlineData("0 0 31 2 *", "the month does not have that day")]
    [InlineData("-1 0 * * *", "Minute: '-1'")]
    [InlineData("٣ 0 * * *", "Minute: '٣'")]            // digits of other scripts are not digits here
    public void A_bad_expression_is_refused_and_the_field_is_named(string? cron, string says)
    {
        var refusal = CronSchedule.Parse(cron, "UTC").Refusal!;
        Assert.Equal((400, "invalid_field"), (refusal.Status, refusal.Code));
        Assert.Contains(says, Assert.Single(refusal.Errors!["cron"]), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_bad_field_is_named_at_once()
    {
        var refusal = CronSchedule.Parse("60 24 * * *", "Mars/Olympus").Refusal!;
        Assert.Equal(2, refusal.Errors!["cron"].Length);
        Assert.Contains("There is no time zone 'Mars/Olympus'", Assert.Single(refusal.Errors["time_zone"]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Europe/Berlin")]
    [InlineData("America/Argentina/Buenos_Aires")]
    [InlineData("Etc/GMT+12")]
    [InlineData("UTC")]
    [InlineData("Asia/Kathmandu")]
    public void Zones_of_the_database_are_found_although_the_program_is_invariant(string zone) => Assert.Equal(zone, CronZone.Find(zone)?.Id);

    [Theory]
    [InlineData("")]
    [InlineData("../../etc/passwd")]
    [InlineData("/etc/localtime")]
    [InlineData("Europe/../Europe/Berlin")]
    [InlineData("+02:00")]
    [InlineData("Eastern Standard Time")]
    public void Nothing_else_is_a_zone(string zone) => Assert.Null(CronZone.Find(zone));

    private static string Times(string cron, string zone, string from, int count, string format) => string.Join(
        ", ", CronSchedule.Parse(cron, zone).Value.Preview(At(from), count).Select(t => t.ToString(format, CultureInfo.InvariantCulture)));

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
