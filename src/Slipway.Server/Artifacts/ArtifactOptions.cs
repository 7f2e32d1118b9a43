using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Slipway.Server.Artifacts;

/// <summary>Limits and paces of stored content. Configuration section <c>Slipway:Artifacts</c>.</summary>
internal sealed class ArtifactOptions
{
    /// <summary>Largest single file, in bytes. Default 16 GiB.</summary>
    [Range(1, long.MaxValue)]
    public long MaxFileBytes { get; set; } = 16L << 30;

    /// <summary>Largest package, all files together, in bytes. Default 64 GiB.</summary>
    [Range(1, long.MaxValue)]
    public long MaxPackageBytes { get; set; } = 64L << 30;

    /// <summary>Most files of a package. Default 10,000.</summary>
    [Range(1, 1_000_000)]
    public int MaxFiles { get; set; } = 10_000;

    /// <summary>Largest archive as it is sent (compressed), in bytes. Default 8 GiB.</summary>
    [Range(1, long.MaxValue)]
    public long MaxArchiveBytes { get; set; } = 8L << 30;

    /// <summary>How many times larger than the archive its content may be, counted from the first 16 MiB on. Default 200.</summary>
    [Range(2, 100_000)]
    public int MaxArchiveRatio { get; set; } = 200;

    /// <summary>How long an upload that is not made a version is kept. Default 24 hours.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "30.00:00:00")]
    public TimeSpan UploadLifetime { get; set; } = TimeSpan.FromHours(24);

    /// <summary>Age at which staged content is what a crash left. Default 10 minutes.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan StagingLifetime { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Pace of the sweeper. Default one minute.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan SweepInterval { get; set; } = TimeSpan.FromMinutes(1);
}

[OptionsValidator]
internal sealed partial class ArtifactOptionsValidator : IValidateOptions<ArtifactOptions>;
