using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Slipway.Server.Notifications;

/// <summary>How long messages are kept. Configuration section <c>Slipway:Notifications</c>.</summary>
internal sealed class NotificationOptions
{
    /// <summary>How long a message is kept, read or not. Default 90 days.</summary>
    [Range(typeof(TimeSpan), "01:00:00", "3650.00:00:00")]
    public TimeSpan Retention { get; set; } = TimeSpan.FromDays(90);

    /// <summary>Pace of the sweeper. Default one hour.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan SweepInterval { get; set; } = TimeSpan.FromHours(1);
}

[OptionsValidator]
internal sealed partial class NotificationOptionsValidator : IValidateOptions<NotificationOptions>;
