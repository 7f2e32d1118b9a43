namespace Slipway.Server.Platform;

/// <summary>
/// Turns a path from outside into a file below a folder of ours. The text is decided on as it is, once: nothing here or after it decodes again, and the
/// value that was decided on is the one that is used.
/// </summary>
internal static class SafePath
{
    /// <summary>The absolute path below <paramref name="root"/>, or 400 <c>path_refused</c>.</summary>
    /// <param name="root">Absolute folder.</param>
    /// <param name="relative">Segments joined by '/'. From a route it is decoded once, except for <c>%2F</c>, which is refused: it could mean two things.</param>
    public static Result<string> Resolve(string root, string relative)
    {
        if (Check(relative) is { } refusal)
        {
            return refusal;
        }

        var folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root)) + Path.DirectorySeparatorChar;
        var full = Path.GetFullPath(Path.Combine(folder, relative));
        return full.StartsWith(folder, StringComparison.Ordinal) ? full : Refused("leaves its folder");
    }

    /// <summary>Opens a file below <paramref name="root"/> for reading; a link anywhere on the way is refused.</summary>
    /// <returns>The stream, <c>path_refused</c> or <c>file_not_found</c>.</returns>
    public static Result<FileStream> OpenRead(string root, string relative)
    {
        var resolved = Resolve(root, relative);
        if (resolved.IsRefused)
        {
            return resolved.Refusal!;
        }

        var folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));
        for (var part = resolved.Value; part.Length > folder.Length; part = Path.GetDirectoryName(part)!)
        {
            if (new FileInfo(part).LinkTarget is not null)
            {
                return Refused("goes through a link");
            }
        }

        try
        {
            return File.Exists(resolved.Value)
                ? new FileStream(resolved.Value, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 64 * 1024, FileOptions.Asynchronous)
                : Refusal.NotFound("file_not_found", "There is no such file.");
        }
        catch (FileNotFoundException)
        {
            return Refusal.NotFound("file_not_found", "There is no such file.");
        }
    }

    /// <summary>Whether a text may be a relative path at all: for those who store paths and open nothing. Null: yes.</summary>
    public static Refusal? Check(string relative)
    {
        if (relative.Length is 0 or > 1024)
        {
            return Refused("is empty or longer than 1,024 characters");
        }

        if (relative.AsSpan().IndexOfAnyInRange('\0', '\x1f') >= 0 || relative.Contains('\\') || relative.Contains('\x7f'))
        {
            return Refused("contains a control character or backslash");
        }

        if (relative.Contains("%2f", StringComparison.OrdinalIgnoreCase))
        {
            return Refused("contains an encoded slash");
        }

        foreach (var segment in relative.AsSpan().Split('/'))
        {
            if (relative.AsSpan()[segment] is "" or "." or "..")
            {
                return Refused("has an empty, '.' or '..' segment, or begins or ends with a slash");
            }

            if (System.Text.Encoding.UTF8.GetByteCount(relative.AsSpan()[segment]) > 255)
            {
                return Refused("has a segment longer than 255 bytes");
            }
        }

        return null;
    }

    private static Refusal Refused(string why) => Refusal.BadRequest("path_refused", $"The path {why}.");
}
