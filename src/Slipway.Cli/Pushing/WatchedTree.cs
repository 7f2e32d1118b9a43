using System.Threading.Channels;
using Slipway.Contracts;

namespace Slipway.Cli.Pushing;

/// <summary>A package folder that is edited: says when something may have changed, and what is there. Files that did not change are not read again.</summary>
internal sealed class WatchedTree : IDisposable
{
    /// <summary>Editors save in several steps; this long nothing must happen before the folder is read.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(40);

    private static readonly TimeSpan LongestBurst = TimeSpan.FromMilliseconds(400);

    /// <summary>Where the system's notices are lost or not to be had, the folder is looked at so often.</summary>
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(2);

    private readonly string path;
    private readonly FileSystemWatcher? watcher;
    private readonly Channel<bool> changed = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Dictionary<string, (long Size, DateTime WrittenAt, UploadFile File)> known = new(StringComparer.Ordinal);

    public WatchedTree(string path)
    {
        this.path = path;
        try
        {
            watcher = new FileSystemWatcher(File.Exists(path) ? Path.GetDirectoryName(Path.GetFullPath(path))! : path)
            {
                IncludeSubdirectories = Directory.Exists(path),
                NotifyFilter = NotifyFilters.LastWrite | NotifyFilters.FileName | NotifyFilters.DirectoryName | NotifyFilters.Size,
            };
            watcher.Changed += Note;
            watcher.Created += Note;
            watcher.Deleted += Note;
            watcher.Renamed += (sender, renamed) => Note(sender, renamed);
            watcher.Error += (_, _) => changed.Writer.TryWrite(true);
            watcher.EnableRaisingEvents = true;
        }
        catch (Exception exception) when (exception is IOException or ArgumentException)
        {
            watcher = null;   // too many folders are watched on this machine: the pace has to do
        }
    }

    /// <summary>Waits until something may have changed and has come to rest, or for <paramref name="limit"/>.</summary>
    public async Task WaitAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        if (!await NoticedAsync(limit < Pace ? limit : Pace, cancellationToken))
        {
            return;
        }

        var until = DateTime.UtcNow + LongestBurst;
        while (DateTime.UtcNow < until && await NoticedAsync(Quiet, cancellationToken))
        {
        }
    }

    /// <summary>What is there now.</summary>
    /// <exception cref="CliException">There is no such folder, it is empty, or it holds a link.</exception>
    public async Task<PackageFiles> ReadAsync(CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return await PackageFiles.ReadAsync(path, cancellationToken, known);
            }
            catch (IOException) when (attempt < 20)
            {
                await Task.Delay(25, cancellationToken);   // a file went away, or is being replaced, while it was read
            }
        }
    }

    public void Dispose() => watcher?.Dispose();

    private void Note(object sender, FileSystemEventArgs change)
    {
        if (!change.FullPath.Split(Path.DirectorySeparatorChar).Any(PackageFiles.IsLeftOut))
        {
            changed.Writer.TryWrite(true);
        }
    }

    private async Task<bool> NoticedAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(limit);
        try
        {
            return await changed.Reader.ReadAsync(patience.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }
}
