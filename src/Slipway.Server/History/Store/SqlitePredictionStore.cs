using System.Collections.Immutable;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;

namespace Slipway.Server.History.Store;

/// <summary>Partition files in <c>DATA/history</c>. The newest one takes what is appended and holds position and open predictions.</summary>
internal sealed class SqlitePredictionStore(IOptions<HistoryOptions> options, IOptions<ServerOptions> server, TimeProvider time) : IPredictionStore
{
    private readonly string folder = Path.Combine(server.Value.DataFolder, "history");
    private ImmutableArray<SqlitePartition> partitions = [];
    private SqlitePartitionWriter? writer;
    private Guid journal;
    private long batchNumber;
    private JournalPosition position;
    private long lastSequence;

    /// <inheritdoc/>
    /// <remarks>None: it packs them block by block.</remarks>
    public int PackFromBytes => int.MaxValue;

    public long LastSequence => Volatile.Read(ref lastSequence);

    public IReadOnlyList<Partition> Partitions => [.. All.Select(p => p.Info)];

    public IReadOnlyList<RouteLabel> Routes => [.. All.SelectMany(p => p.Routes)];

    private ImmutableArray<SqlitePartition> All => ImmutableInterlocked.InterlockedCompareExchange(ref partitions, default, default);

    public Task<StoreState> OpenAsync(Guid journal, CancellationToken cancellationToken)
    {
        this.journal = journal;
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var found = ImmutableArray.CreateBuilder<SqlitePartition>();
        foreach (var path in Directory.EnumerateFiles(folder, "*.db").Order(StringComparer.Ordinal))
        {
            if (SqlitePartition.Open(path) is not { } file)
            {
                File.Delete(path);   // made, but its first transaction never came
                continue;
            }

            var same = file.Journal == journal;
            (position, batchNumber) = (same ? file.Position : default, file.Batch);
            lastSequence = file.Partition.Info.LastSequence;
            found.Add(file.Partition);
        }

        if (found.Count == 0)
        {
            found.Add(SqlitePartition.Create(folder, 1, Today, journal, default, 0, 0, null));
        }

        partitions = found.ToImmutable();
        writer = new SqlitePartitionWriter(partitions[^1]);
        return Task.FromResult(new StoreState(position, batchNumber, partitions[^1].ReadOpen()));
    }

    public Task AppendAsync(StoreBatch batch, CancellationToken cancellationToken)
    {
        var current = partitions[^1];
        if (current.Info.Rows > 0 && (current.Info.Bytes >= options.Value.PartitionBytes || current.Info.Day != Today))
        {
            RollOver(current);
        }

        current = partitions[^1];
        writer!.Append(batch, LastSequence + 1);
        (position, batchNumber) = (batch.Position, batch.Number);
        Volatile.Write(ref lastSequence, current.Info.LastSequence);
        return Task.CompletedTask;
    }

    public Task SyncAsync(CancellationToken cancellationToken)
    {
        writer?.Sync();   // null: a partition is being closed, which syncs it
        return Task.CompletedTask;
    }

    public Task<byte[]> ReadOpenAsync(Guid id, CancellationToken cancellationToken) => Task.FromResult(partitions[^1].ReadOpen(id));

    public async Task<IReadOnlyList<StoredPrediction>> ListAsync(
        PredictionFilter filter, Guid? before, int limit, bool withBodies, CancellationToken cancellationToken)
    {
        var from = filter.FirstId;
        var end = before is { } b && b.CompareTo(filter.EndId) < 0 ? b : filter.EndId;
        var hits = new List<BlockHit>();

        // Partitions overlap a little (a long stream ends in a later one), so a page is complete when no partition left can hold anything newer than its last.
        foreach (var partition in All.Where(p => p.Info.MayHold(from, end)).OrderByDescending(p => p.Info.LastId))
        {
            if (hits.Count == limit && hits[^1].Id.CompareTo(partition.Info.LastId!.Value) > 0)
            {
                break;
            }

            await ReadAsync(partition, async connection =>
            {
                await FindAsync(connection, partition, filter, from, end, limit, hits, cancellationToken);
                return true;
            });
            hits.Sort((x, y) => y.Id.CompareTo(x.Id));
            hits.RemoveRange(Math.Min(limit, hits.Count), Math.Max(0, hits.Count - limit));
        }

        var read = new List<StoredPrediction>(hits.Count);
        foreach (var group in hits.GroupBy(h => h.Partition))
        {
            await ReadAsync(group.Key, async connection =>
            {
                foreach (var block in group.GroupBy(h => h.Block))
                {
                    await GetAsync(connection, group.Key, block.Key, [.. block.Select(h => h.Index)], withBodies, read, cancellationToken);
                }

                return true;
            });
        }

        read.Sort((x, y) => y.Id.CompareTo(x.Id));
        return read;
    }

