using System.Globalization;
using Microsoft.Extensions.Options;
using Microsoft.Win32.SafeHandles;
using Slipway.Server.Platform;

namespace Slipway.Server.Replicas;

/// <summary>A piece of a replica's output. Offsets count from the replica's first byte and go on through rotations.</summary>
internal sealed record LogSegment(SafeFileHandle File, long Start, long Length) : IDisposable
{
    public long End => Start + Length;

    public void Dispose() => File.Dispose();
}

/// <summary>
/// The files of <c>DATA/logs/DEPLOYMENT</c>: <c>REPLICA.log</c>, appended to by the replica itself, and what was rotated out of it, <c>REPLICA.OFFSET.log</c>.
/// Rotation copies and truncates, because the writer keeps its file open; what is written between the two is lost, which is a moment.
/// </summary>
internal sealed class ReplicaLogFiles(IOptions<ServerOptions> server, IOptions<ReplicasOptions> options)
{
    private const UnixFileMode PassOnly =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private readonly string root = Path.Combine(Path.GetFullPath(server.Value.DataFolder), "logs");
    private readonly Lock gate = new();   // a reader must not see a copy and its original

    public string PathOf(Guid deployment, Guid replica) => Path.Combine(FolderOf(deployment), $"{replica:n}.log");

    /// <summary>Makes the file that a replica appends to, and gives it to its user; the folder stays the server's, so that the file cannot be replaced.</summary>
    public string Prepare(Guid deployment, Guid replica, SpawnUser? user)
    {
        foreach (var folder in new[] { root, FolderOf(deployment) })
        {
            Directory.CreateDirectory(folder);
            File.SetUnixFileMode(folder, PassOnly);
        }

        var path = PathOf(deployment, replica);
        using (new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.Append, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
        {
            // only made
        }

        if (user is { } owner)
        {
            SpawnPosix.ChangeOwner(path, owner);
        }

        return path;
    }

    /// <summary>Replicas of a deployment that have output.</summary>
    public IReadOnlyList<Guid> Replicas(Guid deployment) => Directory.Exists(FolderOf(deployment))
        ? [.. Directory.EnumerateFiles(FolderOf(deployment), "*.log").Select(f => Path.GetFileName(f).Split('.')).Where(p => p.Length == 2)
            .Select(p => Guid.TryParseExact(p[0], "n", out var id) ? id : default).Where(id => id != default)]
        : [];

    /// <summary>Opens the output of one replica, oldest piece first.</summary>
    public IReadOnlyList<LogSegment> Open(Guid deployment, Guid replica)
    {
        lock (gate)
        {
            var segments = new List<LogSegment>();
            long next = 0;
            foreach (var (path, start) in Rotated(deployment, replica))
            {
                var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                segments.Add(new LogSegment(file, start, RandomAccess.GetLength(file)));
                next = segments[^1].End;
            }

            if (File.Exists(PathOf(deployment, replica)))
            {
                var file = File.OpenHandle(PathOf(deployment, replica), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                segments.Add(new LogSegment(file, next, RandomAccess.GetLength(file)));
            }

            return segments;
        }
    }

    /// <summary>Rotates what has grown too large and removes the oldest; of replicas that are not in <paramref name="living"/> all but the newest few and fresh.</summary>
    public void Tidy(IReadOnlySet<Guid> living, DateTimeOffset now)
    {
        if (!Directory.Exists(root))
        {
            return;
        }

        foreach (var folder in Directory.EnumerateDirectories(root))
        {
            if (!Guid.TryParseExact(Path.GetFileName(folder), "n", out var deployment))
            {
                continue;
            }

            var replicas = Replicas(deployment);
            foreach (var replica in replicas)
            {
                Rotate(deployment, replica);
            }

            var ended = replicas.Where(r => !living.Contains(r)).Select(r => (Id: r, Written: File.GetLastWriteTimeUtc(PathOf(deployment, r)))).OrderByDescending(r => r.Written);
            foreach (var (replica, _) in ended.Where((r, place) => place >= options.Value.EndedReplicaLogs || now.UtcDateTime - r.Written > options.Value.LogRetention).ToList())
            {
                Delete(deployment, replica);
            }

            if (!Directory.EnumerateFileSystemEntries(folder).Any())
            {
                RemoveEmpty(folder);
            }
        }
    }

    /// <summary>Removes all output of a deployment that has been deleted.</summary>
    public void DeleteAll(Guid deployment)
    {
        if (Directory.Exists(FolderOf(deployment)))
        {
            Directory.Delete(FolderOf(deployment), recursive: true);
        }
    }

    internal void Rotate(Guid deployment, Guid replica)
    {
        var current = PathOf(deployment, replica);
        if (new FileInfo(current) is { Exists: true } info && info.Length > options.Value.LogFileBytes)
        {
            lock (gate)
            {
                var rotated = Rotated(deployment, replica);
                var start = rotated.Count == 0 ? 0 : rotated[^1].Start + new FileInfo(rotated[^1].Path).Length;
                var draft = Path.Combine(FolderOf(deployment), $"{replica:n}.draft");
                using (var source = new FileStream(current, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
                {
                    // Of a flood only the newest part is kept, so that the copy is bounded as well.
                    var skipped = Math.Max(0, source.Length - (2 * options.Value.LogFileBytes));
                    source.Position = skipped;
                    using (var target = new FileStream(draft, FileMode.Create, FileAccess.Write, FileShare.None))
                    {
                        source.CopyTo(target);
                    }

                    source.SetLength(0);
                    File.Move(draft, Path.Combine(FolderOf(deployment), FormattableString.Invariant($"{replica:n}.{start + skipped:D16}.log")));
                }

                foreach (var (path, _) in Rotated(deployment, replica).SkipLast(options.Value.RotatedLogFiles))
                {
                    File.Delete(path);
                }
            }
        }
    }

    private static void RemoveEmpty(string folder)
    {
        try
        {
            Directory.Delete(folder);
        }
        catch (IOException)
        {
            // a replica has just begun to write there
        }
    }

    private void Delete(Guid deployment, Guid replica)
    {
        foreach (var (path, _) in Rotated(deployment, replica))
        {
            File.Delete(path);
        }

        File.Delete(PathOf(deployment, replica));
    }

    private List<(string Path, long Start)> Rotated(Guid deployment, Guid replica) =>
        [.. Directory.EnumerateFiles(FolderOf(deployment), $"{replica:n}.*.log").Order(StringComparer.Ordinal)
            .Select(p => (p, long.Parse(Path.GetFileName(p).Split('.')[1], CultureInfo.InvariantCulture)))];

    private string FolderOf(Guid deployment) => Path.Combine(root, deployment.ToString("n"));
}
