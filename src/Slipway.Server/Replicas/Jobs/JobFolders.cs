using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.Options;
using Slipway.Server.Platform;

namespace Slipway.Server.Replicas.Jobs;

/// <summary>
/// The folders of jobs, <c>DATA/jobs/run/NAME</c>: one per start, named in the database before it is made. In it are spec.json, pid.json, exit.json, the file <c>go</c>, the
/// folder <c>bin</c> with the interpreter's names, and <c>work</c>, where the command runs. Output is <c>DATA/jobs/logs/ID.log</c>, which the job's user cannot reach by name.
/// </summary>
internal sealed class JobFolders(IOptions<ServerOptions> server)
{
    private const UnixFileMode Own = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode OwnFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const string Go = "go";

    private readonly string data = Path.GetFullPath(server.Value.DataFolder);

    public string Root => Path.Combine(data, "jobs", "run");

    private string Logs => Path.Combine(data, "jobs", "logs");

    public static string NewName() => $"j-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(12))}";

    public string PathOf(string folder) => Path.Combine(Root, folder);

    public string WorkOf(string folder) => Path.Combine(Root, folder, "work");

    /// <summary>Output of an execution, or of a build.</summary>
    public string LogOf(Guid id) => Path.Combine(Logs, $"{id:n}.log");

    /// <summary>Makes the common folders: others may pass through to their own, only the server may list.</summary>
    public void EnsureRoot()
    {
        Directory.CreateDirectory(Root);
        foreach (var passed in new[] { Path.GetDirectoryName(Root)!, Root })
        {
            File.SetUnixFileMode(passed, Own | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        }

        Directory.CreateDirectory(Logs, Own);
    }

    /// <summary>Makes the log file, for the server alone: the job gets it open.</summary>
    public string PrepareLog(Guid id)
    {
        EnsureRoot();
        new FileStream(LogOf(id), new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.Write, Share = FileShare.ReadWrite, UnixCreateMode = OwnFile }).Dispose();
        return LogOf(id);
    }

    /// <summary>Makes a job's folder with its empty work folder and with <c>bin/python</c>, which is the interpreter under the names that commands use.</summary>
    public void Make(string folder, string interpreter)
    {
        EnsureRoot();
        Directory.CreateDirectory(PathOf(folder), Own);
        Directory.CreateDirectory(WorkOf(folder), Own);
        var bin = Path.Combine(PathOf(folder), "bin");
        Directory.CreateDirectory(bin, Own);
        foreach (var name in new[] { "python", "python3" })
        {
            // A link would lose the environment: Python looks for it beside the name that it was called by.
            var file = Path.Combine(bin, name);
            File.WriteAllText(file, $"#!/bin/sh\nexec '{interpreter.Replace("'", "'\\''", StringComparison.Ordinal)}' \"$@\"\n");
            File.SetUnixFileMode(file, Own);
        }
    }

    public void Write(string folder, JobSpecFile spec)
    {
        using var file = new FileStream(
            Path.Combine(PathOf(folder), "spec.json"), new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnFile });
        JsonSerializer.Serialize(file, spec, JobsJson.Default.JobSpecFile);
    }

    /// <summary>Gives the folder and all in it to the job's user; before its first process starts.</summary>
    public void Give(string folder, SpawnUser user)
    {
        foreach (var path in Directory.EnumerateFileSystemEntries(PathOf(folder), "*", SearchOption.AllDirectories))
        {
            SpawnPosix.ChangeOwner(path, user);
        }

        SpawnPosix.ChangeOwner(PathOf(folder), user);
    }

    /// <summary>Lets the command begin. From here on it is never started again.</summary>
    public void Release(string folder) =>
        new FileStream(Path.Combine(PathOf(folder), Go), new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.Write, UnixCreateMode = OwnFile }).Dispose();

    public bool IsReleased(string folder) => File.Exists(Path.Combine(PathOf(folder), Go));

    public JobExitFile? Exit(string folder) => Read(folder, "exit.json", JobsJson.Default.JobExitFile);

    /// <summary>The living supervisor that <c>pid.json</c> names, if it runs as <paramref name="userId"/>; null: none (yet).</summary>
    public SpawnedProcess? FindProcess(string folder, int? userId)
    {
        var process = Read(folder, "pid.json", JobsJson.Default.PidFile) is { } file ? new SpawnedProcess(file.Pid, file.StartTime) : default;
        return process is { Pid: > 1, IsAlive: true } && process.Pid != Environment.ProcessId && (userId is null || process.UserId == userId) ? process : null;
    }

    /// <summary>Removes the folder of a job that has ended. What cannot be removed now is left to the sweep.</summary>
    public void Remove(string folder)
    {
        try
        {
            Directory.Delete(PathOf(folder), recursive: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Not there, or a process that is being killed still writes into it.
        }
    }

    public bool Exists(string folder) => Directory.Exists(PathOf(folder));

    /// <summary>Names of all folders.</summary>
    public IReadOnlyList<string> All() => Directory.Exists(Root) ? [.. Directory.EnumerateDirectories(Root).Select(p => Path.GetFileName(p)!)] : [];

    /// <summary>Ids and last writes of all logs.</summary>
    public IReadOnlyList<(Guid Id, DateTime WrittenUtc)> AllLogs() => Directory.Exists(Logs)
        ? [.. new DirectoryInfo(Logs).EnumerateFiles("*.log").Where(f => Guid.TryParseExact(Path.GetFileNameWithoutExtension(f.Name), "n", out _))
            .Select(f => (Guid.ParseExact(Path.GetFileNameWithoutExtension(f.Name), "n"), f.LastWriteTimeUtc))]
        : [];

    public long LogBytes(Guid id) => new FileInfo(LogOf(id)) is { Exists: true } file ? file.Length : 0;

    public void DeleteLog(Guid id) => File.Delete(LogOf(id));

    // The job can write anything there.
    private T? Read<T>(string folder, string name, JsonTypeInfo<T> type)
        where T : class
    {
        if (SpawnPosix.ReadUntrusted(Path.Combine(PathOf(folder), name), 64 * 1024) is not { } bytes)
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize(bytes, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
