using System.Text;

namespace Slipway.Server.Registry.Artifacts;

/// <summary>
/// The rule for the path of a file inside a package: relative, forward slashes, no empty, <c>.</c> or <c>..</c> segment, no backslash or control
/// character, at most 512 characters in segments of at most 255 UTF-8 bytes. Decided once, on the text that is then used; nothing decodes it again.
/// </summary>
internal static class ArtifactPath
{
    /// <returns>What is wrong with it; null when nothing is.</returns>
    public static string? Problem(string path)
    {
        if (path.Length is 0 or > 512)
        {
            return "a path has 1 to 512 characters";
        }

        if (path.Any(c => char.IsControl(c) || c == '\\'))
        {
            return "a path holds no control character and no backslash";
        }

        if (!IsWellFormed(path))
        {
            return "a path is valid Unicode";
        }

        if (path[0] == '/')
        {
            return "a path is relative, without a leading slash";
        }

        return path.Split('/').Any(s => s is "" or "." or ".." || Encoding.UTF8.GetByteCount(s) > 255)
            ? "a path climbs nowhere: no empty, '.' or '..' segment, each at most 255 bytes"
            : null;
    }

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

    private static bool IsWellFormed(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]) && !(char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[++i])))
            {
                return false;
            }
        }

        return true;
    }
}
