using System.Globalization;
using System.Runtime.InteropServices;

namespace Slipway.Server.Platform;

/// <summary>
/// Pages of program files that this process has mapped, may not write and never has: letting them go changes nothing, and what is used again comes back from the system's file cache.
/// Most of what a start maps (the code that makes services, models of the database and routes) serves nobody afterwards.
/// </summary>
internal static partial class CleanPages
{
    private const int DontNeed = 4; // MADV_DONTNEED

    /// <summary>Lets go what was mapped at the time of <paramref name="before"/> and is clean now.</summary>
    /// <param name="before">What <see cref="Find"/> gave a while ago: a file that is being loaded at this moment may still be written to.</param>
    public static void LetGo(IReadOnlySet<(ulong Start, ulong End)> before)
    {
        foreach (var (start, end) in Find(File.ReadLines("/proc/self/smaps")).Where(before.Contains))
        {
            _ = Advise((nuint)start, (nuint)(end - start), DontNeed);
        }
    }

    /// <summary>The mappings of files that are read-only, private, and have no page of their own.</summary>
    /// <param name="smaps">Lines of /proc/PID/smaps.</param>
    public static IReadOnlySet<(ulong Start, ulong End)> Find(IEnumerable<string> smaps)
    {
        var found = new HashSet<(ulong Start, ulong End)>();
        (ulong Start, ulong End)? candidate = null;
        foreach (var line in smaps)
        {
            // 7f12a000-7f12c000 r-xp 00001000 fe:00 1234   /usr/lib/libc.so.6
            if (line[0] is (>= '0' and <= '9') or (>= 'a' and <= 'f'))
            {
                var words = line.Split(' ', 6, StringSplitOptions.RemoveEmptyEntries);
                var dash = words[0].IndexOf('-', StringComparison.Ordinal);
                candidate = words.Length == 6 && words[5].StartsWith('/') && !words[5].EndsWith("(deleted)", StringComparison.Ordinal) && (words[1] is "r--p" or "r-xp")
                    ? (Address(words[0].AsSpan(0, dash)), Address(words[0].AsSpan(dash + 1)))
                    : null;
            }
            else if (candidate is { } mapping && line.StartsWith("Anonymous:", StringComparison.Ordinal))
            {
                if (line.AsSpan("Anonymous:".Length).Trim() is "0 kB")
                {
                    found.Add(mapping);
                }

                candidate = null;
            }
        }

        return found;
    }

    private static ulong Address(ReadOnlySpan<char> hex) => ulong.Parse(hex, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    [LibraryImport("libc", EntryPoint = "madvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Advise(nuint start, nuint length, int advice);
}
