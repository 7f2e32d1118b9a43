namespace Slipway.EndToEnd.Tests;

/// <summary>A memory control group (version 1) of its own below the test's, as a service manager makes one for each service.</summary>
internal sealed class MemoryGroup : IDisposable
{
    private MemoryGroup(string folder) => Folder = folder;

    public string Folder { get; }

    public static MemoryGroup MakeOrSkip()
    {
        var own = File.ReadLines("/proc/self/cgroup").Select(l => l.Split(':', 3)).FirstOrDefault(p => p[1].Split(',').Contains("memory"));
        var folder = Path.Combine("/sys/fs/cgroup/memory", own?[2].TrimStart('/') ?? "", $"slipway-test-{Guid.NewGuid():n}");
        try
        {
            Assert.SkipUnless(own is not null, "There is no memory control group of version 1 here.");
            Directory.CreateDirectory(folder);
            Assert.SkipUnless(File.Exists(Path.Combine(folder, "cgroup.procs")), "The memory control groups are not mounted here.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Assert.Skip($"No memory control group can be made here: {exception.Message}");
        }

        return new MemoryGroup(folder);
    }

    /// <summary>Names of the groups of replicas below it.</summary>
    public IReadOnlyList<string> Replicas() =>
        [.. Directory.EnumerateDirectories(Folder, "slipway-*").SelectMany(Directory.EnumerateDirectories).Select(f => Path.GetFileName(f))];

    public void Dispose()
    {
        foreach (var group in Directory.EnumerateDirectories(Folder, "*", SearchOption.AllDirectories).OrderByDescending(f => f.Length).Append(Folder).ToList())
        {
            Directory.Delete(group);
        }
    }
}
