using System.Text.RegularExpressions;

namespace Slipway.Server.Schedules;

/// <summary>Time zones by their names in the time zone database, such as <c>Europe/Berlin</c>. They come from the machine (Debian: package tzdata).</summary>
internal static partial class CronZone
{
    public const string Default = "UTC";

    /// <returns>The zone; null when there is none of this name.</returns>
    public static TimeZoneInfo? Find(string name) =>
        name.Length <= 64 && Named().IsMatch(name) && TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone) ? zone : null;

    public static string Unknown(string? name) => TimeZoneInfo.TryFindSystemTimeZoneById("Europe/London", out _)
        ? $"There is no time zone {(name?.Length <= 64 && !name.Any(char.IsControl) ? $"'{name}'" : "of that name")}. Use a name of the time zone database, such as Europe/Berlin, America/New_York or UTC."
        : "This machine has no time zone database (on Debian: package tzdata), so there is only UTC.";

    [GeneratedRegex(@"\A[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Named();
}
