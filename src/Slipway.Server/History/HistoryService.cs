using System.Diagnostics.Metrics;
using Microsoft.Extensions.Options;
using Slipway.Server.History.Store;
using Slipway.Server.Platform;

namespace Slipway.Server.History;

/// <summary>
/// Moves the journal into the store. Starts before the server listens, stops after it has stopped listening, and then drains: on a clean stop nothing is left.
/// </summary>
internal sealed partial class HistoryService(
    PredictionJournal journal, JournalKeeper keeper, IPredictionStore store, PredictionFeed feed, Changes changes, TimeProvider time, IOptions<HistoryOptions> options,
    IMeterFactory meters, ILogger<HistoryService> logger) : IHostedService, ISystemFact, IDisposable
{
    private readonly CancellationTokenSource stopped = new();
    private readonly PredictionChanges told = new(changes, time);
    private readonly Queue<string> earlier = new();
    private JournalReader? reader;
    private Task reading = Task.CompletedTask;
    private string? earlierPath;
    private JournalSegment? first;
    private long torn;
    private bool closed;

    /// <summary>Bytes that journal and store have on the disk.</summary>
    public long Bytes => keeper.Bytes + store.Partitions.Sum(p => p.Bytes);

    /// <summary>Records or bodies that were not stored, since the start.</summary>
    public long Dropped => journal.Dropped.Payloads + journal.Dropped.Records + (reader?.EndsWithoutBegin ?? 0) + Volatile.Read(ref torn) + (reader?.WithoutLabel ?? 0);

    public void AddTo(SystemFacts facts) => (facts.HistoryBytes, facts.HistoryDropped) = (Bytes, Dropped);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var state = await store.OpenAsync(keeper.Identify(), cancellationToken);
        var (left, live) = keeper.Open(state.Position);
        first = live;
        JournalScan? scan = null;
        foreach (var (sequence, path) in left)
        {
            if (scan is null && LeftScan.Open(path) is { } file)
            {
                if (sequence == state.Position.Segment)
                {
                    file.SkipTo(state.Position.Offset);
                }

                (scan, earlierPath) = (file, path);
            }
            else if (scan is null)
            {
                keeper.ReleaseEarlier(path);
            }
            else
            {
                earlier.Enqueue(path);
            }
        }

        // With nothing left to read, what is still open belongs to a run that is over: moving on to this run's first segment aborts it.
        scan ??= new EndedScan(new SegmentHeader(state.Position.Segment, 1, Guid.Empty), state.Position.Offset);
        reader = new JournalReader((id, token) => TryUntilAsync(() => store.ReadOpenAsync(id, token), token), new StoreBatch(store.PackFromBytes), state, scan);
        Measure(meters.Slipway());
        reading = OffIoThreads.RunAsync(ReadAsync);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (reader is null || closed)
        {
            return;
        }

        closed = true;
        keeper.Close();
        using var giveUp = cancellationToken.Register(stopped.Cancel);
        try
        {
            await reading;
            keeper.Finish((reader.Scan as LiveScan)?.Segment);
        }
        catch (OperationCanceledException)
        {
            LogNotDrained();
        }
    }

    public void Dispose() => stopped.Dispose();

    private async Task ReadAsync()
    {
        while (true)
        {
            var wait = TimeSpan.Zero;
            var closing = journal.Active is null;   // before the step: what it does not find then, nobody writes any more
            try
            {
                if (!await StepAsync())
                {
                    if (closing && reader!.Scan is LiveScan { AtEnd: true })
                    {
                        await store.SyncAsync(stopped.Token);
                        return;
                    }

                    wait = closing ? TimeSpan.FromMilliseconds(5) : options.Value.ReadInterval;
                }

                told.Flush();
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                LogFailed(exception);
                wait = TimeSpan.FromSeconds(1);
            }

            if (wait > TimeSpan.Zero)
            {
                await Task.Delay(wait, stopped.Token);
            }
        }
    }

    /// <summary>One step: store a batch, or go on to the next segment.</summary>
    /// <returns>
    /// False: nothing is left to do now, or so little that it waits for more. A transaction costs as much as some dozens of rows, so a reader that followed the
    /// writers closely would take most of what history costs.
    /// </returns>
    private async Task<bool> StepAsync()
    {
        if (await reader!.NextBatchAsync(stopped.Token) is { } batch)
        {
            await StoreAsync(batch);
            return batch.IsFull || journal.Active is null;
        }

        if (!reader.Scan.AtEnd || NextScan() is not { } next)
        {
            return false;
        }

        var done = reader.Scan;
        while (await reader.MoveToAsync(next, stopped.Token) is { } aborted)
        {
            await StoreAsync(aborted);
        }

        await ReleaseAsync(done);
        return true;
    }

    // A batch is repeated until the store has it: it is known by its number, so a repetition after a commit whose answer was lost does nothing.
    private async Task StoreAsync(StoreBatch batch)
    {
        var outcomes = JournalReader.OutcomesOf(batch);
        await TryUntilAsync(
            async () =>
            {
                await store.AppendAsync(batch, stopped.Token);
                return true;
            },
            stopped.Token);
        if (outcomes.Length > 0)
        {
            feed.Publish(store.LastSequence - outcomes.Length + 1, outcomes);
            told.Note(outcomes);
        }
    }

    private async Task<T> TryUntilAsync<T>(Func<Task<T>> action, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await action();
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                LogFailed(exception);
                await Task.Delay(TimeSpan.FromSeconds(1), cancellationToken);
            }
        }
    }

    private JournalScan? NextScan()
    {
        while (earlier.TryPeek(out var path))
        {
            if (LeftScan.Open(path) is { } file)
            {
                return file;
            }

            keeper.ReleaseEarlier(earlier.Dequeue());
        }

        if (reader!.Scan is not LiveScan live)
        {
            return new LiveScan(first!);
        }

        if (live.Segment.Next is not { } next)
        {
            return null;
        }

        // The full segment must not stay the active one: closing the journal would close it and not the next. After closing, a spare is not gone on to.
        journal.Advance(live.Segment, next);
        return journal.Active is not null || next.Tail > JournalLayout.SegmentHeader ? new LiveScan(next) : null;
    }

    private async Task ReleaseAsync(JournalScan done)
    {
        await TryUntilAsync(
            async () =>
            {
                await store.SyncAsync(stopped.Token);
                return true;
            },
            stopped.Token);
        Volatile.Write(ref torn, torn + done.Torn);
        if (done is LiveScan live)
        {
            keeper.Release(live.Segment);
        }
        else if (earlierPath is not null)
        {
            keeper.ReleaseEarlier(earlierPath);
        }

        earlier.TryDequeue(out earlierPath);
    }

    private void Measure(Meter meter)
    {
        meter.CreateObservableGauge("slipway_history_bytes", () => Bytes, "By", "Stored predictions, as retention counts them");
        meter.CreateObservableCounter(
            "slipway_history_dropped_total",
            () => (Measurement<long>[])
            [
                new(journal.Dropped.Payloads, new KeyValuePair<string, object?>("reason", "payload_journal_full")),
                new(journal.Dropped.Records, new KeyValuePair<string, object?>("reason", "record_journal_full")),
                new(reader!.EndsWithoutBegin, new KeyValuePair<string, object?>("reason", "begin_missing")),
                new(Volatile.Read(ref torn) + reader.WithoutLabel, new KeyValuePair<string, object?>("reason", "torn_record")),
            ],
            "{record}", "Bodies and records that history does not have, by reason");
    }

    [LoggerMessage(LogLevel.Error, "Storing predictions failed; they wait in the journal, next try in a second")]
    private partial void LogFailed(Exception exception);

    [LoggerMessage(LogLevel.Warning, "The journal was not drained in time; the rest is stored at the next start")]
    private partial void LogNotDrained();

    /// <summary>Stands for the segments that are already gone.</summary>
    private sealed class EndedScan : JournalScan
    {
        public EndedScan(SegmentHeader header, long offset)
            : base(header) => Offset = offset;

        public override bool AtEnd => true;

        protected override bool TryMove(out JournalPlace place)
        {
            place = default;
            return false;
        }

        protected override ReadOnlySpan<byte> Bytes(JournalPlace place) => throw new NotSupportedException();
    }
}
