using Slipway.Server.Platform;

namespace Slipway.Server.Artifacts;

/// <summary>The paths of a package's files among each other; the rule for one path is <see cref="SafePath.Check"/>.</summary>
internal static class ArtifactPath
{
    public const int MaxLength = 1024;

    /// <returns>What is wrong with a path; null when nothing is.</returns>
    public static string? Problem(string path) => SafePath.Check(path)?.Detail.TrimEnd('.');

    /// <summary>A path that is both a file and a folder of another; null when there is none.</summary>
    public static string? FileUsedAsFolder(IEnumerable<string> paths)
    {
        var files = paths.ToHashSet(StringComparer.Ordinal);
        return files.SelectMany(Folders).FirstOrDefault(files.Contains);
    }

    private static IEnumerable<string> Folders(string path)
    {
        for (var slash = path.IndexOf('/'); slash >= 0; slash = path.IndexOf('/', slash + 1))
        {
            yield return path[..slash];
        }
    }
}
