using System.Collections.Immutable;
using System.Globalization;
using Slipway.Server.Platform;

namespace Slipway.Server.Replicas;

/// <summary>
/// Where the servers of a data folder have put control groups: the file <c>cgroups</c> there, a line <c>controller version folder</c> each. A service manager may
/// start the next server in another group than the last one, while replicas stay where they were.
/// </summary>
internal static class CgroupRoots
{
    private const string Name = "cgroups";

    /// <summary>Those that are still there.</summary>
    public static ImmutableArray<CgroupController> Earlier(string dataFolder)
    {
        try
        {
            return
            [
                .. File.ReadLines(Path.Combine(dataFolder, Name)).Select(l => l.Split(' ', 3))
                    .Where(p => p is [_, "1" or "2", ['/', ..]] && Directory.Exists(p[2]))
                    .Select(p => new CgroupController(p[0], int.Parse(p[1], CultureInfo.InvariantCulture), p[2])),
            ];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    public static void Store(string dataFolder, IReadOnlyCollection<CgroupController> roots)
    {
        try
        {
            var file = Path.Combine(dataFolder, Name);
            File.WriteAllLines(file + ".new", roots.Select(r => $"{r.Name} {r.Version} {r.Root}"));
            File.Move(file + ".new", file, overwrite: true);
            FolderSync.Flush(dataFolder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Groups are then found by the server that made them, and by those that start in the same group.
        }
    }
}
