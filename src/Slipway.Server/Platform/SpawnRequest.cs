namespace Slipway.Server.Platform;

/// <summary>A child process to start. Nothing of the server's own environment reaches it.</summary>
internal sealed record SpawnRequest
{
    /// <summary>Absolute path.</summary>
    public required string Program { get; init; }

    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Absolute; also the child's HOME. It exists, and <see cref="User"/> may enter it.</summary>
    public required string WorkingFolder { get; init; }

    /// <summary>All of the child's environment besides PATH, LANG and HOME, which it may replace.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Null: the server's own user. Only root can name another.</summary>
    public SpawnUser? User { get; init; }

    public SpawnLimits Limits { get; init; } = new();
}

/// <summary>An operating-system user; supplementary groups are dropped.</summary>
[System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Auto)]
internal readonly record struct SpawnUser(int UserId, int GroupId);

/// <summary>Resource limits (rlimits) of the child and its children; null leaves one as it is.</summary>
/// <param name="AddressSpaceBytes">RLIMIT_AS: allocations above it fail.</param>
/// <param name="FileSizeBytes">RLIMIT_FSIZE: longest file that it may write.</param>
/// <param name="Processes">RLIMIT_NPROC: counted over all processes of the user.</param>
/// <param name="OpenFiles">RLIMIT_NOFILE.</param>
internal sealed record SpawnLimits(long? AddressSpaceBytes = null, long? FileSizeBytes = null, int? Processes = null, int? OpenFiles = 4096);

/// <summary>How a short tool ended.</summary>
/// <param name="ExitCode">128 + n after signal n.</param>
/// <param name="Output">Standard output, cut at the bound.</param>
/// <param name="Error">Standard error, cut at the bound.</param>
/// <param name="TimedOut">The time limit passed and its whole process group was killed.</param>
internal sealed record ToolResult(int ExitCode, string Output, string Error, bool TimedOut)
{
    public bool Succeeded => ExitCode == 0 && !TimedOut;
}
