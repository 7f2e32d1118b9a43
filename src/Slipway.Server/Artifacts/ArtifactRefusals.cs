using Slipway.Server.Platform;

namespace Slipway.Server.Artifacts;

/// <summary>Every way in which the store says no, for those who store files in it.</summary>
internal static class ArtifactRefusals
{
    public static Refusal TooLarge(string detail) => new(413, "too_large", detail);

    public static Refusal NoSpace() => new(507, "no_space", "The server's disk is full. Free space on it and send again.");
}

internal static class NoSpaceFault
{
    /// <summary>ENOSPC and EDQUOT, as the runtime carries them.</summary>
    public static bool Is(IOException exception) => (exception.HResult & 0xFFFF) is 28 or 122 or 112;
}
