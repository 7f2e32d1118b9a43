using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Slipway.Server.Approvals;

/// <summary>Paces of the loop that makes approved changes. Configuration section <c>Slipway:Approvals</c>.</summary>
internal sealed class ApprovalOptions
{
    /// <summary>How often stored requests are looked at when nothing was heard of. Default 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00")]
    public TimeSpan Pace { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How often an approved change that waits (a rollout runs there) or failed is tried again. Default 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00")]
    public TimeSpan RetryPace { get; set; } = TimeSpan.FromSeconds(1);
}

[OptionsValidator]
internal sealed partial class ApprovalOptionsValidator : IValidateOptions<ApprovalOptions>;
