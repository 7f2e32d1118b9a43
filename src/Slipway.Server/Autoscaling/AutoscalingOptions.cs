using System.ComponentModel.DataAnnotations;

namespace Slipway.Server.Autoscaling;

/// <summary>Configuration section <c>Slipway:Autoscaling</c>.</summary>
internal sealed class AutoscalingOptions
{
    /// <summary>How often desired state is read again when nothing says that it changed, 0.1 s to 1 min. Default 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan Pace { get; set; } = TimeSpan.FromSeconds(5);
}
