using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.Options;
using Slipway.Server.Platform;

namespace Slipway.Server.Replicas;

/// <summary>The folders of replicas and warm parents: one per start, named in the database before it is made.</summary>
internal sealed class ReplicaFolders
{
    private const int LongestSocketPath = 107;   // sockaddr_un.sun_path without its terminator
    private const string Abandoned = ".gone";
    private const string ExitFile = "exit.json";
    private const int LargestFile = 64 * 1024;

    public ReplicaFolders(IOptions<ServerOptions> server)
    {
        var data = Path.GetFullPath(server.Value.DataFolder);
        var inside = Path.Combine(data, "run");
        var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(data)))[..16];
        Root = inside.Length + 60 <= LongestSocketPath ? inside : Path.Combine(Path.GetTempPath(), $"slipway-{digest}");
    }

    /// <summary><c>DATA/run</c>, or a folder of the temporary folder when sockets below the data folder would have too long a name.</summary>
    public string Root { get; }

    public string PathOf(string folder) => Path.Combine(Root, folder);

    public string SocketOf(string folder) => Path.Combine(Root, folder, "replica.sock");

    /// <summary>Makes the root: others may pass, only the server may list.</summary>
    public void EnsureRoot()
    {
        Directory.CreateDirectory(Root);
        File.SetUnixFileMode(Root, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
    }

    public static string NewName(char kind) => $"{kind}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(12))}";

    /// <summary>Makes a folder for one process, closed to everybody but its user.</summary>
    public string Make(string folder, SpawnUser? user)
    {
        EnsureRoot();
        var path = PathOf(folder);
        Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        if (user is { } owner)
        {
            SpawnPosix.ChangeOwner(path, owner);
        }

        return path;
    }

    /// <summary>Writes a file of such a folder, mode 0600, before the process starts.</summary>
    public void Write<T>(string folder, string name, T content, JsonTypeInfo<T> type, SpawnUser? user)
    {
        var path = Path.Combine(Root, folder, name);
        using (var file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
        {
            JsonSerializer.Serialize(file, content, type);
        }

        if (user is { } owner)
        {
            SpawnPosix.ChangeOwner(path, owner);
        }
    }

    /// <summary>Writes the exit file of a process that has ended, unless its folder has gone.</summary>
    public void WriteExit(string folder, ExitFile exit)
    {
        try
        {
            var draft = NewName('x');   // made anew: a link that model code has put there is not followed
            Write(folder, draft, exit, ReplicasJson.Default.ExitFile, user: null);
            File.Move(Path.Combine(Root, folder, draft), Path.Combine(Root, folder, ExitFile), overwrite: false);
        }
        catch (IOException)
        {
            // Renamed or removed meanwhile, the disk is full, or the process has written it after all.
        }
    }

    /// <summary>Reads what the process wrote; null when it is absent, or not what it should be: model code can write anything there.</summary>
    public T? Read<T>(string folder, string name, JsonTypeInfo<T> type)
        where T : class
    {
        if (SpawnPosix.ReadUntrusted(Path.Combine(Root, folder, name), LargestFile) is not { } bytes)
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

    /// <summary>The living process that <c>pid.json</c> names, if it runs as <paramref name="userId"/>; null: none (yet).</summary>
    public SpawnedProcess? FindProcess(string folder, int? userId)
    {
        var process = Read(folder, "pid.json", ReplicasJson.Default.PidFile) is { } file ? new SpawnedProcess(file.Pid, file.StartTime) : default;
        return process is { Pid: > 1, IsAlive: true } && process.Pid != Environment.ProcessId && (userId is null || process.UserId == userId) ? process : null;
    }

    /// <summary>
    /// Ends whatever was or is being started in a folder, and removes it. The folder is renamed first: a process that has not yet written <c>pid.json</c> then cannot
    /// (its socket and files have nowhere to go) and ends by itself, and one that has is found in the renamed folder and killed. So none is left, at whatever
    /// moment the server that started it died.
    /// </summary>
    public void Abandon(string folder, int? userId)
    {
        var gone = folder.EndsWith(Abandoned, StringComparison.Ordinal) ? folder : folder + Abandoned;
        if (folder != gone && Directory.Exists(PathOf(folder)))
        {
            Directory.Move(PathOf(folder), PathOf(gone));
        }

        if (Directory.Exists(PathOf(gone)))
        {
            FindProcess(gone, userId)?.Signal(SpawnPosix.SigKill);
            Remove(gone);
        }
    }

    /// <summary>
    /// Removes what a process that has ended has left in its folder, all but its exit file. That one says why it ended to whoever stores the end, and storing needs room.
    /// </summary>
    public void Empty(string folder)
    {
        var path = new DirectoryInfo(PathOf(folder));
        foreach (var entry in path.Exists ? path.EnumerateFileSystemInfos() : [])
        {
            try
            {
                switch (entry)
                {
                    case FileInfo { Name: ExitFile, LinkTarget: null, Length: <= LargestFile }:
                        break;
                    case DirectoryInfo { LinkTarget: null } inside:
                        inside.Delete(recursive: true);
                        break;
                    default:
                        File.Delete(entry.FullName);
                        break;
                }
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // What is written there at this moment is left to Remove and the sweep.
            }
        }
    }

    /// <summary>How much room there is on the disk of the folders.</summary>
    public DiskRoom Room(long reserveBytes) => !Directory.Exists(Root) ? DiskRoom.Enough : new DriveInfo(Root).AvailableFreeSpace switch
    {
        var free when free < Environment.SystemPageSize => DiskRoom.Full,
        var free when free < reserveBytes => DiskRoom.Low,
        _ => DiskRoom.Enough,
    };

    /// <summary>Bytes that the files of a folder take on the disk: all of them, and those that were written since an instant (null: all again).</summary>
    /// <param name="mostFiles">No more are looked at: model code makes as many as it likes.</param>
    public (long All, long Since) Count(string folder, DateTimeOffset? since, int mostFiles)
    {
        var (all, late) = (0L, 0L);
        try
        {
            var inside = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = true };
            foreach (var path in Directory.EnumerateFiles(PathOf(folder), "*", inside).Take(mostFiles))
            {
                if (SpawnDisk.Of(path) is { } file)
                {
                    all += file.Bytes;
                    late += since is null || file.ChangedAt > since ? file.Bytes : 0;
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It goes just now: what was counted is good enough.
        }

        return (all, late);
    }

    /// <summary>Removes the folder of a process that has ended. What cannot be removed now is left to the sweep.</summary>
    public void Remove(string folder)
    {
        try
        {
            Directory.Delete(PathOf(folder), recursive: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A process that is being killed may still write into it.
        }
    }

    public bool Exists(string folder) => Directory.Exists(PathOf(folder));

    /// <summary>Names of all folders.</summary>
    public IReadOnlyList<string> All() => Directory.Exists(Root) ? [.. Directory.EnumerateDirectories(Root).Select(p => Path.GetFileName(p)!)] : [];
}
