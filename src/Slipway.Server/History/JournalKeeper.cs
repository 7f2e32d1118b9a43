using System.Collections.Concurrent;
using Microsoft.Extensions.Options;

namespace Slipway.Server.History;

/// <summary>
/// Keeps the journal's files: makes segments ahead of the writers, touches the pages they come to next, syncs once a second, deletes what the store holds.
/// On a thread of its own at a pace, because writers never signal.
/// </summary>
internal sealed partial class JournalKeeper : IDisposable
{
    private const UnixFileMode OwnFolder = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;   // inputs and outputs are in it
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(25);
    private readonly PredictionJournal journal;
    private readonly HistoryOptions options;
    private readonly ILogger<JournalKeeper> logger;
    private readonly string folder;
    private readonly int capacity;
    private readonly ConcurrentQueue<JournalSegment> released = new();
    private readonly ManualResetEventSlim stop = new();
    private readonly Guid run = Guid.NewGuid();
    private Thread? thread;
    private Task sync = Task.CompletedTask;
    private JournalSegment? first;
    private JournalSegment? unsynced;
    private JournalSegment? last;
    private long nextSequence;
    private int live;
    private long retryAt;
    private long syncedAt;

    public JournalKeeper(PredictionJournal journal, IOptions<HistoryOptions> options, IOptions<ServerOptions> server, ILogger<JournalKeeper> logger)
    {
        this.journal = journal;
        this.options = options.Value;
        this.logger = logger;
        folder = Path.Combine(server.Value.DataFolder, "history", "journal");
        capacity = (options.Value.SegmentBytes + 4095) & ~4095;
    }

    /// <summary>This server run: begins of another run without their end are aborted.</summary>
    public Guid Run => run;

    /// <summary>Bytes that the journal has on the disk now.</summary>
    public long Bytes => (long)Volatile.Read(ref live) * capacity;

    /// <summary>Who this journal is, whatever happens to the store: an id kept in its folder from its first start.</summary>
    public Guid Identify()
    {
        Directory.CreateDirectory(folder, OwnFolder);
        var path = Path.Combine(folder, "journal.id");
        if (File.Exists(path) && Guid.TryParse(File.ReadAllText(path), out var id))
        {
            return id;
        }

        id = Guid.NewGuid();
        using (var file = File.OpenHandle(path + ".new", FileMode.Create, FileAccess.Write))
        {
            RandomAccess.Write(file, System.Text.Encoding.ASCII.GetBytes(id.ToString()), 0);
            RandomAccess.FlushToDisk(file);
        }

        File.Move(path + ".new", path, overwrite: true);
        return id;
    }

    /// <summary>Starts a new segment chain of this run and lets the writers in.</summary>
    /// <param name="position">What the store already holds; segments before it are deleted.</param>
    /// <returns>The files of earlier runs that are still to be read, in order, and the first segment of this run.</returns>
    public (IReadOnlyList<(long Sequence, string Path)> Earlier, JournalSegment First) Open(JournalPosition position)
    {
        var earlier = new List<(long Sequence, string Path)>();
        var highest = position.Segment;
        foreach (var path in Directory.EnumerateFiles(folder, "*.segment").Order(StringComparer.Ordinal))
        {
            if (!long.TryParse(Path.GetFileNameWithoutExtension(path), System.Globalization.NumberStyles.HexNumber, null, out var sequence))
            {
                continue;
            }

            highest = Math.Max(highest, sequence);
            if (sequence < position.Segment)
            {
                File.Delete(path);
            }
            else
            {
                earlier.Add((sequence, path));
            }
        }

        nextSequence = highest + 1;
        first = last = unsynced = Make();
        live = earlier.Count + 1;
        KeepOnce();
        journal.Open(first);
        thread = new Thread(Keep) { IsBackground = true, Name = "slipway journal" };
        thread.Start();
        return (earlier, first);
    }

    /// <summary>The store holds all of a segment of this run: it is deleted by the keeper's thread.</summary>
    public void Release(JournalSegment segment) => released.Enqueue(segment);

    /// <summary>The store holds all of a file of an earlier run.</summary>
    public void ReleaseEarlier(string path)
    {
        File.Delete(path);
        Interlocked.Decrement(ref live);
    }

    /// <summary>Ends the thread and lets no more records in; the reader then drains what is there.</summary>
    /// <returns>The last segment written.</returns>
    public JournalSegment? Close()
    {
        stop.Set();
        thread?.Join();
        sync.Wait();
        return journal.Close();
    }

    /// <summary>After the reader has drained everything: nothing of this run stays but what is not stored.</summary>
    /// <param name="drained">The segment up to whose end all is stored; null: something is left, and the files stay for the next start.</param>
    public void Finish(JournalSegment? drained)
    {
        while (released.TryDequeue(out var segment))
        {
            segment.Delete();
        }

        for (var segment = drained; segment is not null; segment = segment.Next)
        {
            segment.Delete();
        }
    }

    public void Dispose()
    {
        stop.Set();
        thread?.Join();
        stop.Dispose();
    }

    private void Keep()
    {
        while (!stop.Wait(Pace))
        {
            KeepOnce();
        }
    }

    private void KeepOnce()
    {
        try
        {
            MakeSpares();
            journal.Active?.Populate();
            SyncIfDue();
            while (released.TryDequeue(out var segment))
            {
                segment.Delete();
                Interlocked.Decrement(ref live);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            retryAt = Environment.TickCount64 + 1000;
            LogFailed(exception);
        }
    }

    private void MakeSpares()
    {
        var spares = 0;
        for (var segment = (journal.Active ?? first)?.Next; segment is not null; segment = segment.Next)
        {
            spares++;
        }

        var room = options.JournalBytes / capacity;
        journal.SetPressure(Volatile.Read(ref live) - spares > Math.Max(1, room * 3 / 4));
        while (spares < options.SpareSegments && Volatile.Read(ref live) < Math.Max(2, room) && Environment.TickCount64 >= retryAt)
        {
            last = last!.Next = Make();
            Interlocked.Increment(ref live);
            spares++;
        }
    }

    private JournalSegment Make()
    {
        var salt = (ulong)Random.Shared.NextInt64(long.MinValue, long.MaxValue) | 1;
        var segment = JournalSegment.Create(folder, capacity, new SegmentHeader(nextSequence, salt, run));
        nextSequence++;
        return segment;
    }

    // Away from the keeper's thread: a stalled disk must not keep it from touching pages. Files are synced through their handles, so a release meanwhile does no harm.
    private void SyncIfDue()
    {
        if (!sync.IsCompleted || Environment.TickCount64 - syncedAt < options.SyncInterval.TotalMilliseconds || journal.Active is not { } until)
        {
            return;
        }

        syncedAt = Environment.TickCount64;
        sync = Task.Run(() =>
        {
            try
            {
                for (var segment = unsynced; segment is not null; segment = segment.Next)
                {
                    segment.Sync();
                    unsynced = segment;
                    if (segment == until)
                    {
                        break;
                    }
                }
            }
            catch (ObjectDisposedException)
            {
                unsynced = until;   // the store already holds the one that has gone
            }
            catch (IOException exception)
            {
                LogFailed(exception);
            }
        });
    }

    [LoggerMessage(LogLevel.Error, "Keeping the prediction journal failed; next try in a second, and records are dropped and counted when it is full")]
    private partial void LogFailed(Exception exception);
}