    public async Task<StoredPrediction?> FindAsync(Guid id, CancellationToken cancellationToken)
    {
        foreach (var partition in All.Where(p => p.Info.FirstId is { } first && first.CompareTo(id) <= 0 && p.Info.LastId!.Value.CompareTo(id) >= 0).Reverse())
        {
            var found = await ReadAsync(partition, async connection =>
            {
                await using var command = connection.CreateCommand();
                command.CommandText = "SELECT first_sequence, heads FROM blocks WHERE route_id = $route AND last_id >= $id AND first_id <= $id";
                command.Parameters.AddWithValue("$id", id.ToByteArray(bigEndian: true));
                var route = command.Parameters.Add("$route", SqliteType.Integer);
                for (var number = 1; number <= partition.Routes.Length; number++)
                {
                    route.Value = number;
                    await using var row = await command.ExecuteReaderAsync(cancellationToken);
                    while (await row.ReadAsync(cancellationToken))
                    {
                        var heads = (byte[])row[1];
                        if (Enumerable.Range(0, PredictionBlock.RowsOf(heads)).FirstOrDefault(i => PredictionBlock.HeadAt(heads, i).Id == id, -1) is var index and >= 0)
                        {
                            var read = new List<StoredPrediction>(1);
                            await GetAsync(connection, partition, row.GetInt64(0), [index], withBodies: true, read, cancellationToken);
                            return read.SingleOrDefault();
                        }
                    }
                }

                return null;
            });
            if (found is not null)
            {
                return found;
            }
        }

        return null;
    }

    public async Task<IReadOnlyList<PredictionOutcome>> OutcomesAsync(long sequence, int limit, CancellationToken cancellationToken)
    {
        foreach (var partition in All.Where(p => p.Info.Rows > 0 && p.Info.LastSequence > sequence))
        {
            var found = await ReadAsync(partition, async connection =>
            {
                await using var command = connection.CreateCommand();
                command.CommandText = "SELECT first_sequence, route_id, heads, details FROM blocks WHERE first_sequence > $sequence - $most ORDER BY first_sequence";
                command.Parameters.AddWithValue("$sequence", sequence);
                command.Parameters.AddWithValue("$most", PredictionBlock.MostRows);
                await using var row = await command.ExecuteReaderAsync(cancellationToken);
                var outcomes = new List<PredictionOutcome>();
                while (outcomes.Count < limit && await row.ReadAsync(cancellationToken))
                {
                    var (heads, details) = ((byte[])row[2], (byte[])row[3]);
                    for (var i = (int)Math.Max(0, sequence + 1 - row.GetInt64(0)); i < PredictionBlock.RowsOf(heads) && outcomes.Count < limit; i++)
                    {
                        var head = PredictionBlock.HeadAt(heads, i);
                        var own = details.AsSpan(head.Details);
                        outcomes.Add(new PredictionOutcome(
                            partition.Routes[row.GetInt32(1) - 1], PredictionDetails.ReceivedOf(own), head.Status, head.Origin, PredictionDetails.TotalMicrosOf(own)));
                    }
                }

                return outcomes;
            });
            if (found is not null)
            {
                return found;
            }
        }

        return [];
    }

    public Task DropAsync(Partition partition, CancellationToken cancellationToken)
    {
        if (partition.Number != partitions[^1].Info.Number && All.FirstOrDefault(p => p.Info.Number == partition.Number) is { } file)
        {
            ImmutableInterlocked.Update(ref partitions, all => all.Remove(file));
            file.Delete();
        }

        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        writer?.Dispose();
        foreach (var partition in All)
        {
            using var connection = new SqliteConnection(partition.ReadText);
            SqliteConnection.ClearPool(connection);
        }

        return ValueTask.CompletedTask;
    }

