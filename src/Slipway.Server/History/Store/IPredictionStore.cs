namespace Slipway.Server.History.Store;

/// <summary>
/// The query store: partitions of finished predictions, and the begins whose end has not come. One journal position stands for all of it, moved in the same
/// transaction as the rows, so that each prediction is stored once whatever is killed when.
/// </summary>
internal interface IPredictionStore : IAsyncDisposable
{
    /// <summary>Bodies of at least this many bytes come packed where that makes them smaller.</summary>
    int PackFromBytes { get; }

    /// <summary>Sequence of the newest stored prediction; sequences rise by one, in the order of the batches and of their rows. 0: none yet.</summary>
    long LastSequence { get; }

    /// <summary>Oldest first; the last one takes what is appended.</summary>
    IReadOnlyList<Partition> Partitions { get; }

    /// <summary>Every label that has predictions, oldest first; it may come more than once.</summary>
    IReadOnlyList<RouteLabel> Routes { get; }

    /// <summary>Opens or makes the store; run once, before everything else.</summary>
    /// <param name="journal">Whose position is meant: another journal starts at its own beginning.</param>
    Task<StoreState> OpenAsync(Guid journal, CancellationToken cancellationToken);

    /// <summary>Stores a batch as a whole or not at all. Repeating a batch that was stored does nothing.</summary>
    Task AppendAsync(StoreBatch batch, CancellationToken cancellationToken);

    /// <summary>All that was appended is on the disk when it returns.</summary>
    Task SyncAsync(CancellationToken cancellationToken);

    /// <summary>The begin record of an open prediction.</summary>
    Task<byte[]> ReadOpenAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Predictions that match, newest first.</summary>
    /// <param name="before">Only those older than this id; null: from the newest.</param>
    /// <param name="withBodies">Reads inputs and outputs too.</param>
    Task<IReadOnlyList<StoredPrediction>> ListAsync(PredictionFilter filter, Guid? before, int limit, bool withBodies, CancellationToken cancellationToken);

    /// <summary>One prediction with its bodies; null when it is not there (or not any more).</summary>
    Task<StoredPrediction?> FindAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>What aggregates need of the predictions after <paramref name="sequence"/>, in order, at most <paramref name="limit"/>.</summary>
    Task<IReadOnlyList<PredictionOutcome>> OutcomesAsync(long sequence, int limit, CancellationToken cancellationToken);

    /// <summary>Drops a whole partition; never the one that takes what is appended.</summary>
    Task DropAsync(Partition partition, CancellationToken cancellationToken);
}

/// <param name="Batch">Number of the last stored batch.</param>
internal sealed record StoreState(JournalPosition Position, long Batch, IReadOnlyList<OpenPrediction> Open);

/// <summary>A begin whose end has not come.</summary>
/// <param name="Run">The server run that began it.</param>
/// <param name="Record">The begin record; null where it is large and only in the store.</param>
internal sealed record OpenPrediction(Guid Id, Guid Run, RouteLabel Route, byte[]? Record)
{
    /// <summary>Records above this are not kept in memory.</summary>
    public const int KeptBytes = 8 << 10;
}

/// <summary>One partition: of a day, or of a part of it when it grew too large.</summary>
/// <param name="Number">Rises.</param>
/// <param name="FirstId">Least id stored; null while empty.</param>
/// <param name="Bytes">Stored bytes.</param>
internal sealed record Partition(long Number, DateOnly Day, Guid? FirstId, Guid? LastId, long FirstSequence, long LastSequence, long Rows, long Bytes)
{
    /// <summary>Whether it may hold ids from <paramref name="from"/> (inclusive) to <paramref name="before"/> (exclusive).</summary>
    public bool MayHold(Guid from, Guid before) => FirstId is { } first && LastId is { } last && last.CompareTo(from) >= 0 && first.CompareTo(before) < 0;

    /// <summary>Widened by what a batch adds.</summary>
    public Partition With(StoreBatch batch, long firstSequence, long bytes)
    {
        var (first, last) = (FirstId, LastId);
        foreach (var row in batch.Rows)
        {
            first = first is { } f && f.CompareTo(row.Id) <= 0 ? f : row.Id;
            last = last is { } l && l.CompareTo(row.Id) >= 0 ? l : row.Id;
        }

        return this with
        {
            FirstId = first, LastId = last, Rows = Rows + batch.Rows.Count, LastSequence = firstSequence + batch.Rows.Count - 1, Bytes = bytes,
            FirstSequence = Rows == 0 ? firstSequence : FirstSequence,
        };
    }
}

/// <summary>What aggregates count.</summary>
/// <param name="Status">HTTP status; 0: aborted.</param>
internal readonly record struct PredictionOutcome(RouteLabel Route, long ReceivedUtcTicks, short Status, Origin Origin, long TotalMicros);
