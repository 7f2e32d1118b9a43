namespace Slipway.Cli;

/// <summary>Finds what is shipped with the program: beside it when released, in the source tree when run from source.</summary>
internal static class ProgramFolder
{
    /// <summary>The folder <paramref name="relative"/>; null when the program came without it.</summary>
    public static string? Find(string relative)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, relative);
            if (Directory.Exists(candidate))
            {
                return candidate;
            }
        }

        return null;
    }
}