    private DateOnly Today => DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);

    // Closing the writer brings the old file to the disk before the new one takes over the position: power loss cannot take the tail of the old one only.
    private void RollOver(SqlitePartition current)
    {
        writer?.Dispose();
        writer = null;
        var next = SqlitePartition.Create(folder, current.Info.Number + 1, Today, journal, position, batchNumber, LastSequence, current);
        writer = new SqlitePartitionWriter(next);
        ImmutableInterlocked.Update(ref partitions, all => all.Add(next));
    }

    /// <returns>The default when the partition was dropped meanwhile.</returns>
    private async Task<T?> ReadAsync<T>(SqlitePartition partition, Func<SqliteConnection, Task<T?>> read)
    {
        try
        {
            await using var connection = partition.Read();
            return await read(connection);
        }
        catch (SqliteException) when (!All.Contains(partition))
        {
            return default;
        }
    }

    /// <summary>Adds the newest matches of each route, at most <paramref name="limit"/> each.</summary>
    private static async Task FindAsync(
        SqliteConnection connection, SqlitePartition partition, PredictionFilter filter, Guid from, Guid end, int limit, List<BlockHit> hits,
        CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        command.CommandText =
            "SELECT first_sequence, last_id, heads FROM blocks WHERE route_id = $route AND last_id >= $from AND first_id < $end"
            + " AND marks & $status <> 0 AND marks & $origin <> 0"
            + (filter.IsNotOk ? $" AND {SqlitePartition.NotOkTerm}" : "") + (filter.IsNotLive ? $" AND {SqlitePartition.NotLiveTerm}" : "") + " ORDER BY last_id DESC";
        command.Parameters.AddWithValue("$from", from.ToByteArray(bigEndian: true));
        command.Parameters.AddWithValue("$end", end.ToByteArray(bigEndian: true));
        command.Parameters.AddWithValue("$status", BlockMarks.OfStatus(filter.Status));
        command.Parameters.AddWithValue("$origin", BlockMarks.OfOrigin(filter.Origin));
        var route = command.Parameters.Add("$route", SqliteType.Integer);
        var routes = partition.Routes;
        var found = new List<BlockHit>();
        for (var number = 1; number <= routes.Length; number++)
        {
            if (!filter.Matches(routes[number - 1]))
            {
                continue;
            }

            found.Clear();
            route.Value = number;
            await using var row = await command.ExecuteReaderAsync(cancellationToken);
            while (await row.ReadAsync(cancellationToken))
            {
                // Blocks overlap a little, as partitions do: a page is complete when this one, and so all that follow, cannot hold anything newer than its last.
                if (found.Count >= limit && found[limit - 1].Id.CompareTo(new Guid((byte[])row[1], bigEndian: true)) > 0)
                {
                    break;
                }

                var (block, heads) = (row.GetInt64(0), (byte[])row[2]);
                for (var i = 0; i < PredictionBlock.RowsOf(heads); i++)
                {
                    var head = PredictionBlock.HeadAt(heads, i);
                    if (filter.Matches(head.Status, head.Origin) && head.Id.CompareTo(from) >= 0 && head.Id.CompareTo(end) < 0)
                    {
                        found.Add(new BlockHit(head.Id, block, i, partition));
                    }
                }

                found.Sort((x, y) => y.Id.CompareTo(x.Id));
                found.RemoveRange(Math.Min(limit, found.Count), Math.Max(0, found.Count - limit));
            }

            hits.AddRange(found);
        }
    }

    /// <summary>Reads some predictions of one block.</summary>
    private static async Task GetAsync(
        SqliteConnection connection, SqlitePartition partition, long block, int[] indexes, bool withBodies, List<StoredPrediction> read, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = $"SELECT route_id, heads, details, marks{(withBodies ? ", bodies" : "")} FROM blocks WHERE first_sequence = $block";
        command.Parameters.AddWithValue("$block", block);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        if (!await row.ReadAsync(cancellationToken))
        {
            return;
        }

        var (heads, details) = ((byte[])row[1], (byte[])row[2]);
        var bodies = withBodies ? PredictionBlock.Unpack(heads, row.GetInt32(3), (byte[])row[4]) : null;
        foreach (var index in indexes)
        {
            var head = PredictionBlock.HeadAt(heads, index);
            read.Add(new StoredPrediction(
                block + index, partition.Routes[row.GetInt32(0) - 1], head.Id, head.Status, head.Origin, PredictionDetails.Parse(details.AsSpan(head.Details)),
                bodies?[head.Input], bodies?[head.Output]));
        }
    }

    /// <summary>Where a match is.</summary>
    /// <param name="Block">Sequence of the block's first prediction.</param>
    private readonly record struct BlockHit(Guid Id, long Block, int Index, SqlitePartition Partition);
}
