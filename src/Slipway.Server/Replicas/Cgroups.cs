using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using Slipway.Contracts;
using Slipway.Server.Platform;

namespace Slipway.Server.Replicas;

/// <summary>Limits of one replica's control groups.</summary>
internal sealed record CgroupLimits(long MemoryBytes, double CpuCores, int Processes);

/// <summary>
/// Control groups for replicas, where this machine really has them: each controller is tried at the first use (make a group, write a limit, read it back) and what
/// does not hold is reported as such. Groups lie below the server's own, so that a replica never escapes the server's limits. A server that was started elsewhere
/// finds the groups of the replicas that it adopts all the same: the data folder keeps where its servers have put them.
/// </summary>
internal sealed class Cgroups(IOptions<ServerOptions> server, IOptions<ReplicasOptions> options)
{
    public const string Enforced = "enforced";
    public const string Advisory = "advisory";
    public const string Unsupported = "unsupported";

    /// <summary>What is in force for a model without a process of its own.</summary>
    public static readonly IReadOnlyDictionary<string, string> None = new Dictionary<string, string> { ["memory"] = Unsupported, ["cpu"] = Unsupported, ["processes"] = Unsupported };

    private readonly Lazy<ImmutableArray<CgroupController>> controllers = new(() =>
    {
        var data = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Path.GetFullPath(server.Value.DataFolder))))[..12];
        return options.Value.ControlGroups ? CgroupController.Probe($"slipway-{data}") : [];
    });
    private readonly Lock storing = new();
    private bool stored;

    private readonly Lazy<ImmutableArray<CgroupController>> earlier = new(() => CgroupRoots.Earlier(server.Value.DataFolder));
    private readonly ConcurrentDictionary<Guid, (int Pid, IReadOnlyDictionary<string, string> Limits)> inForce = [];

    /// <summary>What this machine does about each limit: memory, cpu, processes.</summary>
    public IReadOnlyList<LimitSupport> Support =>
    [
        Describe("memory", "memory", Advisory, "RLIMIT_AS (address space, not resident memory)"),
        Describe("cpu", "cpu", Unsupported, "no writable cpu control group"),
        Describe("processes", "pids", Unsupported, "no writable pids control group"),
    ];

    public bool EnforcesMemory => Find("memory") is not null;

    /// <summary>Makes the groups of a replica with their limits and puts a process into them. The same call again changes nothing.</summary>
    public void Place(Guid replica, CgroupLimits limits, int pid)
    {
        StoreRoots();
        foreach (var controller in controllers.Value)
        {
            try
            {
                controller.Place(Name(replica), limits, pid);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // What is not in force is seen by whoever asks what is.
            }
        }
    }

    /// <summary>Limit to enforced, advisory or unsupported, as it is in force for this process: the kernel says which groups it is in.</summary>
    public IReadOnlyDictionary<string, string> InForce(Guid replica, int? pid)
    {
        if (pid is not { } id)
        {
            return Support.ToDictionary(s => s.Limit, s => s.Support);
        }

        if (!inForce.TryGetValue(replica, out var known) || known.Pid != id)
        {
            var groups = GroupsOf(id);
            inForce[replica] = known = (id, Support.ToDictionary(
                s => s.Limit,
                s => s.Support != Enforced || groups.Any(g => IsIn(g, s.Limit, replica)) ? s.Support : s.Limit == "memory" ? Advisory : Unsupported));
        }

        return known.Limits;
    }

    /// <summary>Whether the kernel has killed a process of this replica for want of memory.</summary>
    public bool WasOutOfMemory(Guid replica) => All.Any(c => c.Name == "memory" && c.OutOfMemoryKills(Name(replica)) > 0);

    /// <summary>Removes the groups of a replica whose processes have ended; a group that is not empty stays for the sweep.</summary>
    public void Remove(Guid replica)
    {
        inForce.TryRemove(replica, out _);
        foreach (var controller in All)
        {
            controller.Remove(Name(replica));
        }
    }

    /// <summary>Removes groups of replicas that are not known, and with none left the common one.</summary>
    public void Sweep(IReadOnlySet<Guid> known)
    {
        var names = known.Select(Name).ToHashSet();
        foreach (var controller in All)
        {
            controller.Sweep(names);
        }
    }

    public CgroupLimits Limits(ReplicaSetSpec spec) => new((long)spec.MemoryMib << 20, spec.CpuCores, options.Value.MaxProcesses);

    private static string[] GroupsOf(int pid)
    {
        try
        {
            return File.ReadAllLines($"/proc/{pid}/cgroup");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <param name="group">A line <c>number:controllers:path</c>; version 2 names no controllers.</param>
    private static bool IsIn(string group, string limit, Guid replica) =>
        group.Split(':', 3) is [_, var controllers, var path] && path.EndsWith($"/{Name(replica)}", StringComparison.Ordinal)
        && (controllers.Length == 0 || controllers.Split(',').Contains(limit == "processes" ? "pids" : limit));

    private static string Name(Guid replica) => replica.ToString("n");

    private IEnumerable<CgroupController> All => controllers.Value.Union(earlier.Value);

    // Before the first group is made, so that no group is ever where nobody looks. What an earlier server has written is read first.
    private void StoreRoots()
    {
        lock (storing)
        {
            if (!stored)
            {
                CgroupRoots.Store(server.Value.DataFolder, [.. All]);
                stored = true;
            }
        }
    }

    private CgroupController? Find(string name) => controllers.Value.FirstOrDefault(c => c.Name == name);

    private LimitSupport Describe(string limit, string controller, string otherwise, string otherMechanism) =>
        Find(controller) is { } found ? new LimitSupport(limit, Enforced, found.Mechanism) : new LimitSupport(limit, otherwise, otherMechanism);
}
