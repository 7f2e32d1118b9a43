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
        var hits = new List<(Guid Id, long Sequence, SqlitePartition Partition)>();

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
                foreach (var (_, sequence, _) in group)
                {
                    if (await GetAsync(connection, group.Key, sequence, withBodies, cancellationToken) is { } prediction)
                    {
                        read.Add(prediction);
                    }
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
                command.CommandText = "SELECT sequence FROM predictions WHERE route_id = $route AND id = $id";
                command.Parameters.AddWithValue("$id", id.ToByteArray(bigEndian: true));
                var route = command.Parameters.Add("$route", SqliteType.Integer);
                for (var number = 1; number <= partition.Routes.Length; number++)
                {
                    route.Value = number;
                    if (await command.ExecuteScalarAsync(cancellationToken) is long sequence)
                    {
                        return await GetAsync(connection, partition, sequence, withBodies: true, cancellationToken);
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
                command.CommandText = "SELECT route_id, status, origin, details FROM predictions WHERE sequence > $sequence ORDER BY sequence LIMIT $limit";
                command.Parameters.AddWithValue("$sequence", sequence);
                command.Parameters.AddWithValue("$limit", limit);
                await using var row = await command.ExecuteReaderAsync(cancellationToken);
                var outcomes = new List<PredictionOutcome>();
                while (await row.ReadAsync(cancellationToken))
                {
                    var details = (byte[])row[3];
                    outcomes.Add(new PredictionOutcome(
                        partition.Routes[row.GetInt32(0) - 1], PredictionDetails.ReceivedOf(details), row.GetInt16(1), (Origin)row.GetByte(2),
                        PredictionDetails.TotalMicrosOf(details)));
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

    private static async Task FindAsync(
        SqliteConnection connection, SqlitePartition partition, PredictionFilter filter, Guid from, Guid end, int limit,
        List<(Guid Id, long Sequence, SqlitePartition Partition)> hits, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        command.CommandText =
            "SELECT id, sequence FROM predictions WHERE route_id = $route AND id >= $from AND id < $end AND status BETWEEN $least AND $most"
            + (filter.Origin is null ? "" : " AND origin = $origin") + filter.RareTerms + " ORDER BY id DESC LIMIT $limit";
        command.Parameters.AddWithValue("$from", from.ToByteArray(bigEndian: true));
        command.Parameters.AddWithValue("$end", end.ToByteArray(bigEndian: true));
        command.Parameters.AddWithValue("$least", filter.Status?.Least ?? 0);
        command.Parameters.AddWithValue("$most", filter.Status?.Most ?? short.MaxValue);
        command.Parameters.AddWithValue("$origin", (int)(filter.Origin ?? Origin.Live));
        command.Parameters.AddWithValue("$limit", limit);
        var route = command.Parameters.Add("$route", SqliteType.Integer);
        var routes = partition.Routes;
        for (var number = 1; number <= routes.Length; number++)
        {
            if (!filter.Matches(routes[number - 1]))
            {
                continue;
            }

            route.Value = number;
            await using var row = await command.ExecuteReaderAsync(cancellationToken);
            while (await row.ReadAsync(cancellationToken))
            {
                hits.Add((new Guid((byte[])row[0], bigEndian: true), row.GetInt64(1), partition));
            }
        }
    }

    private static async Task<StoredPrediction?> GetAsync(
        SqliteConnection connection, SqlitePartition partition, long sequence, bool withBodies, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = $"SELECT route_id, id, status, origin, details{(withBodies ? ", input, output" : "")} FROM predictions WHERE sequence = $sequence";
        command.Parameters.AddWithValue("$sequence", sequence);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        return !await row.ReadAsync(cancellationToken)
            ? null
            : new StoredPrediction(
                sequence, partition.Routes[row.GetInt32(0) - 1], new Guid((byte[])row[1], bigEndian: true), row.GetInt16(2), (Origin)row.GetByte(3),
                PredictionDetails.Parse((byte[])row[4]), withBodies ? (byte[])row[5] : null, withBodies ? (byte[])row[6] : null);
    }
}
