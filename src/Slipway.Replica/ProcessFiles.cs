using System.Globalization;
using System.Text.Json;

namespace Slipway.Replica;

/// <summary>What the process tells others through its folder.</summary>
internal static class ProcessFiles
{
    /// <summary>Exit codes by reason, as docs/replica-protocol.md has them.</summary>
    public static int ExitCode(string reason) => reason switch { "drained" or "no_server" => 0, "load_failed" => 1, "memory_limit" => 2, _ => 70 };

    public static ReplicaSpec ReadSpec(string folder) =>
        JsonSerializer.Deserialize(File.ReadAllBytes(Path.Combine(folder, "spec.json")), ReplicaJson.Default.ReplicaSpec) ?? throw new InvalidDataException("An empty spec.json.");

    public static void WritePid(string folder) =>
        Write(folder, "pid.json", JsonSerializer.SerializeToUtf8Bytes(new PidFile(Environment.ProcessId, StartTime()), ReplicaJson.Default.PidFile));

    public static void WriteExit(string folder, string reason, string? message)
    {
        try
        {
            var at = DateTime.UtcNow.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
            Write(folder, "exit.json", JsonSerializer.SerializeToUtf8Bytes(new ExitFile(reason, ExitCode(reason), null, at, message), ReplicaJson.Default.ExitFile));
        }
        catch (IOException)
        {
            // The folder is gone or the disk is full: who waits for this process still learns how it ended.
        }
    }

    /// <summary>Resident bytes of this process.</summary>
    public static ulong ResidentBytes()
    {
        var pages = File.ReadAllText("/proc/self/statm").Split(' ')[1];
        return ulong.Parse(pages, CultureInfo.InvariantCulture) * (ulong)Environment.SystemPageSize;
    }

    /// <summary>Ticks since boot: field 22 of /proc/self/stat. With the pid it names one process for ever.</summary>
    private static long StartTime()
    {
        var stat = File.ReadAllText("/proc/self/stat");
        return long.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[19], CultureInfo.InvariantCulture);
    }

    /// <summary>Whole or not at all.</summary>
    private static void Write(string folder, string name, byte[] content)
    {
        var draft = Path.Combine(folder, $"{name}.{Environment.ProcessId}");
        File.WriteAllBytes(draft, content);
        File.Move(draft, Path.Combine(folder, name), overwrite: true);
    }
}
