using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Slipway.Server.Gateway;

/// <summary>Bounds of the request path. Configuration section <c>Slipway:Gateway</c>.</summary>
internal sealed class GatewayOptions
{
    /// <summary>Bodies up to this size are read whole before admission, can be replayed and are recorded whole. Bytes, 64 KiB to 16 MiB; default 1 MiB.</summary>
    [Range(65_536, 16_777_216)]
    public int BufferedBodyBytes { get; set; } = 1_048_576;

    /// <summary>Larger bodies are 413. Bytes, 1 MiB to 2 GiB; default 100 MiB.</summary>
    [Range(1_048_576, int.MaxValue)]
    public int MaxBodyBytes { get; set; } = 104_857_600;

    /// <summary>How much of a streamed body, in either direction, is recorded. Bytes, 0 to 1 MiB; default 64 KiB.</summary>
    [Range(0, 1_048_576)]
    public int RecordedStreamBytes { get; set; } = 65_536;

    /// <summary>Attempts of one request, the first included. 1 to 10; default 3.</summary>
    [Range(1, 10)]
    public int MaxAttempts { get; set; } = 3;

    /// <summary>Pause before the second attempt; doubles with each further one. 0 to 10 s; default 10 ms.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:10")]
    public TimeSpan RetryPause { get; set; } = TimeSpan.FromMilliseconds(10);

    /// <summary>How often deadlines are looked at, and so how late a 504 may be. 1 ms to 1 s; default 50 ms.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:00:01")]
    public TimeSpan DeadlineInterval { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Length of a report to the control plane, and so how late a step of the load is seen. 50 ms to 10 s; default 500 ms.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:00:10")]
    public TimeSpan ReportInterval { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How long a request waits for a replica that is said to be ready and cannot be reached, before it is answered 503. 0 to 1 min; default 2 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan ReadyGrace { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a lost replica connection waits before it is tried again. 1 ms to 10 s; default 50 ms.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:00:10")]
    public TimeSpan ReconnectPause { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Predictions in flight may finish for this long when the server stops; then they are answered 504. 0 to 10 min; default 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan ShutdownTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Addresses and networks (CIDR) of proxies whose <c>X-Forwarded-For</c> is believed when the caller's address chooses the replica. Default: none.</summary>
    public IList<string> TrustedProxies { get; } = [];

    /// <summary>Whether predictions go to the journal at all. Off only to measure what history costs.</summary>
    public bool Record { get; set; } = true;
}

[OptionsValidator]
internal sealed partial class GatewayOptionsValidator : IValidateOptions<GatewayOptions>;
