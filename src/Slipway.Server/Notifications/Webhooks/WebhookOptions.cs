using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Slipway.Server.Notifications.Webhooks;

/// <summary>How events are delivered. Configuration section <c>Slipway:Webhooks</c>.</summary>
internal sealed class WebhookOptions
{
    /// <summary>The attribute <c>source</c> of every event: a URI that names this installation. Default <c>urn:slipway</c>.</summary>
    [Required]
    [MaxLength(500)]
    public string Source { get; set; } = "urn:slipway";

    /// <summary>How long an answer may take. Default 15 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:05:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>Attempts before a delivery is given up. Default 10: with the back-off, about a day and a half.</summary>
    [Range(1, 100)]
    public int MostAttempts { get; set; } = 10;

    /// <summary>Wait after the first failure; it grows fourfold each time. Default 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.01", "01:00:00")]
    public TimeSpan FirstWait { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The longest wait, also where the other side asks for a longer one. Default 12 hours.</summary>
    [Range(typeof(TimeSpan), "00:00:00.01", "7.00:00:00")]
    public TimeSpan LongestWait { get; set; } = TimeSpan.FromHours(12);

    /// <summary>How long the secret before a rotation signs too. Default 24 hours.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "30.00:00:00")]
    public TimeSpan RotationOverlap { get; set; } = TimeSpan.FromHours(24);

    /// <summary>How long events with their deliveries are kept. Default 14 days.</summary>
    [Range(typeof(TimeSpan), "01:00:00", "365.00:00:00")]
    public TimeSpan Retention { get; set; } = TimeSpan.FromDays(14);

    /// <summary>How often stored events and deliveries are looked at when nothing was heard of. Default 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.05", "00:10:00")]
    public TimeSpan Pace { get; set; } = TimeSpan.FromSeconds(5);
}

[OptionsValidator]
internal sealed partial class WebhookOptionsValidator : IValidateOptions<WebhookOptions>;
