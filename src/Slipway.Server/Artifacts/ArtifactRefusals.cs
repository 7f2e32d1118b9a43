using Slipway.Server.Platform;

namespace Slipway.Server.Artifacts;

/// <summary>Every way in which the store says no, for those who store files in it.</summary>
internal static class ArtifactRefusals
{
    /// <param name="limit">Bytes, or files, that are taken at most.</param>
    /// <param name="current">How many there are, where that is known.</param>
    public static Refusal TooLarge(string detail, long limit, long? current = null) => new(413, "too_large", detail) { Limit = limit, Current = current };

    public static Refusal NoSpace() => new(507, "no_space", "The server's disk is full. Free space on it and send again.");
}

internal static class NoSpaceFault
{
    /// <summary>ENOSPC and EDQUOT, as the runtime carries them.</summary>
    public static bool Is(IOException exception) => (exception.HResult & 0xFFFF) is 28 or 122 or 112;
}
