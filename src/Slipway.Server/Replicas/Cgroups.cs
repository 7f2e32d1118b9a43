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
/// does not hold is reported as such. Groups lie below the server's own, so that a replica never escapes the server's limits.
/// </summary>
internal sealed class Cgroups(IOptions<ServerOptions> server, IOptions<ReplicasOptions> options)
{
    public const string Enforced = "enforced";
    public const string Advisory = "advisory";
    public const string Unsupported = "unsupported";

    private readonly Lazy<ImmutableArray<CgroupController>> controllers = new(() =>
    {
        var data = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Path.GetFullPath(server.Value.DataFolder))))[..12];
        return CgroupController.Probe($"slipway-{data}");
    });

    /// <summary>What this machine does about each limit: memory, cpu, processes.</summary>
    public IReadOnlyList<LimitSupport> Support =>
    [
        Describe("memory", "memory", Advisory, "RLIMIT_AS (address space, not resident memory)"),
        Describe("cpu", "cpu", Unsupported, "no writable cpu control group"),
        Describe("processes", "pids", Unsupported, "no writable pids control group"),
    ];

    public bool EnforcesMemory => Find("memory") is not null;

    /// <summary>Makes the groups of a replica with their limits and puts a process into them. The same call again changes nothing.</summary>
    /// <returns>Limit to enforced, advisory or unsupported, for this replica.</returns>
    public IReadOnlyDictionary<string, string> Place(Guid replica, CgroupLimits limits, int pid)
    {
        var result = Support.ToDictionary(s => s.Limit, s => s.Support);
        foreach (var controller in controllers.Value)
        {
            try
            {
                controller.Place(Name(replica), limits, pid);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                result[controller.Limit] = controller.Limit == "memory" ? Advisory : Unsupported;
            }
        }

        return result;
    }

    /// <summary>Whether the kernel has killed a process of this replica for want of memory.</summary>
    public bool WasOutOfMemory(Guid replica) => Find("memory")?.OutOfMemoryKills(Name(replica)) > 0;

    /// <summary>Removes the groups of a replica whose processes have ended; a group that is not empty stays for the sweep.</summary>
    public void Remove(Guid replica)
    {
        foreach (var controller in controllers.Value)
        {
            controller.Remove(Name(replica));
        }
    }

    /// <summary>Removes groups of replicas that are not known, and with none left the common one.</summary>
    public void Sweep(IReadOnlySet<Guid> known)
    {
        var names = known.Select(Name).ToHashSet();
        foreach (var controller in controllers.Value)
        {
            controller.Sweep(names);
        }
    }

    public CgroupLimits Limits(ReplicaSetSpec spec) => new((long)spec.MemoryMib << 20, spec.CpuCores, options.Value.MaxProcesses);

    private static string Name(Guid replica) => replica.ToString("n");

    private CgroupController? Find(string name) => controllers.Value.FirstOrDefault(c => c.Name == name);

    private LimitSupport Describe(string limit, string controller, string otherwise, string otherMechanism) =>
        Find(controller) is { } found ? new LimitSupport(limit, Enforced, found.Mechanism) : new LimitSupport(limit, otherwise, otherMechanism);
}
