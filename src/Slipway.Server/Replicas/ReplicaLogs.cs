using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Options;
using Slipway.Contracts;

namespace Slipway.Server.Replicas;

/// <summary>What to read of a deployment's output.</summary>
/// <param name="Limit">Lines, 1 to 5,000.</param>
/// <param name="Cursor">A <see cref="LogLine.Cursor"/> or a cursor of a page: lines before it, or after it with <paramref name="Forward"/>; null: from the newest (or the oldest).</param>
/// <param name="Forward">Towards newer lines.</param>
/// <param name="MinLevel">debug, info, warning or error: this and above; lines without a level are then left out. Null: all.</param>
/// <param name="Text">Contained in the message, ignoring case.</param>
internal sealed record LogQuery(
    int Limit = 500, string? Cursor = null, bool Forward = false, string? MinLevel = null, Guid? Replica = null, string? Text = null, string? RequestId = null)
{
    public static readonly ImmutableArray<string> Levels = ["debug", "info", "warning", "error"];

    public bool Takes(ReplicaLogLine line) =>
        (MinLevel is null || (line.Level is not null && Levels.IndexOf(line.Level) >= Levels.IndexOf(MinLevel)))
        && (RequestId is null || string.Equals(line.RequestId, RequestId, StringComparison.OrdinalIgnoreCase))
        && (Text is null || line.Message.Contains(Text, StringComparison.OrdinalIgnoreCase));
}

/// <param name="Lines">Oldest first.</param>
/// <param name="Older">Cursor for the page before; null: there is nothing older.</param>
/// <param name="Newer">Cursor for lines that come after these; null when none was read.</param>
internal sealed record LogPage(ImmutableArray<LogLine> Lines, string? Older, string? Newer);

/// <summary>The output of a deployment's replicas as one sequence. Never reads more than a bounded part of any file into memory.</summary>
internal sealed class ReplicaLogs(ReplicaLogFiles files, IOptions<ReplicasOptions> options, TimeProvider time)
{
    private const long MostScannedBytes = 64 << 20;
    private const int FollowBytes = 1 << 20;
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(300);

    /// <summary>One page. A filter that finds little in a lot answers with few lines, perhaps none, and a cursor to go on from.</summary>
    public Task<LogPage> ReadAsync(Guid deployment, LogQuery query, CancellationToken cancellationToken) =>
        Task.Run(() => query.Forward ? ReadForward(deployment, query, cancellationToken) : ReadBackward(deployment, query, cancellationToken), cancellationToken);

    /// <summary>Lines as they come, from the cursor or else from now on, until cancelled.</summary>
    public async IAsyncEnumerable<LogLine> FollowAsync(Guid deployment, LogQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var cursor = query.Cursor is { } text ? LogCursor.Parse(text) : null;
        var positions = await Task.Run(() => Replicas(deployment, query).ToDictionary(r => r, r => PositionAfter(deployment, r, cursor)), cancellationToken);
        while (true)
        {
            var lines = await Task.Run(() => ReadOn(deployment, query, positions), cancellationToken);
            foreach (var line in lines)
            {
                yield return line.ToContract();
            }

            if (lines.Count == 0)
            {
                await Task.Delay(Pace, time, cancellationToken);
            }
        }
    }

    /// <summary>Removes all output of a deployment that has been deleted.</summary>
    public void Delete(Guid deployment) => files.DeleteAll(deployment);

    private LogPage ReadBackward(Guid deployment, LogQuery query, CancellationToken cancellationToken)
    {
        var before = query.Cursor is { } text ? LogCursor.Parse(text) : null;
        var taken = new List<ReplicaLogLine>();
        LogCursor? scannedTo = null;
        var complete = true;
        long scanned = 0;
        foreach (var line in Merged(deployment, query, cancellationToken))
        {
            if (before is { } cursor && line.Cursor.CompareTo(cursor) >= 0)
            {
                continue;
            }

            if (taken.Count >= query.Limit || scanned > MostScannedBytes)
            {
                complete = false;
                break;
            }

            scanned += line.SizeBytes;
            scannedTo = line.Cursor;
            if (query.Takes(line))
            {
                taken.Add(line);
            }
        }

        taken.Reverse();
        return new LogPage([.. taken.Select(l => l.ToContract())], complete ? null : scannedTo?.ToString(), taken.Count > 0 ? taken[^1].Cursor.ToString() : query.Cursor);
    }

