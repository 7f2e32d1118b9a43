namespace Slipway.Server.Replicas;

/// <summary>Reads the output of one replica from its end, in bounded pieces.</summary>
internal static class ReplicaLogReader
{
    private const int ChunkBytes = 64 * 1024;
    private const int LongestLine = 4 * ChunkBytes;
    private const int MostWithoutTime = 2000;

    /// <summary>Lines from the newest to the oldest, each with a time: its own, or that of the line with a time before it.</summary>
    public static IEnumerable<ReplicaLogLine> Backward(IReadOnlyList<LogSegment> segments, Guid replica)
    {
        var waiting = new List<ReplicaLogLine>();
        var latest = long.MaxValue;
        foreach (var (offset, line) in Lines(segments))
        {
            var parsed = ReplicaLogLine.Parse(line, replica, offset);
            waiting.Add(parsed);
            if (parsed.At is null && waiting.Count < MostWithoutTime)
            {
                continue;
            }

            latest = Math.Min(latest, parsed.At is null ? latest : parsed.Ticks);
            foreach (var one in waiting)
            {
                yield return one with { Ticks = latest };
            }

            waiting.Clear();
        }

        foreach (var one in waiting)
        {
            yield return one with { Ticks = latest == long.MaxValue ? 0 : latest };
        }
    }

    /// <summary>Whole lines that begin at or after <paramref name="from"/>, oldest first, at most some <paramref name="bound"/> bytes of them.</summary>
    /// <returns>The lines, and where to go on.</returns>
    public static (IReadOnlyList<ReplicaLogLine> Lines, long Next) Forward(IReadOnlyList<LogSegment> segments, Guid replica, long from, int bound)
    {
        var lines = new List<ReplicaLogLine>();
        foreach (var segment in segments.Where(s => s.End > from))
        {
            from = Math.Max(from, segment.Start);
            var bytes = new byte[(int)Math.Min(bound, segment.End - from)];
            var read = RandomAccess.Read(segment.File, bytes, from - segment.Start);
            var start = 0;
            while (bytes.AsSpan(start, read - start).IndexOf((byte)'\n') is >= 0 and var length)
            {
                lines.Add(ReplicaLogLine.Parse(bytes.AsSpan(start, length), replica, from + start));
                start += length + 1;
            }

            if (start == 0 && read >= Math.Min(bound, LongestLine))
            {
                lines.Add(ReplicaLogLine.Parse(bytes.AsSpan(0, read), replica, from));   // a line without an end
                start = read;
            }

            from += start;
            if (start < read || (bound -= start) <= 0)
            {
                break;
            }
        }

        return (lines, from);
    }

    private static IEnumerable<(long Offset, byte[] Line)> Lines(IReadOnlyList<LogSegment> segments)
    {
        foreach (var segment in segments.Reverse())
        {
            var chunk = new byte[ChunkBytes];
            var tail = Array.Empty<byte>();   // the beginning of a line that went on in the chunk read before
            var position = segment.Length;
            var isNewest = true;              // what follows the last line end is not a line yet, or an unfinished one
            while (position > 0)
            {
                var size = (int)Math.Min(ChunkBytes, position);
                position -= size;
                var read = RandomAccess.Read(segment.File, chunk.AsSpan(0, size), position);
                if (read < size)
                {
                    break;   // truncated meanwhile; it is in a rotated file
                }

                var end = size;
                while (chunk.AsSpan(0, end).LastIndexOf((byte)'\n') is >= 0 and var newline)
                {
                    byte[] line = [.. chunk.AsSpan(newline + 1, end - newline - 1), .. tail];
                    if (line.Length > 0 || !isNewest)
                    {
                        yield return (segment.Start + position + newline + 1, line);
                    }

                    (tail, end, isNewest) = ([], newline, false);
                }

                tail = [.. chunk.AsSpan(0, end), .. tail];
                if (tail.Length > LongestLine)
                {
                    yield return (segment.Start + position, tail);
                    (tail, isNewest) = ([], true);
                }
            }

            if (tail.Length > 0 || !isNewest)
            {
                yield return (segment.Start, tail);
            }
        }
    }
}
