namespace Slipway.Server.Experiments;

/// <summary>Whether the client of a run has vanished.</summary>
internal static class LostRunDecision
{
    /// <param name="heartbeatAt">Null: the client never sent one, and nothing can be concluded from its silence.</param>
    /// <param name="listeningSince">Since when this server could hear heartbeats: silence before that is its own.</param>
    public static bool IsLost(DateTimeOffset? heartbeatAt, DateTimeOffset listeningSince, DateTimeOffset now, TimeSpan lostAfter) =>
        heartbeatAt is { } last && now - (last > listeningSince ? last : listeningSince) > lostAfter;
}
