using System.Globalization;
using Xunit;

namespace Slipway.Testing;

/// <summary>What a process has in memory that is its own: no pages of files.</summary>
internal static class ProcessMemory
{
    /// <summary>
    /// For a .NET process whose memory is watched from outside (a variable of its environment): it collects after each 4 MiB, so that garbage which waits for a collection is not taken for a leak.
    /// </summary>
    public static KeyValuePair<string, string> CollectsOften { get; } = new("DOTNET_GCgen0size", "400000");

    public static long AnonymousBytes(int pid) =>
        1024 * long.Parse(File.ReadLines($"/proc/{pid}/status").First(l => l.StartsWith("RssAnon:", StringComparison.Ordinal))["RssAnon:".Length..].TrimEnd('k', 'B', ' '), CultureInfo.InvariantCulture);

    /// <summary>Of this process, with no garbage.</summary>
    public static long OwnBytes()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        return AnonymousBytes(Environment.ProcessId);
    }

    /// <summary>There is no more after so many requests than what settles late, and a few KiB for each: less than the smallest leak that matters, and more than noise.</summary>
    /// <param name="before">After a warm-up.</param>
    /// <returns>How much more there is, in words.</returns>
    public static string ShouldBeFlat(string what, long before, long after, int requests, long mostBytes)
    {
        var bound = Math.Min(mostBytes, (6L << 20) + (requests * 6144L));
        Assert.True(after < before + bound, $"{what}: {before >> 10} KiB grew to {after >> 10} KiB in {requests} requests; {bound >> 10} KiB more are taken for noise");
        return $"{what}: {(after - before) >> 10} KiB more after {requests} requests";
    }
}
