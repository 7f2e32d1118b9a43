namespace Slipway.Contracts;

/// <summary>How replicas are watched: each is pinged on its own connection, and a program (runtime <c>command</c>) is also asked over HTTP.</summary>
/// <param name="IntervalSeconds">Between two pings, 0.5 to 60; where it is set, also between two checks of a program.</param>
/// <param name="StartupThresholdSeconds">Longest time from the start of a process to a loaded model, 1 to 7,200.</param>
/// <param name="StopTrafficThresholdSeconds">A replica that is silent for this long, with no request inside its deadline, gets no requests until it answers again, 1 to 3,000.</param>
/// <param name="RestartThresholdSeconds">One that is silent for this long is restarted, 1 to 3,600; never before it was out of rotation.</param>
/// <param name="Path">What is asked of a program, such as <c>/health</c>: 2xx or 3xx is well. It wins over <c>http.health_path</c> of its config.yaml; null: what that says.</param>
public sealed record HealthCheckSettings(
    double IntervalSeconds, double StartupThresholdSeconds, double StopTrafficThresholdSeconds, double RestartThresholdSeconds, string? Path = null);

/// <summary>Changes some of <see cref="HealthCheckSettings"/>. Absent members stay as they are; 0 is the server's own, an empty path the package's.</summary>
public sealed record HealthCheckRequest(
    double? IntervalSeconds = null, double? StartupThresholdSeconds = null, double? StopTrafficThresholdSeconds = null, double? RestartThresholdSeconds = null, string? Path = null);
