using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Slipway.Server.Packages;

/// <summary>Looking at packages and building them. Configuration section <c>Slipway:Packages</c>.</summary>
internal sealed class PackagesOptions
{
    /// <summary>Longest time that parsing a package's Python files, or looking at its ONNX model, may take. Default 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan ParseTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Address space for looking at an ONNX model, 2 to 64 GiB: models that need more to be loaded are refused. Default 8 GiB.</summary>
    [Range(2L << 30, 64L << 30)]
    public long OnnxAddressSpaceBytes { get; set; } = 8L << 30;

    /// <summary>Longest time that one step of a build may take. Default 30 minutes.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "04:00:00")]
    public TimeSpan BuildTimeout { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>Builds at a time, 1 to 32. Default 2.</summary>
    [Range(1, 32)]
    public int ConcurrentBuilds { get; set; } = 2;

    /// <summary>Package index; null: what pip is configured for on this machine.</summary>
    public string? IndexUrl { get; set; }

    /// <summary>Never ask an index: only <see cref="FindLinks"/>. Default false.</summary>
    public bool NoIndex { get; set; }

    /// <summary>Folder or page with wheels, besides the index; null: none.</summary>
    public string? FindLinks { get; set; }

    /// <summary>Further arguments of pip, as they are.</summary>
    public IList<string> PipArguments { get; set; } = [];

    /// <summary>
    /// Whether pip may build packages from source. That runs their code with the server's own user; an administrator's decision. Default false.
    /// </summary>
    public bool AllowSourceBuilds { get; set; }

    /// <summary>Variables of the server's environment that pip gets: how to reach the index, and nothing else.</summary>
    public IList<string> PipVariables { get; set; } =
    [
        "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_CERT", "PIP_TRUSTED_HOST", "PIP_DEFAULT_TIMEOUT", "PIP_NO_INDEX", "PIP_CONFIG_FILE",
        "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE",
    ];
}

[OptionsValidator]
internal sealed partial class PackagesOptionsValidator : IValidateOptions<PackagesOptions>;
