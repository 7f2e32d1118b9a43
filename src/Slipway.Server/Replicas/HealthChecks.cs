namespace Slipway.Server.Replicas;

/// <summary>How the replicas of a deployment are watched: they are pinged, and silence has consequences. Null members: the server's options.</summary>
/// <param name="Interval">Between two pings.</param>
/// <param name="Startup">Longest time from the start of a process to a loaded model.</param>
/// <param name="StopTraffic">A ready replica that is silent for this long, with no request inside its deadline, gets no requests; its next pong brings it back.</param>
/// <param name="Restart">One that is silent for this long is ended and started anew.</param>
/// <param name="Path">What a program is asked at instead of what its package says; see <see cref="ProgramHealth"/>.</param>
internal sealed record HealthChecks(TimeSpan? Interval = null, TimeSpan? Startup = null, TimeSpan? StopTraffic = null, TimeSpan? Restart = null, string? Path = null)
{
    /// <summary>With nothing left open.</summary>
    public HealthChecks Or(ReplicasOptions options) => new(
        Interval ?? options.PingInterval, Startup ?? options.LoadTimeout, StopTraffic ?? Least(options.StopTrafficAfter, Restart ?? options.HangAfter), Restart ?? options.HangAfter, Path);

    private static TimeSpan Least(TimeSpan one, TimeSpan other) => one < other ? one : other;
}

/// <summary>Asked for the health checks of a deployment; the folder that keeps its settings answers.</summary>
internal interface IReplicaHealth
{
    HealthChecks Of(Guid deploymentId);
}

/// <summary>The answer where nobody keeps settings.</summary>
internal sealed class UsualHealth : IReplicaHealth
{
    public HealthChecks Of(Guid deploymentId) => new();
}
