namespace Slipway.Server.Platform;

/// <summary>A process by pid and start time, which together name it for ever: a pid alone is given again to others.</summary>
/// <param name="StartTimeTicks">Field 22 of <c>/proc/PID/stat</c>: clock ticks since boot.</param>
[System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Auto)]
internal readonly record struct SpawnedProcess(int Pid, long StartTimeTicks)
{
    /// <summary>Whether it runs; a zombie does not.</summary>
    public bool IsAlive => Read(Pid) is { } seen && seen.StartTimeTicks == StartTimeTicks && !seen.IsZombie;

    /// <summary>The user that it runs as; null when it has gone.</summary>
    public int? UserId
    {
        get
        {
            try
            {
                var line = File.ReadLines($"/proc/{Pid}/status").First(l => l.StartsWith("Uid:", StringComparison.Ordinal));
                return int.Parse(line.Split('\t')[2]);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidOperationException)
            {
                return null;
            }
        }
    }

    /// <summary>Sends a signal if, and only if, this very process is there.</summary>
    public bool Signal(int signal) => IsAlive && SpawnPosix.Kill(Pid, signal);

    /// <summary>The process that has this pid now; null when none (or only a zombie) has.</summary>
    public static SpawnedProcess? Find(int pid) => Read(pid) is { IsZombie: false } seen ? new SpawnedProcess(pid, seen.StartTimeTicks) : null;

    /// <summary>CPU time used so far and resident memory; null when it has ended.</summary>
    public (TimeSpan Cpu, long ResidentBytes)? Usage() =>
        Read(Pid) is { } seen && seen.StartTimeTicks == StartTimeTicks ? (seen.Cpu, seen.ResidentBytes) : null;

    private static Stat? Read(int pid)
    {
        string text;
        try
        {
            text = File.ReadAllText($"/proc/{pid}/stat");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }

        // The name (field 2) is in brackets and may hold anything; fields are counted from behind its last bracket: index 0 is field 3.
        var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
        var ticks = long.Parse(fields[11]) + long.Parse(fields[12]);
        return new Stat(fields[0] is "Z" or "X", long.Parse(fields[19]), TimeSpan.FromSeconds(ticks / 100.0), long.Parse(fields[21]) * Environment.SystemPageSize);
    }

    private readonly record struct Stat(bool IsZombie, long StartTimeTicks, TimeSpan Cpu, long ResidentBytes);
}
