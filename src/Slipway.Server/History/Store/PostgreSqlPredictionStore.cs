using System.Collections.Immutable;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;
using Slipway.Server.Platform;

namespace Slipway.Server.History.Store;

/// <summary>Declarative partitions of one table in the server's PostgreSQL; rows come in by COPY, in the transaction that moves the journal's position.</summary>
internal sealed class PostgreSqlPredictionStore(string connectionString, IOptions<HistoryOptions> options, TimeProvider time) : IPredictionStore
{
    private const string Schema = """
        CREATE TABLE IF NOT EXISTS history_journals (journal uuid PRIMARY KEY, segment bigint NOT NULL, position bigint NOT NULL, batch bigint NOT NULL);
        CREATE TABLE IF NOT EXISTS history_routes (route_id int PRIMARY KEY, label bytea NOT NULL);
        CREATE TABLE IF NOT EXISTS history_open (
            id uuid PRIMARY KEY, journal uuid NOT NULL, run uuid NOT NULL, label bytea NOT NULL, record bytea NOT NULL);
        CREATE TABLE IF NOT EXISTS history_partitions (
            number bigint PRIMARY KEY, day date NOT NULL, first_id uuid, last_id uuid, first_sequence bigint NOT NULL, last_sequence bigint NOT NULL,
            rows bigint NOT NULL, bytes bigint NOT NULL);
        CREATE TABLE IF NOT EXISTS history_predictions (
            partition bigint NOT NULL, sequence bigint NOT NULL, route_id int NOT NULL, id uuid NOT NULL, status smallint NOT NULL, origin smallint NOT NULL,
            details bytea NOT NULL, input bytea NOT NULL, output bytea NOT NULL) PARTITION BY LIST (partition);
        """;

    private readonly NpgsqlDataSource source = new NpgsqlDataSourceBuilder(connectionString).Build();
    private readonly Dictionary<RouteLabel, int> numbers = [];
    private ImmutableArray<Partition> partitions = [];
    private ImmutableArray<RouteLabel> routes = [];
    private Guid journal;
    private long lastSequence;
    private int batchesSinceMeasured;

    public int PackFromBytes => options.Value.CompressFromBytes;

    public long LastSequence => Volatile.Read(ref lastSequence);

    public IReadOnlyList<Partition> Partitions => ImmutableInterlocked.InterlockedCompareExchange(ref partitions, default, default);

    public IReadOnlyList<RouteLabel> Routes => ImmutableInterlocked.InterlockedCompareExchange(ref routes, default, default);

