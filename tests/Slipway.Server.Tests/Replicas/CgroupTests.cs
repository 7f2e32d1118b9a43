using Slipway.Server.Replicas;

namespace Slipway.Server.Tests.Replicas;

/// <summary>
/// Control groups of version 2, which the machines that run these tests may not have: a kernel in memory keeps to the rules of the kernel's documentation (cgroup-v2.rst). Version 1 and RLIMIT_AS are tested
/// for real in <see cref="ReplicaLimitTests"/>.
/// </summary>
public sealed class CgroupTests : IDisposable
{
    private readonly string mount = Directory.CreateTempSubdirectory("slipway-test-").FullName;   // folders there are looked for on the disk; what is in them is the kernel's in memory

    private string[] MountTable => [$"30 25 0:26 / {mount} rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate"];

    public void Dispose() => Directory.Delete(mount, recursive: true);

    [Fact]
    public void Limits_are_written_to_the_group_of_each_replica_and_hold_its_process()
    {
        var kernel = new Kernel(mount, "cpu memory pids hugetlb");
        var found = CgroupController.Probe("slipway-1", MountTable, ["0::/"], kernel);
        Assert.Equal(
            ["memory cgroup v2 memory.max", "cpu cgroup v2 cpu.max", "processes cgroup v2 pids.max"], found.Select(c => $"{c.Limit} {c.Mechanism}"));
        Assert.DoesNotContain(kernel.Groups, g => g.Contains("trial", StringComparison.Ordinal));

        foreach (var controller in found)
        {
            controller.Place("replica", new CgroupLimits(256 << 20, 0.5, 64), 4711);
        }

        string Read(string file) => kernel.Read($"{mount}/slipway-1/replica/{file}").Trim();
        Assert.Equal(("268435456", "0", "1", "50000 100000", "64", "4711"), (Read("memory.max"), Read("memory.swap.max"), Read("memory.oom.group"), Read("cpu.max"), Read("pids.max"), Read("cgroup.procs")));
        Assert.Equal(0, found[0].OutOfMemoryKills("replica"));
        kernel.KillForMemory($"{mount}/slipway-1/replica");
        Assert.Equal(1, found[0].OutOfMemoryKills("replica"));
        found[0].Remove("replica");
        Assert.Equal(0, found[0].OutOfMemoryKills("replica"));
    }

    [Theory]
    [InlineData("hugetlb", "0::/", "")]                       // as where version 1 has the controllers
    [InlineData("memory", "0::/", "memory")]                  // what is there is used, and nothing else is claimed
    [InlineData("cpu memory pids", "0::/busy", "")]           // a group with processes cannot hand controllers down
    public void Only_what_the_kernel_really_hands_down_is_called_enforced(string controllers, string own, string limits)
    {
        Directory.CreateDirectory(Path.Combine(mount, "busy"));
        var kernel = new Kernel(mount, controllers);
        kernel.Write($"{mount}/cgroup.subtree_control", $"+{controllers.Split(' ')[0]}");
        kernel.Make($"{mount}/busy");
        kernel.Write($"{mount}/busy/cgroup.procs", "1");
        Assert.Equal(limits, string.Join(' ', CgroupController.Probe("slipway-1", MountTable, [own], kernel).Select(c => c.Limit)));
    }

    /// <summary>A hierarchy of version 2: a controller is in a group when its parent hands it down, which a group with processes cannot unless it is the top one.</summary>
    private sealed class Kernel(string top, string controllers) : CgroupFiles
    {
        private readonly Dictionary<string, Dictionary<string, string>> groups = new(StringComparer.Ordinal) { [top] = new() { ["cgroup.subtree_control"] = "", ["cgroup.procs"] = "1" } };

        public IEnumerable<string> Groups => groups.Keys;

        public override bool Exists(string file) => Find(file, out var group, out var name) is not null && IsThere(group, name);

        public override string Read(string file)
        {
            var files = Find(file, out var group, out var name) ?? throw new DirectoryNotFoundException();
            return name == "cgroup.controllers" ? $"{Controllers(group)}\n" : IsThere(group, name) ? $"{files.GetValueOrDefault(name, "max")}\n" : throw new FileNotFoundException();
        }

        public override void Write(string file, string text)
        {
            var files = Find(file, out var group, out var name) ?? throw new DirectoryNotFoundException();
            if (!IsThere(group, name))
            {
                throw new UnauthorizedAccessException();
            }

            if (name != "cgroup.subtree_control")
            {
                files[name] = text;
                return;
            }

            if (!Controllers(group).Split(' ').Contains(text[1..]) || (group != top && files["cgroup.procs"].Length > 0))
            {
                throw new IOException("Device or resource busy");
            }

            files[name] = string.Join(' ', files[name].Split(' ', StringSplitOptions.RemoveEmptyEntries).Append(text[1..]).Distinct());
        }

        public override void Make(string group) => groups.TryAdd(group, new() { ["cgroup.subtree_control"] = "", ["cgroup.procs"] = "", ["memory.events"] = "low 0\noom_kill 0" });

        public override void Remove(string group) => groups.Remove(group);

        public void KillForMemory(string group) => groups[group]["memory.events"] = "low 0\noom 1\noom_kill 1";

        private Dictionary<string, string>? Find(string file, out string group, out string name)
        {
            (group, name) = (Path.GetDirectoryName(file)!, Path.GetFileName(file));
            return groups.GetValueOrDefault(group);
        }

        private string Controllers(string group) => group == top ? controllers : groups[Path.GetDirectoryName(group)!]["cgroup.subtree_control"];

        private bool IsThere(string group, string name) => name.StartsWith("cgroup.", StringComparison.Ordinal) || Controllers(group).Split(' ').Contains(name.Split('.')[0]);
    }
}
