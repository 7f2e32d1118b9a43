namespace Slipway.Server.Analytics;

/// <summary>How long aggregates are kept and how often they are written. Configuration section <c>Slipway:Analytics</c>.</summary>
internal sealed class AnalyticsOptions
{
    /// <summary>Age at which minute aggregates go. Default 35 days.</summary>
    public TimeSpan MinuteAge { get; set; } = TimeSpan.FromDays(35);

    /// <summary>Age at which hour aggregates go. Default 400 days.</summary>
    public TimeSpan HourAge { get; set; } = TimeSpan.FromDays(400);

    /// <summary>Pace at which what was counted is written. Default 1 s.</summary>
    public TimeSpan FlushInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Pace of the purge. Default 1 hour.</summary>
    public TimeSpan PurgeInterval { get; set; } = TimeSpan.FromHours(1);
}