    private LogPage ReadForward(Guid deployment, LogQuery query, CancellationToken cancellationToken)
    {
        var after = query.Cursor is { } text ? LogCursor.Parse(text) : null;
        var kept = new Queue<ReplicaLogLine>();   // the oldest lines after the cursor, newest first
        foreach (var line in Merged(deployment, query, cancellationToken))
        {
            if (after is { } cursor && line.Cursor.CompareTo(cursor) <= 0)
            {
                break;
            }

            if (query.Takes(line))
            {
                kept.Enqueue(line);
                if (kept.Count > query.Limit)
                {
                    kept.Dequeue();
                }
            }
        }

        var lines = kept.Reverse().ToList();
        return new LogPage(
            [.. lines.Select(l => l.ToContract())], lines.Count > 0 ? lines[0].Cursor.ToString() : query.Cursor, lines.Count > 0 ? lines[^1].Cursor.ToString() : query.Cursor);
    }

    /// <summary>All replicas' lines, newest first.</summary>
    private IEnumerable<ReplicaLogLine> Merged(Guid deployment, LogQuery query, CancellationToken cancellationToken)
    {
        var opened = Replicas(deployment, query).Select(r => (Replica: r, Segments: files.Open(deployment, r))).ToList();
        var readers = opened.Select(o => ReplicaLogReader.Backward(o.Segments, o.Replica).GetEnumerator()).ToList();
        try
        {
            var heads = new PriorityQueue<IEnumerator<ReplicaLogLine>, LogCursor>(Comparer<LogCursor>.Create((a, b) => b.CompareTo(a)));
            foreach (var reader in readers.Where(r => r.MoveNext()))
            {
                heads.Enqueue(reader, reader.Current.Cursor);
            }

            while (heads.TryDequeue(out var newest, out _))
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return newest.Current;
                if (newest.MoveNext())
                {
                    heads.Enqueue(newest, newest.Current.Cursor);
                }
            }
        }
        finally
        {
            readers.ForEach(r => r.Dispose());
            opened.ForEach(o => Close(o.Segments));
        }
    }

    private List<ReplicaLogLine> ReadOn(Guid deployment, LogQuery query, Dictionary<Guid, long> positions)
    {
        var lines = new List<ReplicaLogLine>();
        foreach (var replica in Replicas(deployment, query))
        {
            var segments = files.Open(deployment, replica);
            try
            {
                var from = positions.GetValueOrDefault(replica);
                if (segments.Count > 0 && segments[^1].End - from > 2 * options.Value.LogFileBytes)
                {
                    from = segments[^1].End - FollowBytes;   // a flood: the reader keeps to what is new
                }

                (var more, positions[replica]) = ReplicaLogReader.Forward(segments, replica, from, FollowBytes);
                long ticks = 0;
                foreach (var line in more)
                {
                    ticks = Math.Max(ticks, line.Ticks);
                    lines.Add(line with { Ticks = ticks == 0 ? time.GetUtcNow().UtcTicks : ticks });
                }
            }
            finally
            {
                Close(segments);
            }
        }

        lines.Sort();
        lines.RemoveAll(l => !query.Takes(l));
        return lines;
    }

    /// <summary>Where following begins: behind the cursor, or at the end.</summary>
    private long PositionAfter(Guid deployment, Guid replica, LogCursor? cursor)
    {
        var segments = files.Open(deployment, replica);
        try
        {
            var position = segments.Count == 0 ? 0 : segments[^1].End;
            if (cursor is { } after)
            {
                foreach (var line in ReplicaLogReader.Backward(segments, replica).TakeWhile(l => l.Cursor.CompareTo(after) > 0))
                {
                    position = line.Offset;
                }
            }

            return position;
        }
        finally
        {
            Close(segments);
        }
    }

    private IEnumerable<Guid> Replicas(Guid deployment, LogQuery query) =>
        files.Replicas(deployment).Where(r => query.Replica is null || r == query.Replica);

    private static void Close(IReadOnlyList<LogSegment> segments)
    {
        foreach (var segment in segments)
        {
            segment.Dispose();
        }
    }
}
