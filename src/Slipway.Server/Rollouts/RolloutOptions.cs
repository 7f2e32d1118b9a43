using System.ComponentModel.DataAnnotations;

namespace Slipway.Server.Rollouts;

/// <summary>Configuration section <c>Slipway:Rollouts</c>.</summary>
internal sealed class RolloutOptions
{
    /// <summary>A rollout fails when no progress was made for this long. Default 10 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "1.00:00:00")]
    public TimeSpan ProgressDeadline { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>How often rollouts are looked at when nothing says that something changed. Default 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.01", "00:01:00")]
    public TimeSpan Pace { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Sum of the memory limits of all replicas, over the memory of the machine, up to which a rollout starts another replica. Limits are bounds and not
    /// reservations, so it is above 1. Default 4.
    /// </summary>
    [Range(0.1, 1000)]
    public double MemoryOvercommit { get; set; } = 4;
}
