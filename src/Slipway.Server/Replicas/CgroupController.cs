using System.Collections.Immutable;
using System.Globalization;

namespace Slipway.Server.Replicas;

/// <summary>One controller (memory, cpu, pids) of one hierarchy, version 1 or 2, that was seen to work.</summary>
/// <param name="Name">memory, cpu or pids.</param>
/// <param name="Version">1 or 2.</param>
/// <param name="Root">Folder that holds the groups of this server's replicas.</param>
internal sealed record CgroupController(string Name, int Version, string Root)
{
    private const int PeriodMicros = 100_000;

    /// <summary>How its files are read and written.</summary>
    public CgroupFiles Io { get; init; } = CgroupFiles.Kernel;

    public string Limit => Name == "pids" ? "processes" : Name;

    public string Mechanism => $"cgroup v{Version} {Path.GetFileName(Files(new CgroupLimits(0, 1, 0))[0].File)}";

    /// <summary>Finds the controllers that work here: the mount table names them (a folder's mere presence proves nothing), and a trial group shows that limits hold.</summary>
    /// <param name="group">Name of the group that will hold the replicas' groups.</param>
    public static ImmutableArray<CgroupController> Probe(string group)
    {
        try
        {
            return Probe(group, File.ReadAllLines("/proc/self/mountinfo"), File.ReadAllLines("/proc/self/cgroup"), CgroupFiles.Kernel);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <param name="mountTable">Lines of /proc/self/mountinfo.</param>
    /// <param name="own">Lines of /proc/self/cgroup: the server's groups.</param>
    internal static ImmutableArray<CgroupController> Probe(string group, string[] mountTable, string[] own, CgroupFiles io)
    {
        CgroupMount[] mounts = [.. mountTable.Select(CgroupMount.Parse).OfType<CgroupMount>()];
        return [.. new[] { "memory", "cpu", "pids" }.Select(name => Find(name, group, mounts, own, io)).OfType<CgroupController>()];
    }

    public void Place(string replica, CgroupLimits limits, int pid)
    {
        var folder = Path.Combine(Root, replica);
        Io.Make(folder);
        WriteLimits(folder, limits);
        Io.Write(Path.Combine(folder, "cgroup.procs"), pid.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>Kills for want of memory so far; 0 when the group is not there.</summary>
    public long OutOfMemoryKills(string replica)
    {
        try
        {
            var file = Path.Combine(Root, replica, Version == 1 ? "memory.oom_control" : "memory.events");
            var line = Io.Read(file).Split('\n').FirstOrDefault(l => l.StartsWith("oom_kill ", StringComparison.Ordinal));
            return line is null ? 0 : long.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    public void Remove(string replica) => Io.Remove(Path.Combine(Root, replica));

    public void Sweep(IReadOnlySet<string> known)
    {
        if (!Directory.Exists(Root))
        {
            return;
        }

        foreach (var folder in Directory.EnumerateDirectories(Root).Where(f => !known.Contains(Path.GetFileName(f))).ToList())
        {
            Io.Remove(folder);
        }

        if (known.Count == 0)
        {
            Io.Remove(Root);
        }
    }

    private static CgroupController? Find(string name, string group, CgroupMount[] mounts, string[] own, CgroupFiles io)
    {
        var v1 = mounts.FirstOrDefault(m => m.Version == 1 && m.Controllers.Contains(name));
        if (v1 is not null)
        {
            var path = own.Select(l => l.Split(':', 3)).FirstOrDefault(l => l.Length == 3 && l[1].Split(',').Contains(name))?[2] ?? "/";
            return Try(new CgroupController(name, 1, Path.Combine(v1.FolderOf(path), group)) { Io = io });
        }

        var v2 = mounts.FirstOrDefault(m => m.Version == 2);
        if (v2 is null)
        {
            return null;
        }

        var parent = v2.FolderOf(own.FirstOrDefault(l => l.StartsWith("0::", StringComparison.Ordinal))?[3..] ?? "/");
        var root = Path.Combine(parent, group);
        return Delegate(parent, name, io) && Made(root, io) && Delegate(root, name, io) ? Try(new CgroupController(name, 2, root) { Io = io }) : null;
    }

    private static bool Made(string folder, CgroupFiles io)
    {
        try
        {
            io.Make(folder);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Version 2: hands a controller down to the groups below. A group that has processes of its own cannot, unless it is the top one.</summary>
    private static bool Delegate(string folder, string name, CgroupFiles io)
    {
        try
        {
            var file = Path.Combine(folder, "cgroup.subtree_control");
            if (!io.Read(Path.Combine(folder, "cgroup.controllers")).Split([' ', '\n']).Contains(name))
            {
                return false;
            }

            io.Write(file, $"+{name}");
            return io.Read(file).Split([' ', '\n']).Contains(name);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Makes a group, writes limits, reads them back, and removes it.</summary>
    private static CgroupController? Try(CgroupController controller)
    {
        var trial = $"trial-{Guid.NewGuid():n}";
        var folder = Path.Combine(controller.Root, trial);
        try
        {
            controller.Io.Make(folder);
            var limits = new CgroupLimits(64 << 20, 0.5, 100);
            controller.WriteLimits(folder, limits);
            return controller.Io.Exists(Path.Combine(folder, "cgroup.procs"))
                && controller.Files(limits).Where(f => !f.Optional).All(f => controller.Io.Read(Path.Combine(folder, f.File)).Trim() == f.Value)
                ? controller : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
        finally
        {
            controller.Remove(trial);
        }
    }

    private void WriteLimits(string folder, CgroupLimits limits)
    {
        foreach (var (file, value, optional) in Files(limits))
        {
            try
            {
                Io.Write(Path.Combine(folder, file), value);
            }
            catch (Exception exception) when (optional && exception is IOException or UnauthorizedAccessException)
            {
                // Swap accounting is off in this kernel; there is then no swap to limit, or the machine has chosen to allow it.
            }
        }
    }

    private (string File, string Value, bool Optional)[] Files(CgroupLimits limits)
    {
        var quota = Math.Max(1000, (long)(limits.CpuCores * PeriodMicros));
        return (Name, Version) switch
        {
            ("memory", 1) => [("memory.limit_in_bytes", $"{limits.MemoryBytes}", false), ("memory.memsw.limit_in_bytes", $"{limits.MemoryBytes}", true)],
            ("memory", _) => [("memory.max", $"{limits.MemoryBytes}", false), ("memory.swap.max", "0", true), ("memory.oom.group", "1", true)],
            ("cpu", 1) => [("cpu.cfs_quota_us", $"{quota}", false), ("cpu.cfs_period_us", $"{PeriodMicros}", false)],
            ("cpu", _) => [("cpu.max", $"{quota} {PeriodMicros}", false)],
            _ => [("pids.max", $"{limits.Processes}", false)],
        };
    }
}

/// <summary>One line of <c>/proc/self/mountinfo</c> that mounts control groups.</summary>
/// <param name="Root">Which group of the hierarchy appears at the mount point.</param>
internal sealed record CgroupMount(int Version, string Root, string MountPoint, IReadOnlyList<string> Controllers)
{
    /// <returns>Null for any other file system.</returns>
    public static CgroupMount? Parse(string line)
    {
        var halves = line.Split(" - ", 2);
        var (left, right) = (halves[0].Split(' '), halves.Length == 2 ? halves[1].Split(' ') : []);
        return right is [var type, ..] && type is "cgroup" or "cgroup2"
            ? new CgroupMount(type == "cgroup" ? 1 : 2, left[3], left[4], type == "cgroup" ? right[^1].Split(',') : [])
            : null;
    }

    /// <summary>Folder of a group, as <c>/proc/self/cgroup</c> names it; the mount point itself when the group lies outside of what is mounted (containers).</summary>
    public string FolderOf(string group)
    {
        if (Root == "/" || group == Root || group.StartsWith(Root + "/", StringComparison.Ordinal))
        {
            var below = Path.Combine(MountPoint, group[(Root == "/" ? 0 : Root.Length)..].TrimStart('/'));
            return Directory.Exists(below) ? below : MountPoint;
        }

        return MountPoint;
    }
}
