using System.Globalization;
using Microsoft.Extensions.Options;
using Slipway.Server.Platform;
using Slipway.Server.Runtimes;

namespace Slipway.Server.Replicas.Jobs;

/// <summary>What a job's processes are, for whoever ends or measures them.</summary>
/// <param name="Supervisor">Leader of their session.</param>
/// <param name="UserId">A user that only this job's schedule has; null: they run as the server's own.</param>
internal sealed record JobProcessGroup(SpawnedProcess Supervisor, int? UserId);

/// <summary>The processes of jobs: one supervisor each, leader of a session, and whatever its command starts.</summary>
internal sealed class JobProcesses(JobFolders folders, PythonRunner runner, Isolation isolation, Cgroups cgroups, IOptions<ReplicasOptions> options)
{
    /// <summary>The user for a job of this schedule; null: the server's own, because it cannot be otherwise here.</summary>
    /// <exception cref="ReplicaStartException">It could not be found out.</exception>
    /// <exception cref="IOException">The runner was not found, or there is no space.</exception>
    public async Task<SpawnUser?> UserForAsync(string schedule, int userId, string interpreter, string? sdk, CancellationToken cancellationToken)
    {
        folders.EnsureRoot();
        var (runnerFolder, _) = await runner.EnsureAsync(interpreter, cancellationToken);
        return await isolation.UserForJobAsync(schedule, userId, interpreter, runnerFolder, sdk, folders.Root, cancellationToken);
    }

    /// <summary>Starts the supervisor in its prepared folder; its command waits for <see cref="JobFolders.Release"/>.</summary>
    /// <param name="secret">The variable that is in no file.</param>
    /// <exception cref="IOException">It could not be started.</exception>
    public async Task<SpawnedProcess> StartAsync(
        string folder, string interpreter, SpawnUser? user, int memoryMib, string log, (string Name, string Value) secret, CancellationToken cancellationToken)
    {
        var (runnerFolder, _) = await runner.EnsureAsync(interpreter, cancellationToken);
        var path = folders.PathOf(folder);
        var request = new SpawnRequest
        {
            Program = interpreter, Arguments = ["-s", "-B", "-m", "slipway_runner.job", "--folder", path], WorkingFolder = path, User = user,
            Environment = new Dictionary<string, string> { ["PYTHONPATH"] = runnerFolder, [secret.Name] = secret.Value },
            Limits = new SpawnLimits(cgroups.EnforcesMemory ? null : ((long)memoryMib << 20) + (1L << 30)),   // address space is more than memory
        };
        return await Spawn.StartAsync(request, log, cancellationToken);
    }

    /// <summary>Puts the supervisor, and so all that it starts, under its limits.</summary>
    public void Limit(Guid execution, SpawnedProcess supervisor, double cpuCores, int memoryMib)
    {
        var limits = new CgroupLimits((long)memoryMib << 20, cpuCores, options.Value.MaxProcesses);
        for (var attempt = 0; attempt < 3; attempt++)   // the sweep of replicas may take a group away between its making and its first process
        {
            cgroups.Place(execution, limits, supervisor.Pid);
            if (cgroups.Support.Where(s => s.Support == Cgroups.Enforced).All(s => cgroups.InForce(execution, supervisor.Pid)[s.Limit] == Cgroups.Enforced))
            {
                return;
            }

            cgroups.Remove(execution);
        }
    }

    public bool WasOutOfMemory(Guid execution) => cgroups.WasOutOfMemory(execution);

    public void RemoveGroups(Guid execution) => cgroups.Remove(execution);

    /// <summary>CPU time and resident memory of all processes of a job; null when its supervisor has gone.</summary>
    public static (TimeSpan Cpu, long ResidentBytes)? Usage(JobProcessGroup group)
    {
        if (!group.Supervisor.IsAlive)
        {
            return null;
        }

        var (cpu, resident) = (TimeSpan.Zero, 0L);
        foreach (var process in Members(group))
        {
            cpu += process.Cpu;
            resident += process.Pid == group.Supervisor.Pid ? 0 : process.ResidentBytes;
        }

        return (cpu, resident);
    }

    /// <summary>SIGKILL to everything of a job but its supervisor, which then says how it ended; or to that as well.</summary>
    /// <returns>Whether anything was there.</returns>
    public static bool Kill(JobProcessGroup group, bool supervisorToo)
    {
        var any = false;
        for (var round = 0; round < 20; round++)   // what is killed may have started something in the meantime
        {
            var living = Members(group).Where(p => supervisorToo || p.Pid != group.Supervisor.Pid).ToList();
            if (living.Count == 0)
            {
                break;
            }

            any = true;
            living.ForEach(p => SpawnPosix.Kill(p.Pid, SpawnPosix.SigKill));
            Thread.Sleep(5);
        }

        return any;
    }

    /// <summary>
    /// Ends whatever is being started in a folder, and removes it. Only for folders whose command has not been released: its supervisor then ends at the latest when it looks
    /// for <c>go</c> and finds no folder.
    /// </summary>
    public void Abandon(string folder, int? userId)
    {
        if (folders.FindProcess(folder, userId) is { } process)
        {
            Kill(new JobProcessGroup(process, userId), supervisorToo: true);
        }

        folders.Remove(folder);
    }

    /// <summary>
    /// Processes of the supervisor's session, and those of the job's own user, which catches what has left the session. A session whose leader is another process by
    /// now is not ours: the kernel gives a pid anew only when no session has it.
    /// </summary>
    private static IEnumerable<Member> Members(JobProcessGroup group)
    {
        var leader = group.Supervisor.Pid;
        var sessionIsOurs = group.Supervisor.IsAlive || SpawnedProcess.Find(leader) is null;
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) && Member.Read(pid) is { } member
                && ((sessionIsOurs && member.Session == leader) || (group.UserId is { } user && member.UserId == user)))
            {
                yield return member;
            }
        }
    }

    [System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Auto)]
    private readonly record struct Member(int Pid, int Session, TimeSpan Cpu, long ResidentBytes)
    {
        public int? UserId => SpawnedProcess.Find(Pid)?.UserId;

        public static Member? Read(int pid)
        {
            try
            {
                var text = File.ReadAllText($"/proc/{pid}/stat");
                var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');   // index 0 is field 3 of proc(5)
                if (fields[0] is "Z" or "X")
                {
                    return null;
                }

                // Own time, and that of children that have ended and were waited for.
                var ticks = fields[11..15].Sum(f => long.Parse(f, CultureInfo.InvariantCulture));
                return new Member(
                    pid, int.Parse(fields[3], CultureInfo.InvariantCulture), TimeSpan.FromSeconds(ticks / 100.0),
                    long.Parse(fields[21], CultureInfo.InvariantCulture) * Environment.SystemPageSize);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                return null;
            }
        }
    }
}
