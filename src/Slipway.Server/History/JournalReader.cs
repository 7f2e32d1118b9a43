using Slipway.Server.History.Store;

namespace Slipway.Server.History;

/// <summary>
/// Makes batches of the journal, in order: an end is paired with its begin, by id. Begins whose end does not come within the batch go to the store as open
/// predictions, so the position can always pass them and every segment can go, however long a stream lasts.
/// </summary>
/// <remarks>
/// A batch that was made must be stored (or the process must end) before the next is asked for: what it takes from the open predictions is gone from memory.
/// </remarks>
internal sealed class JournalReader
{
    private readonly Func<Guid, CancellationToken, Task<byte[]>> readOpen;
    private readonly StoreBatch batch;
    private readonly Dictionary<Guid, OpenPrediction> open;
    private readonly Dictionary<Guid, JournalPlace> begins = [];
    private JournalScan scan;
    private long number;

    /// <param name="readOpen">Reads the begin record of an open prediction from the store; tries until it has it.</param>
    /// <param name="scan">The first segment to read, at the stored position.</param>
    public JournalReader(Func<Guid, CancellationToken, Task<byte[]>> readOpen, StoreBatch batch, StoreState state, JournalScan scan)
    {
        this.readOpen = readOpen;
        this.batch = batch;
        this.scan = scan;
        number = state.Batch;
        open = state.Open.ToDictionary(o => o.Id);
    }

    /// <summary>The segment being read.</summary>
    public JournalScan Scan => scan;

    /// <summary>Ends whose begin is not there: dropped when the journal was full, or lost with power.</summary>
    public long EndsWithoutBegin { get; private set; }

    /// <summary>Records whose label was lost with power.</summary>
    public long WithoutLabel { get; private set; }

    public int OpenCount => open.Count;

    /// <summary>Makes a batch of what is there; null when there is nothing new.</summary>
    public async Task<StoreBatch?> NextBatchAsync(CancellationToken cancellationToken)
    {
        batch.Clear();
        begins.Clear();
        var start = scan.Offset;
        (Guid Id, JournalPlace Place)? last = null;   // a begin: most often the next record is its end
        while (!batch.IsFull && scan.TryNext(out var place))
        {
            var record = scan.Record(place);
            if (!scan.Labels.TryGetValue(record.Label, out var label))
            {
                WithoutLabel++;
            }
            else if (record.Kind == RecordKind.Begin)
            {
                Keep(last);
                last = (record.Id, place);
            }
            else if (record.Kind == RecordKind.End)
            {
                if (last is { } before && before.Id == record.Id)
                {
                    batch.Add(label, scan.Record(before.Place), record);
                    last = null;
                }
                else if (begins.Remove(record.Id, out var begin))
                {
                    batch.Add(label, scan.Record(begin), record);
                }
                else
                {
                    await AddEarlierAsync(place, cancellationToken);
                }
            }
        }

        Keep(last);
        if (scan.Offset == start)
        {
            return null;
        }

        foreach (var (id, place) in begins)
        {
            LeaveOpen(id, place);
        }

        return Seal(scan.Offset);
    }

    /// <summary>
    /// Goes on to the next segment. When it belongs to another server run, what the earlier one left open is aborted: those batches come first, then the position
    /// moves into the segment.
    /// </summary>
    /// <returns>The next batch of aborted predictions; null when the reader has moved on.</returns>
    public async Task<StoreBatch?> MoveToAsync(JournalScan next, CancellationToken cancellationToken)
    {
        batch.Clear();
        foreach (var left in open.Values.Where(o => o.Run != next.Header.Run).OrderBy(o => o.Id).ToList())
        {
            if (batch.IsFull)
            {
                break;
            }

            var record = left.Record ?? await readOpen(left.Id, cancellationToken);
            batch.AddAborted(left.Route, new JournalRecord(record));
            batch.Closed.Add(left.Id);
            open.Remove(left.Id);
        }

        if (batch.Rows.Count > 0)
        {
            return Seal(scan.Offset);
        }

        scan = next;
        return null;
    }

    private void Keep((Guid Id, JournalPlace Place)? begin)
    {
        if (begin is { } kept)
        {
            begins[kept.Id] = kept.Place;
        }
    }

    /// <summary>An end whose begin is not in this batch.</summary>
    private async Task AddEarlierAsync(JournalPlace place, CancellationToken cancellationToken)
    {
        var id = scan.Record(place).Id;
        if (open.Remove(id, out var left))
        {
            var record = left.Record ?? await readOpen(id, cancellationToken);
            var end = scan.Record(place);
            batch.Add(scan.Labels[end.Label], new JournalRecord(record), end);
            batch.Closed.Add(id);
        }
        else
        {
            EndsWithoutBegin++;
        }
    }

    private void LeaveOpen(Guid id, JournalPlace place)
    {
        var record = scan.Record(place);
        var bytes = record.Bytes.ToArray();
        var left = new OpenPrediction(id, scan.Header.Run, scan.Labels[record.Label], bytes.Length <= OpenPrediction.KeptBytes ? bytes : null);
        batch.Opened.Add((left, bytes));
        open[id] = left;
    }

    private StoreBatch Seal(long offset)
    {
        batch.GroupByRoute();
        batch.Number = ++number;
        batch.Position = new JournalPosition(scan.Header.Sequence, offset);
        return batch;
    }

    /// <summary>What a stored batch tells the aggregates.</summary>
    public static PredictionOutcome[] OutcomesOf(StoreBatch batch)
    {
        var span = batch.RowSpan;
        var outcomes = new PredictionOutcome[span.Length];
        for (var i = 0; i < outcomes.Length; i++)
        {
            ref readonly var row = ref span[i];
            outcomes[i] = new PredictionOutcome(row.Route, row.ReceivedUtcTicks, row.Status, row.Origin, row.TotalMicros);
        }

        return outcomes;
    }
}