    private DateOnly Today => DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);

    public async Task<StoreState> OpenAsync(Guid journal, CancellationToken cancellationToken)
    {
        this.journal = journal;
        await using (var connection = await source.OpenConnectionAsync(cancellationToken))
        {
            await using var schema = new NpgsqlCommand(Schema, connection);
            await schema.ExecuteNonQueryAsync(cancellationToken);
        }

        await LoadAsync(cancellationToken);
        if (partitions.IsEmpty)
        {
            await AddPartitionAsync(1, 0, cancellationToken);
        }

        await using var insert = source.CreateCommand("INSERT INTO history_journals VALUES ($1, 0, 0, 0) ON CONFLICT DO NOTHING");
        insert.Parameters.AddWithValue(journal);
        await insert.ExecuteNonQueryAsync(cancellationToken);

        await using var state = source.CreateCommand("SELECT segment, position, batch FROM history_journals WHERE journal = $1");
        state.Parameters.AddWithValue(journal);
        await using var row = await state.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return new StoreState(new JournalPosition(row.GetInt64(0), row.GetInt64(1)), row.GetInt64(2), await OpenPredictionsAsync(cancellationToken));
    }

    public async Task AppendAsync(StoreBatch batch, CancellationToken cancellationToken)
    {
        var current = partitions[^1];
        if (current.Rows > 0 && (current.Bytes >= options.Value.PartitionBytes || current.Day != Today))
        {
            await AddPartitionAsync(current.Number + 1, LastSequence, cancellationToken);
            current = partitions[^1];
        }

        var first = LastSequence + 1;
        var info = current.With(batch, first, current.Bytes + batch.Bytes + (150L * batch.Rows.Count));
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (!await MoveAsync(connection, batch, cancellationToken))
        {
            await transaction.RollbackAsync(cancellationToken);
            await LoadAsync(cancellationToken);   // the answer to an earlier commit was lost
            return;
        }

        var added = await AddRoutesAsync(connection, batch, cancellationToken);
        await CopyAsync(connection, batch, current.Number, first, added, cancellationToken);
        await ChangeOpenAsync(connection, batch, cancellationToken);
        if (++batchesSinceMeasured >= 50)
        {
            batchesSinceMeasured = 0;
            await using var measure = new NpgsqlCommand($"SELECT pg_total_relation_size('history_predictions_{current.Number}')", connection);
            info = info with { Bytes = (long)(await measure.ExecuteScalarAsync(cancellationToken))! };
        }

        await SaveAsync(connection, info, cancellationToken);
        Failpoints.Pass("history.before_commit");
        await transaction.CommitAsync(cancellationToken);
        Failpoints.Pass("history.after_commit");

        foreach (var (label, number) in added)
        {
            numbers.Add(label, number);
            ImmutableInterlocked.Update(ref routes, all => all.Add(label));
        }

        ImmutableInterlocked.Update(ref partitions, all => all.SetItem(all.Length - 1, info));
        Volatile.Write(ref lastSequence, info.LastSequence);
    }

    // A commit is on the disk when it returns.
    public Task SyncAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task<byte[]> ReadOpenAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand("SELECT record FROM history_open WHERE id = $1");
        command.Parameters.AddWithValue(id);
        return (byte[])(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    public async Task<IReadOnlyList<StoredPrediction>> ListAsync(
        PredictionFilter filter, Guid? before, int limit, bool withBodies, CancellationToken cancellationToken)
    {
        var from = filter.FirstId;
        var end = before is { } b && b.CompareTo(filter.EndId) < 0 ? b : filter.EndId;
        var labels = Routes;
        await using var command = source.CreateCommand($"""
            SELECT p.sequence, p.route_id, p.id, p.status, p.origin, p.details{(withBodies ? ", p.input, p.output" : "")}
            FROM unnest($1) AS r (route_id) CROSS JOIN LATERAL (
                SELECT * FROM history_predictions
                WHERE partition = ANY ($2) AND route_id = r.route_id AND id >= $3 AND id < $4 AND status BETWEEN $5 AND $6{(filter.Origin is null ? "" : " AND origin = $8")}{RareTerms(filter)}
                ORDER BY id DESC LIMIT $7) AS p
            ORDER BY p.id DESC LIMIT $7
            """);
        command.Parameters.AddWithValue(Enumerable.Range(0, labels.Count).Where(i => filter.Matches(labels[i])).Select(i => i + 1).ToArray());
        command.Parameters.AddWithValue(Partitions.Where(p => p.MayHold(from, end)).Select(p => p.Number).ToArray());
        command.Parameters.AddWithValue(from);
        command.Parameters.AddWithValue(end);
        command.Parameters.AddWithValue(filter.Status?.Least ?? 0);
        command.Parameters.AddWithValue(filter.Status?.Most ?? short.MaxValue);
        command.Parameters.AddWithValue(limit);
        if (filter.Origin is { } origin)
        {
            command.Parameters.AddWithValue((short)origin);
        }

        return await ReadAsync(command, withBodies, cancellationToken);
    }

    public async Task<StoredPrediction?> FindAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand("""
            SELECT sequence, route_id, id, status, origin, details, input, output FROM history_predictions
            WHERE partition = ANY ($1) AND route_id = ANY ($2) AND id = $3 LIMIT 1
            """);
        command.Parameters.AddWithValue(
            Partitions.Where(p => p.FirstId is { } first && first.CompareTo(id) <= 0 && p.LastId!.Value.CompareTo(id) >= 0).Select(p => p.Number).ToArray());
        command.Parameters.AddWithValue(Enumerable.Range(1, Routes.Count).ToArray());
        command.Parameters.AddWithValue(id);
        return (await ReadAsync(command, withBodies: true, cancellationToken)).FirstOrDefault();
    }

    public async Task<IReadOnlyList<PredictionOutcome>> OutcomesAsync(long sequence, int limit, CancellationToken cancellationToken)
    {
        if (Partitions.FirstOrDefault(p => p.Rows > 0 && p.LastSequence > sequence) is not { } partition)
        {
            return [];
        }

        await using var command = source.CreateCommand(
            "SELECT route_id, status, origin, details FROM history_predictions WHERE partition = $1 AND sequence > $2 ORDER BY sequence LIMIT $3");
        command.Parameters.AddWithValue(partition.Number);
        command.Parameters.AddWithValue(sequence);
        command.Parameters.AddWithValue(limit);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var outcomes = new List<PredictionOutcome>();
        while (await row.ReadAsync(cancellationToken))
        {
            var details = row.GetFieldValue<byte[]>(3);
            outcomes.Add(new PredictionOutcome(
                Routes[row.GetInt32(0) - 1], PredictionDetails.ReceivedOf(details), row.GetInt16(1), (Origin)row.GetInt16(2), PredictionDetails.TotalMicrosOf(details)));
        }

        return outcomes;
    }

    public async Task DropAsync(Partition partition, CancellationToken cancellationToken)
    {
        if (partition.Number == Partitions[^1].Number)
        {
            return;
        }

        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var drop = new NpgsqlCommand(
            $"DROP TABLE IF EXISTS history_predictions_{partition.Number}; DELETE FROM history_partitions WHERE number = {partition.Number}", connection);
        await drop.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        ImmutableInterlocked.Update(ref partitions, all => all.RemoveAll(p => p.Number == partition.Number));
    }

    public ValueTask DisposeAsync() => source.DisposeAsync();

    private async Task LoadAsync(CancellationToken cancellationToken)
    {
        var found = ImmutableArray.CreateBuilder<Partition>();
        await using (var command = source.CreateCommand(
            "SELECT number, day, first_id, last_id, first_sequence, last_sequence, rows, bytes FROM history_partitions ORDER BY number"))
        {
            await using var row = await command.ExecuteReaderAsync(cancellationToken);
            while (await row.ReadAsync(cancellationToken))
            {
                found.Add(new Partition(
                    row.GetInt64(0), row.GetFieldValue<DateOnly>(1), row.IsDBNull(2) ? null : row.GetGuid(2), row.IsDBNull(3) ? null : row.GetGuid(3), row.GetInt64(4),
                    row.GetInt64(5), row.GetInt64(6), row.GetInt64(7)));
            }
        }

        var labels = ImmutableArray.CreateBuilder<RouteLabel>();
        numbers.Clear();
        await using (var command = source.CreateCommand("SELECT label FROM history_routes ORDER BY route_id"))
        {
            await using var row = await command.ExecuteReaderAsync(cancellationToken);
            while (await row.ReadAsync(cancellationToken))
            {
                labels.Add(JournalLayout.DecodeLabel(row.GetFieldValue<byte[]>(0)));
                numbers.TryAdd(labels[^1], labels.Count);
            }
        }

        routes = labels.ToImmutable();
        partitions = found.ToImmutable();
        Volatile.Write(ref lastSequence, found.Count == 0 ? 0 : found[^1].LastSequence);
    }

    private async Task<IReadOnlyList<OpenPrediction>> OpenPredictionsAsync(CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(
            "SELECT id, run, label, CASE WHEN length(record) <= $2 THEN record END FROM history_open WHERE journal = $1 ORDER BY id");
        command.Parameters.AddWithValue(journal);
        command.Parameters.AddWithValue(OpenPrediction.KeptBytes);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var open = new List<OpenPrediction>();
        while (await row.ReadAsync(cancellationToken))
        {
            open.Add(new OpenPrediction(
                row.GetGuid(0), row.GetGuid(1), JournalLayout.DecodeLabel(row.GetFieldValue<byte[]>(2)), row.IsDBNull(3) ? null : row.GetFieldValue<byte[]>(3)));
        }

        return open;
    }

    private async Task AddPartitionAsync(long number, long sequence, CancellationToken cancellationToken)
    {
        var info = new Partition(number, Today, null, null, sequence + 1, sequence, 0, 0);
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var create = new NpgsqlCommand(
            $"""
            CREATE TABLE history_predictions_{number} PARTITION OF history_predictions FOR VALUES IN ({number});
            CREATE UNIQUE INDEX ON history_predictions_{number} (sequence);
            CREATE INDEX ON history_predictions_{number} (route_id, id, status, origin);
            CREATE INDEX ON history_predictions_{number} (route_id, id, status, origin) WHERE status NOT BETWEEN 200 AND 299;
            CREATE INDEX ON history_predictions_{number} (route_id, id, status, origin) WHERE origin <> 0;
            """,
            connection);
        await create.ExecuteNonQueryAsync(cancellationToken);
        await SaveAsync(connection, info, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        ImmutableInterlocked.Update(ref partitions, all => all.Add(info));
    }

    private async Task<bool> MoveAsync(NpgsqlConnection connection, StoreBatch batch, CancellationToken cancellationToken)
    {
        await using var move = new NpgsqlCommand("UPDATE history_journals SET segment = $1, position = $2, batch = $3 WHERE journal = $4 AND batch = $3 - 1", connection);
        move.Parameters.AddWithValue(batch.Position.Segment);
        move.Parameters.AddWithValue(batch.Position.Offset);
        move.Parameters.AddWithValue(batch.Number);
        move.Parameters.AddWithValue(journal);
        return await move.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    private async Task<Dictionary<RouteLabel, int>> AddRoutesAsync(NpgsqlConnection connection, StoreBatch batch, CancellationToken cancellationToken)
    {
        var added = new Dictionary<RouteLabel, int>();
        foreach (var row in batch.Rows)
        {
            if (numbers.ContainsKey(row.Route) || !added.TryAdd(row.Route, numbers.Count + added.Count + 1))
            {
                continue;
            }

            await using var insert = new NpgsqlCommand("INSERT INTO history_routes VALUES ($1, $2)", connection);
            insert.Parameters.AddWithValue(added[row.Route]);
            insert.Parameters.AddWithValue(JournalLayout.Encode(row.Route));
            await insert.ExecuteNonQueryAsync(cancellationToken);
        }

        return added;
    }

    private async Task CopyAsync(
        NpgsqlConnection connection, StoreBatch batch, long partition, long sequence, Dictionary<RouteLabel, int> added, CancellationToken cancellationToken)
    {
        if (batch.Rows.Count == 0)
        {
            return;
        }

        await using var copy = await connection.BeginBinaryImportAsync(
            $"COPY history_predictions_{partition} (partition, sequence, route_id, id, status, origin, details, input, output) FROM STDIN (FORMAT BINARY)", cancellationToken);
        foreach (var row in batch.Rows)
        {
            await copy.StartRowAsync(cancellationToken);
            await copy.WriteAsync(partition, NpgsqlDbType.Bigint, cancellationToken);
            await copy.WriteAsync(sequence++, NpgsqlDbType.Bigint, cancellationToken);
            await copy.WriteAsync(numbers.TryGetValue(row.Route, out var number) ? number : added[row.Route], NpgsqlDbType.Integer, cancellationToken);
            await copy.WriteAsync(row.Id, NpgsqlDbType.Uuid, cancellationToken);
            await copy.WriteAsync(row.Status, NpgsqlDbType.Smallint, cancellationToken);
            await copy.WriteAsync((short)row.Origin, NpgsqlDbType.Smallint, cancellationToken);
            await copy.WriteAsync(batch.Memory(row.Details), NpgsqlDbType.Bytea, cancellationToken);
            await copy.WriteAsync(batch.Memory(row.Input), NpgsqlDbType.Bytea, cancellationToken);
            await copy.WriteAsync(batch.Memory(row.Output), NpgsqlDbType.Bytea, cancellationToken);
        }

        await copy.CompleteAsync(cancellationToken);
    }

    private async Task ChangeOpenAsync(NpgsqlConnection connection, StoreBatch batch, CancellationToken cancellationToken)
    {
        if (batch.Closed.Count > 0)
        {
            await using var delete = new NpgsqlCommand("DELETE FROM history_open WHERE id = ANY ($1)", connection);
            delete.Parameters.AddWithValue(batch.Closed.ToArray());
            await delete.ExecuteNonQueryAsync(cancellationToken);
        }

        if (batch.Opened.Count == 0)
        {
            return;
        }

        await using var copy = await connection.BeginBinaryImportAsync("COPY history_open (id, journal, run, label, record) FROM STDIN (FORMAT BINARY)", cancellationToken);
        foreach (var (open, record) in batch.Opened)
        {
            await copy.StartRowAsync(cancellationToken);
            await copy.WriteAsync(open.Id, NpgsqlDbType.Uuid, cancellationToken);
            await copy.WriteAsync(journal, NpgsqlDbType.Uuid, cancellationToken);
            await copy.WriteAsync(open.Run, NpgsqlDbType.Uuid, cancellationToken);
            await copy.WriteAsync(JournalLayout.Encode(open.Route), NpgsqlDbType.Bytea, cancellationToken);
            await copy.WriteAsync(record, NpgsqlDbType.Bytea, cancellationToken);
        }

        await copy.CompleteAsync(cancellationToken);
    }

    private static async Task SaveAsync(NpgsqlConnection connection, Partition info, CancellationToken cancellationToken)
    {
        await using var save = new NpgsqlCommand(
            """
            INSERT INTO history_partitions VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (number) DO UPDATE SET
                first_id = excluded.first_id, last_id = excluded.last_id, first_sequence = excluded.first_sequence, last_sequence = excluded.last_sequence,
                rows = excluded.rows, bytes = excluded.bytes
            """,
            connection);
        save.Parameters.AddWithValue(info.Number);
        save.Parameters.AddWithValue(info.Day);
        save.Parameters.Add(new NpgsqlParameter { Value = (object?)info.FirstId ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid });
        save.Parameters.Add(new NpgsqlParameter { Value = (object?)info.LastId ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid });
        save.Parameters.AddWithValue(info.FirstSequence);
        save.Parameters.AddWithValue(info.LastSequence);
        save.Parameters.AddWithValue(info.Rows);
        save.Parameters.AddWithValue(info.Bytes);
        await save.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>What follows from the filter, in the words of the partial indexes.</summary>
    private static string RareTerms(PredictionFilter filter) =>
        (filter.IsNotOk ? " AND status NOT BETWEEN 200 AND 299" : "") + (filter.IsNotLive ? " AND origin <> 0" : "");

    private async Task<List<StoredPrediction>> ReadAsync(NpgsqlCommand command, bool withBodies, CancellationToken cancellationToken)
    {
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var found = new List<StoredPrediction>();
        while (await row.ReadAsync(cancellationToken))
        {
            found.Add(new StoredPrediction(
                row.GetInt64(0), Routes[row.GetInt32(1) - 1], row.GetGuid(2), row.GetInt16(3), (Origin)row.GetInt16(4),
                PredictionDetails.Parse(row.GetFieldValue<byte[]>(5)), withBodies ? row.GetFieldValue<byte[]>(6) : null, withBodies ? row.GetFieldValue<byte[]>(7) : null));
        }

        return found;
    }
}
